"""The work process of profiles: it publishes what was recorded, and consumes nothing."""

from __future__ import annotations

from services.profiles.database import open_store
from services.profiles.submissions.worker import forgetting_submissions
from services.profiles.tables import idempotency, messaging
from shared.clock import Clock, system_clock
from shared.event_log.port import EventLog
from shared.ids import IdSource, random_ids
from shared.loops import Loop
from shared.messaging.answers_given import forgetting
from shared.messaging.pulse import pulsing
from shared.messaging.relay import Relay
from shared.settings.registry import Settings
from shared.storage.wal import truncating


def create_work(
    settings: Settings, event_log: EventLog, clock: Clock = system_clock, ids: IdSource = random_ids
) -> list[Loop]:
    """Make the loops of the work process: the relay, and the forgetting of old answers and submissions.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError when the database cannot be opened.
    """
    database = open_store(settings)
    relay = Relay(database, messaging, event_log, "profiles")
    return [
        Loop("profiles relay", relay.run),
        pulsing(event_log, "profiles"),
        forgetting(database, idempotency, clock),
        forgetting_submissions(database, clock),
        truncating(database, "profiles"),
    ]
