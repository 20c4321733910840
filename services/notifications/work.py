"""The work process of notifications: relay, consumer, and the workers that make and send mails."""

from __future__ import annotations

from services.notifications.deliveries.worker.composer import Composer
from services.notifications.deliveries.worker.remover import MailRemover
from services.notifications.deliveries.worker.sender import MailWorker
from services.notifications.events import make_handlers
from services.notifications.mail.building import read_sender
from services.notifications.mail.server import mail_server, mailbox_of
from services.notifications.tables import messaging, metadata
from shared.clock import Clock, system_clock
from shared.event_log.port import EventLog
from shared.ids import IdSource, random_ids
from shared.loops import Loop, due_work
from shared.messaging.consumer import Consumer
from shared.messaging.pulse import pulsing
from shared.messaging.relay import Relay
from shared.settings.registry import Settings
from shared.storage.engine import open_database
from shared.storage.wal import truncating

SERVICE = "notifications"


def create_work(
    settings: Settings, event_log: EventLog, clock: Clock = system_clock, ids: IdSource = random_ids
) -> list[Loop]:
    """Return the loops of one `work` process; run each in a thread of its own.

    Raises ValueError when the settings name no mail server or no sender's address that can be used.
    """
    sender = read_sender(settings.mail_from, settings.organiser_name)
    server = mail_server(settings.smtp, settings)
    database = open_database(settings.notifications_database, metadata)
    relay = Relay(database, messaging, event_log, SERVICE)
    consumer = Consumer(database, messaging, event_log, SERVICE, make_handlers(clock), clock)
    return [
        Loop(f"{SERVICE} relay", relay.run),
        pulsing(event_log, SERVICE),
        Loop(f"{SERVICE} consumer", consumer.run),
        due_work(f"{SERVICE} composer", Composer(database, clock).step),
        due_work(f"{SERVICE} sender", MailWorker(database, server, sender, clock, ids).step),
        due_work(f"{SERVICE} removals", MailRemover(database, mailbox_of(settings), clock).step, wake=1.0),
        truncating(database, SERVICE),
    ]
