"""What the notifications service does, collected of its features.

The web, the work and what only they need are imported when they are made: no command pays for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from services.notifications.deliveries import restore
from services.notifications.deliveries.store.deliveries import count_by_status
from services.notifications.deliveries.store.queue import release_all
from services.notifications.events import make_handlers
from services.notifications.tables import messaging, metadata
from services.notifications.upkeep import mail_status, views
from services.notifications.upkeep.store import list_with_address
from shared.clock import Clock
from shared.event_log.port import EventLog
from shared.events.event import Event
from shared.ids import IdSource
from shared.lasting import making_what_lasts
from shared.loops import Loop
from shared.rights import Rights
from shared.service import Adopting, Parts, Restoring, Watching
from shared.settings.registry import Settings
from shared.storage.engine import Database, open_database

if TYPE_CHECKING:
    from flask import Flask


def _create_app(settings: Settings, clock: Clock, ids: IdSource) -> Flask:
    with making_what_lasts():
        from services.notifications.web import create_app
    return create_app(settings, clock, ids)


def _create_work(settings: Settings, event_log: EventLog, clock: Clock, ids: IdSource) -> list[Loop]:
    with making_what_lasts():
        from services.notifications.work import create_work
    return create_work(settings, event_log, clock, ids)


def _open_store(settings: Settings) -> Database:
    return open_database(settings.notifications_database, metadata)


def _adopt(connection: Connection, topic: str, event: Event, adopting: Adopting) -> None:
    restore.adopt(connection, event, adopting.approvals(), adopting.now)


PARTS = Parts(
    create_app=_create_app,
    create_work=_create_work,
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
