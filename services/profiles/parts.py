"""What the profiles service does, collected of its features."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from services.profiles.database import open_store
from services.profiles.importing.sample import take_in
from services.profiles.organisations import erase, restore
from services.profiles.submissions import erase as submissions
from services.profiles.tables import messaging, metadata
from services.profiles.upkeep import submission_status, views
from services.profiles.upkeep.store import TOPIC_OF, list_erased, list_with_address
from services.profiles.web import create_app
from services.profiles.work import create_work
from shared.events.event import Event
from shared.rights import Erasing, Erasure, Kind, Rights
from shared.service import Adopting, Parts, Restoring, Watching


def _erase(connection: Connection, kind: Kind, id: str, now: datetime) -> Sequence[Erasure]:
    submissions.erase_about(connection, TOPIC_OF[kind], id, now)
    return erase.erase(connection, TOPIC_OF[kind], id, now)


def _adopt(connection: Connection, topic: str, event: Event, adopting: Adopting) -> None:
    if event.state is None:
        submissions.erase_about(connection, topic, event.aggregate_id, event.time)
    restore.adopt(connection, topic, event)


PARTS = Parts(
    create_app=create_app,
    create_work=create_work,
    open_store=open_store,
    metadata=metadata,
    messaging=messaging,
    rights=Rights(knows=views.knows, held=views.held, with_address=list_with_address, apart=views.held_apart),
    restoring=Restoring(current=restore.current, adopt=_adopt),
    erasing=Erasing(
        erase=_erase, erased=list_erased, erase_apart=submissions.erase_apart, again=submissions.erase_again
    ),
    watching=Watching(
        look=submission_status.look,
        lines=submission_status.submission_lines,
        samples=submission_status.submission_samples,
    ),
    take_in=take_in,
)
