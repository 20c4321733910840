"""The work of matching beside answering requests: relay, consumer, the worker that makes reports, forgetting."""

from __future__ import annotations

from services.matching import tables
from services.matching.database import open_store
from services.matching.events import HANDLERS
from services.matching.reports.store import due as stale
from services.matching.reports.store import engine_change as text_engine
from services.matching.reports.worker import Scorer
from services.matching.text.domain.embedding_engine import SoftEngine
from services.matching.text.domain.thesaurus import thesaurus_with
from services.matching.text.engines import make_engine
from services.matching.upkeep.erase import Eraser
from services.matching.upkeep.replay import rereading_loop
from services.matching.upkeep.unused_vectors import forgetting_vectors
from shared.clock import Clock
from shared.event_log.port import EventLog
from shared.ids import IdSource
from shared.loops import Loop, due_work
from shared.messaging.answers_given import forgetting
from shared.messaging.consumer import Consumer
from shared.messaging.pulse import pulsing
from shared.messaging.relay import Relay
from shared.settings.registry import Settings
from shared.storage.wal import truncating

GROUP = "matching"


def create_work(settings: Settings, event_log: EventLog, clock: Clock, ids: IdSource) -> list[Loop]:
    """Make matching's loops over the database that the settings name.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError when the database cannot be opened, BadThesaurusError when the
    organiser's own concepts cannot be used, EmbedderError when the text engine's model cannot be opened.
    """
    database = open_store(settings.matching_database)
    if database.engine.dialect.name == "sqlite":
        # One worker only: what one that died had claimed need not wait.
        with database.writing() as connection:
            stale.release_all(connection)
    engine = make_engine(settings.text_engine, thesaurus_with(settings.thesaurus), database)
    with database.writing() as connection:
        text_engine.remake_others(connection, engine.name, clock())
    relay = Relay(database, tables.backbone, event_log, GROUP)
    consumer = Consumer(database, tables.backbone, event_log, GROUP, HANDLERS, clock)
    return [
        Loop("matching relay", relay.run),
        pulsing(event_log, GROUP),
        Loop("matching consumer", consumer.run),
        rereading_loop(database, event_log, HANDLERS, clock),
        due_work("matching scorer", Scorer(database, clock, engine).step),
        forgetting(database, tables.idempotency, clock),
        due_work("matching erasure", Eraser(database, clock).step, wake=1.0),
        forgetting_vectors(
            database, clock, engine.thesaurus, engine.model if isinstance(engine, SoftEngine) else ""
        ),
        truncating(database, "matching"),
    ]
