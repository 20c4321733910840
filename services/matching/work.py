"""The work of matching beside answering requests: the loops that the features offer, beside relay and consumer."""

from __future__ import annotations

from services.matching import tables
from services.matching.database import open_store
from services.matching.events import HANDLERS
from services.matching.reports.closer_reading import closer_reading_loop
from services.matching.reports.worker import scoring_loop
from services.matching.text.domain.thesaurus import thesaurus_with
from services.matching.text.engines import make_engine, without_waiting
from services.matching.upkeep.erase import erasing_loop
from services.matching.upkeep.replay import replay_loop
from services.matching.upkeep.unused_vectors import unused_vectors_loop
from shared.clock import Clock
from shared.event_log.port import EventLog
from shared.ids import IdSource
from shared.loops import Loop
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
    engine = make_engine(settings.text_engine, thesaurus_with(settings.thesaurus), database)
    relay = Relay(database, tables.messaging, event_log, GROUP)
    consumer = Consumer(database, tables.messaging, event_log, GROUP, HANDLERS, clock)
    return [
        Loop("matching relay", relay.run),
        pulsing(event_log, GROUP),
        Loop("matching consumer", consumer.run),
        replay_loop(database, event_log, HANDLERS, clock),
        scoring_loop(database, clock, without_waiting(engine)),
        closer_reading_loop(database, clock, engine),
        forgetting(database, tables.idempotency, clock),
        erasing_loop(database, clock),
        unused_vectors_loop(database, clock, engine),
        truncating(database, GROUP),
    ]
