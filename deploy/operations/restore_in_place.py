"""`handslag reconcile`: databases that were brought back by other means, put in order with the event log."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from deploy.operations.backup_folder import BackupError
from deploy.operations.databases import opened_databases
from deploy.operations.erasure_ledger import LEDGER, read_ledger
from deploy.operations.reconcile import Reconciled, have_all_read_again, reconcile
from shared.clock import Clock
from shared.event_log import event_log_of
from shared.event_log.reading import read_topic
from shared.events.catalogue import TOPICS
from shared.messaging.relay_lock import has_relay
from shared.settings.registry import Settings
from shared.storage.copying import keep_waiting


def reconcile_in_place(settings: Settings, clock: Clock) -> Reconciled:
    """Put the databases that the settings name in order with the event log, and have every group read it again.

    Raises BackupError while a work process is active, DatabaseAwayError, EventLogError: then nothing is changed.
    """
    ledger = settings.state_dir / LEDGER
    erased = read_ledger(ledger) if ledger.exists() else {}
    with ExitStack() as stack:
        log = stack.enter_context(event_log_of(settings))
        log.apply_topics(list(TOPICS))
        databases = stack.enter_context(opened_databases(settings))
        active = [service for service, database in databases.items() if has_relay(database)]
        if active:
            raise BackupError(f"work processes are active ({', '.join(active)}): stop everything first")
        connections = {
            service: stack.enter_context(database.writing()) for service, database in databases.items()
        }
        for connection in connections.values():
            keep_waiting(connection)
        done = reconcile(connections, partial(read_topic, log), lambda topic: (), erased, clock())
        have_all_read_again(log)
    return done
