"""Erasing companies and partners for good: the row, what waits to be published, kept answers. Ids and versions stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.engine import Connection

from services.profiles.organisations import store
from services.profiles.organisations.domain.codes import KINDS, PARTNERS, REQUESTS, VISITS
from services.profiles.tables import idempotency, messaging
from shared.clock import to_text
from shared.events.event import Event
from shared.messaging.answers_given import empty_answers
from shared.messaging.outbox import forget_waiting, record_event
from shared.rights import Erasure

WITH_PARTNERS = (REQUESTS, VISITS)
"""The kinds that belong to a partner and are erased with it."""


def erase(connection: Connection, kind: str, id: str, now: datetime) -> list[Erasure]:
    """Erase a company or partner with all that is its own, and record the tombstones; return what was erased.

    What is erased already gets another tombstone, in case anybody still has something of it. Returns nothing where
    the id was never here.
    """
    done = []
    for topic, one, version in _to_erase(connection, kind, id):
        event = Event(f"{KINDS[topic].aggregate}.erased", one, version + 1, now, None)
        done.append(forget(connection, topic, event))
        record_event(connection, messaging, event)
    return done


def forget(connection: Connection, kind: str, tombstone: Event) -> Erasure:
    """Delete all that the database has of the aggregate of a tombstone; save its id and version, and return them."""
    id = tombstone.aggregate_id
    store.delete_profile(connection, kind, id)
    forget_waiting(connection, messaging, kind, id)
    empty_answers(connection, idempotency, id)
    erasure = Erasure(KINDS[kind].aggregate, id, tombstone.version, to_text(tombstone.time))
    store.save_erasure(connection, erasure)
    return erasure


def _to_erase(connection: Connection, kind: str, id: str) -> Iterator[tuple[str, str, int]]:
    """Yield kind, id and version of what is to be erased.

    What belongs to a partner comes before the partner, so that nothing ever names a partner that is gone.
    """
    version = store.get_version(connection, kind, id, lock=True)
    version = version or store.get_erased_version(connection, kind, id)
    if kind == PARTNERS and version:
        for theirs in WITH_PARTNERS:
            for one, its_version in store.list_versions_of_partner(connection, theirs, id, lock=True):
                yield theirs, one, its_version
    if version:
        yield kind, id, version
