"""What the notifications service does, collected of its features."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from services.notifications.deliveries import restore
from services.notifications.deliveries.store.deliveries import count_by_status
from services.notifications.deliveries.store.queue import release_all
from services.notifications.events import make_handlers
from services.notifications.tables import messaging, metadata
from services.notifications.upkeep import mail_status, views
from services.notifications.upkeep.store import list_with_address
from services.notifications.web import create_app
from services.notifications.work import create_work
from shared.events.event import Event
from shared.rights import Rights
from shared.service import Adopting, Parts, Restoring, Watching
from shared.settings.registry import Settings
from shared.storage.engine import Database, open_database


def _open_store(settings: Settings) -> Database:
    return open_database(settings.notifications_database, metadata)


def _adopt(connection: Connection, topic: str, event: Event, adopting: Adopting) -> None:
    restore.adopt(connection, event, adopting.approvals(), adopting.now)


PARTS = Parts(
    create_app=create_app,
    create_work=create_work,
    open_store=_open_store,
    metadata=metadata,
    messaging=messaging,
    rights=Rights(knows=views.knows, held=views.held, with_address=list_with_address, left=views.left),
    restoring=Restoring(
        current=restore.current, adopt=_adopt, release=release_all, hold_back=restore.hold_mails
    ),
    handlers=make_handlers,
    waiting=mail_status.waiting,
    outcomes=count_by_status,
    watching=Watching(look=mail_status.look, lines=mail_status.mail_lines, samples=mail_status.mail_samples),
)
