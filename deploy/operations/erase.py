"""`handslag erase`: an organisation is erased everywhere, and the command watches until it is.

Profiles erases and records the tombstones; every service takes away what is its own when they arrive, by its work
process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

import services.matching.tables as matching_tables
import services.notifications.tables as notifications_tables
from deploy.operations.backlog import READS
from deploy.operations.erasure_ledger import LEDGER, keep_ledger
from deploy.operations.export import TOPIC_OF, Kind, Stores, UnknownError
from deploy.operations.opening import STORES
from services.matching.organisations.store.erasures import pending
from services.profiles.organisations.domain.erasure import Erasure
from services.profiles.organisations.erase import erase
from services.profiles.organisations.store import list_erasures
from shared.clock import Clock
from shared.event_log import event_log_of
from shared.event_log.port import EventLogError
from shared.events.catalogue import EVENT_TYPES, TOPICS
from shared.settings.registry import Settings
from shared.storage.engine import Database
from shared.storage.wal import truncate_wal

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.1

Show = Callable[[str], None]


@dataclass(frozen=True)
class Erased:
    """What was erased, by kind and id with the tombstones' versions; what is `left` to do, in words; and what leaves
    by itself `later`.
    """

    erasures: tuple[Erasure, ...]
    left: tuple[str, ...]
    later: tuple[str, ...]


def erase_organisation(
    settings: Settings,
    stores: Stores,
    kind: Kind,
    id: str,
    clock: Clock,
    patience: float = PATIENCE_SECONDS,
    show: Show = lambda line: None,
) -> Erased:
    """Erase a company or partner, and wait up to `patience` seconds until no service holds it.

    What is erased already is looked after once more. The ledger is written first after the erasure itself: a restore
    needs it. Raises UnknownError; OSError when the ledger cannot be written (run it again then);
    sqlalchemy.exc.DBAPIError.
    """
    profiles = stores.databases["profiles"]
    with profiles.writing() as connection:
        done = erase(connection, TOPIC_OF[kind], id, clock())
    if not done:
        raise UnknownError(f"there is no {kind} with the id {id}")
    with profiles.reading() as connection:
        ledger = list_erasures(connection)
    keep_ledger(settings.state_dir / LEDGER, ledger)
    deadline = time.monotonic() + patience
    said: Sequence[str] = ()
    while (left := _left(stores, kind, id, done)) and time.monotonic() < deadline:
        if left != said:
            show("; ".join(left))
            said = left
        time.sleep(LOOK_SECONDS)
    show("overwriting what was deleted")
    left = [*left, *_overwrite(settings, stores)]
    return Erased(tuple(done), tuple(left), _later(settings, stores))


def _left(stores: Stores, kind: Kind, id: str, done: Sequence[Erasure]) -> list[str]:
    """Say what still holds it, by service."""
    left = []
    with stores.databases["profiles"].reading() as connection:
        if _waiting(connection, "profiles", {(_topic(one), one.id) for one in done}):
            left.append("profiles has to publish it")
    with stores.databases["matching"].reading() as connection:
        behind = _behind(connection, "matching", done)
        if behind:
            left.append(f"matching has to read {behind} events")
        elif pending(connection):
            left.append("matching has to take it out of reports and introductions")
        mine = matching_tables.introductions.c[f"{kind}_id"] == id
        its = list(connection.execute(sa.select(matching_tables.introductions.c.id).where(mine)).scalars())
        if _waiting(connection, "matching", {("introductions", one) for one in its}):
            left.append("matching has to publish its introductions")
    with stores.databases["notifications"].reading() as connection:
        behind = _behind(connection, "notifications", done)
        if behind:
            left.append(f"notifications has to read {behind} events")
        elif telling := _still_told(connection, its):
            left.append(f"notifications has to read {telling} introductions")
        elif mails := _count(connection, notifications_tables.mail_removals):
            left.append(f"{mails} mails have to leave the mailbox")
    return left


def _waiting(connection: Connection, service: str, keys: set[tuple[str, str]]) -> bool:
    outbox = STORES[service].backbone.outbox.c
    query = sa.select(outbox.aggregatetype, outbox.aggregateid).where(outbox.refused.is_(None))
    return any(tuple(row) in keys for row in connection.execute(query))


def _behind(connection: Connection, reader: str, done: Sequence[Erasure]) -> int:
    """Count the tombstones that a service has not had."""
    consumed = STORES[reader].backbone.consumed.c
    behind = 0
    for one in done:
        topic = _topic(one)
        if topic in READS[reader]:
            same = sa.and_(consumed.topic == topic, consumed.key == one.id)
            version = connection.execute(sa.select(consumed.version).where(same)).scalar()
            behind += (version or 0) < one.version
    return behind


def _still_told(connection: Connection, introduction_ids: Sequence[str]) -> int:
    """Count the introductions that notifications still keeps with the words of both sides."""
    table = notifications_tables.introductions
    query = sa.select(table.c.id).where(table.c.status != "erased")
    kept = set(connection.execute(query).scalars())
    return len(kept.intersection(introduction_ids))


def _count(connection: Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _topic(one: Erasure) -> str:
    return EVENT_TYPES[f"{one.kind}.erased"].name


def _overwrite(settings: Settings, stores: Stores) -> Iterator[str]:
    """Have the databases and the event log overwrite what was deleted; give what did not come about, and why."""
    for service, database in stores.databases.items():
        if not truncate_wal(database):
            yield f"the write-ahead log of {service} is in use; its work process empties it within the hour"
        if database.engine.dialect.name == "postgresql":
            _vacuum(database, STORES[service].metadata)
    try:
        with event_log_of(settings) as log:
            log.pulse(list(TOPICS), 0.0)
    except EventLogError as error:
        yield f"the event log could not be asked to compact its topics: {error}"


def _vacuum(database: Database, metadata: sa.MetaData) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f'VACUUM "{table.name}"')


def _later(settings: Settings, stores: Stores) -> tuple[str, ...]:
    """Say what leaves by itself, and when."""
    later = [
        "backups made before now hold it: delete them within 35 days, and keep erased.jsonl apart from them"
    ]
    if settings.event_log.startswith("kafka:"):
        later.insert(0, "Kafka's segments let go of it within 24 hours, while the work processes run")
    if any(database.engine.dialect.name == "postgresql" for database in stores.databases.values()):
        later.insert(
            0, "PostgreSQL's write-ahead log and archives hold it for as long as the server keeps them"
        )
    if settings.smtp != "mailbox:":
        later.append("mails that were sent are with those who received them")
    return tuple(later)
