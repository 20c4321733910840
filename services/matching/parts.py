"""What the matching service does, collected of its features.

The web, the work and what only they need are imported when they are made: no command pays for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.database import open_store
from services.matching.events import HANDLERS
from services.matching.introductions.stand_in import approve_best, has_introductions, reports_made
from services.matching.reports.store.due import get_due_counts
from services.matching.reports.store.pause import get_replay
from services.matching.upkeep import report_status, restore, views
from services.matching.upkeep.replay import GROUP
from shared.clock import Clock
from shared.event_log.port import EventLog
from shared.events.event import Event
from shared.ids import IdSource
from shared.lasting import making_what_lasts
from shared.loops import Loop
from shared.messaging.effects import Handler
from shared.rights import Rights
from shared.service import Adopting, CannotStartError, Parts, Replay, Restoring, StandIn, Watching
from shared.settings.registry import Settings
from shared.storage.engine import Database

if TYPE_CHECKING:
    from flask import Flask


def _create_app(settings: Settings, clock: Clock, ids: IdSource) -> Flask:
    with making_what_lasts():
        from services.matching.web import create_app
    return create_app(settings, clock, ids)


def _create_work(settings: Settings, event_log: EventLog, clock: Clock, ids: IdSource) -> list[Loop]:
    with making_what_lasts():
        from services.matching.text.models import EmbedderError
        from services.matching.work import create_work
    try:
        return create_work(settings, event_log, clock, ids)
    except EmbedderError as error:
        raise CannotStartError(f"HANDSLAG_TEXT_ENGINE: {error}") from error


def _open_store(settings: Settings) -> Database:
    return open_store(settings.matching_database)


def _handlers(clock: Clock) -> Mapping[str, Handler]:
    return HANDLERS


def _is_replaying(connection: Connection) -> bool:
    return get_replay(connection) is not None


def _adopt(connection: Connection, topic: str, event: Event, adopting: Adopting) -> None:
    restore.adopt(connection, topic, event)


PARTS = Parts(
    create_app=_create_app,
    create_work=_create_work,
    open_store=_open_store,
    metadata=tables.metadata,
    messaging=tables.messaging,
    rights=Rights(knows=views.knows, held=views.held, telling_of=views.telling_of, left=views.left),
    restoring=Restoring(current=restore.current, adopt=_adopt, approvals=restore.approvals),
    handlers=_handlers,
    waiting=report_status.waiting,
    watching=Watching(
        look=get_due_counts,
        lines=report_status.report_lines,
        samples=report_status.report_samples,
        moving=(report_status.REPORTS_TO_MAKE, report_status.to_make),
    ),
    replay=Replay(group=GROUP, is_under_way=_is_replaying),
    stand_in=StandIn(approve_best=approve_best, has_approved=has_introductions, reports_made=reports_made),
)
