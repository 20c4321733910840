"""What the profiles service does, collected of its features.

The web, the work and what only they need are imported when they are made: no command pays for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from services.profiles.database import open_store
from services.profiles.organisations import erase, restore
from services.profiles.submissions import erase as submissions
from services.profiles.tables import messaging, metadata
from services.profiles.upkeep import submission_status, views
from services.profiles.upkeep.store import TOPIC_OF, list_erased, list_with_address
from shared.clock import Clock
from shared.event_log.port import EventLog
from shared.events.event import Event
from shared.ids import IdSource
from shared.lasting import making_what_lasts
from shared.loops import Loop
from shared.rights import Erasing, Erasure, Kind, Rights
from shared.service import Adopting, Parts, Restoring, TakenIn, Watching
from shared.settings.registry import Settings
from shared.storage.engine import Database

if TYPE_CHECKING:
    from flask import Flask


def _create_app(settings: Settings, clock: Clock, ids: IdSource) -> Flask:
    with making_what_lasts():
        from services.profiles.web import create_app
    return create_app(settings, clock, ids)


def _create_work(settings: Settings, event_log: EventLog, clock: Clock, ids: IdSource) -> list[Loop]:
    with making_what_lasts():
        from services.profiles.work import create_work
    return create_work(settings, event_log, clock, ids)


def _take_in(
    database: Database, folder: Path, rejects: Path, clock: Clock, ids: IdSource, show: Callable[[str], None]
) -> TakenIn:
    with making_what_lasts():
        from services.profiles.importing.sample import take_in
    return take_in(database, folder, rejects, clock, ids, show)


def _erase(connection: Connection, kind: Kind, id: str, now: datetime) -> Sequence[Erasure]:
    submissions.erase_about(connection, TOPIC_OF[kind], id, now)
    return erase.erase(connection, TOPIC_OF[kind], id, now)


def _adopt(connection: Connection, topic: str, event: Event, adopting: Adopting) -> None:
    if event.state is None:
        submissions.erase_about(connection, topic, event.aggregate_id, event.time)
    restore.adopt(connection, topic, event)


PARTS = Parts(
    create_app=_create_app,
    create_work=_create_work,
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
    take_in=_take_in,
)
