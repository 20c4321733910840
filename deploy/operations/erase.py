"""`handslag erase`: an organisation is erased everywhere, and the command watches until it is.

The service that owns organisations erases it and records the tombstones; every service takes away what is its own when
they arrive, by its work process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from deploy.operations.databases import Databases
from deploy.operations.erasure_ledger import LEDGER, keep_ledger
from deploy.operations.export import UnknownError, erasing_service
from deploy.services import SERVICES
from shared.clock import Clock
from shared.event_log import event_log_of
from shared.event_log.port import EventLogError
from shared.events.catalogue import EVENT_TYPES, TOPICS
from shared.messaging.consumed import version_had
from shared.messaging.outbox import waiting_aggregates
from shared.rights import Erasure, Kind
from shared.settings.registry import Settings
from shared.storage.copying import vacuum
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
    databases: Databases,
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
    owner, erasing = erasing_service()
    with databases[owner.name].writing() as connection:
        done = erasing.erase(connection, kind, id, clock())
    if not done:
        raise UnknownError(f"there is no {kind} with the id {id}")
    with databases[owner.name].reading() as connection:
        ledger = erasing.erased(connection, None)
    keep_ledger(settings.state_dir / LEDGER, ledger)
    deadline = time.monotonic() + patience
    said: Sequence[str] = ()
    while (left := _left(databases, kind, id, done)) and time.monotonic() < deadline:
        if left != said:
            show("; ".join(left))
            said = left
        time.sleep(LOOK_SECONDS)
    show("overwriting what was deleted")
    left = [*left, *_overwrite(settings, databases)]
    return Erased(tuple(done), tuple(left), _later(settings, databases))


def erase_apart(settings: Settings, databases: Databases, asked: str, clock: Clock) -> Erased:
    """Erase what came in without an account and is in no record, by its id or a mail address.

    Raises OSError when the ledger cannot be written (run it again then), sqlalchemy.exc.DBAPIError.
    """
    owner, erasing = erasing_service()
    with databases[owner.name].writing() as connection:
        erasing.erase_apart(connection, asked, clock())
    with databases[owner.name].reading() as connection:
        ledger = erasing.erased(connection, None)
    keep_ledger(settings.state_dir / LEDGER, ledger)
    return Erased((), tuple(_overwrite(settings, databases)), _later(settings, databases))


def _left(databases: Databases, kind: Kind, id: str, done: Sequence[Erasure]) -> list[str]:
    """Say what still holds it, by service."""
    left = []
    tombstones = {(EVENT_TYPES[f"{one.kind}.erased"].name, one.id): one.version for one in done}
    telling: dict[str, Sequence[str]] = {}
    for name, service in SERVICES.items():
        parts = service.parts
        with databases[name].reading() as connection:
            behind = sum(
                version_had(connection, parts.messaging, topic, key) < version
                for (topic, key), version in tombstones.items()
                if topic in service.reads
            )
            its = parts.rights.telling_of(connection, kind, id)
            telling |= its
            if behind:
                left.append(f"{name} has to read {behind} events")
            else:
                left += parts.rights.left(connection, telling)
            waiting = waiting_aggregates(connection, parts.messaging)
        if waiting & tombstones.keys():
            left.append(f"{name} has to publish it")
        left += [
            f"{name} has to publish its {topic}"
            for topic, ids in its.items()
            if any((topic, one) in waiting for one in ids)
        ]
    return left


def _overwrite(settings: Settings, databases: Databases) -> Iterator[str]:
    """Have the databases and the event log overwrite what was deleted; yield what did not come about, and why."""
    for name, database in databases.items():
        if not truncate_wal(database):
            yield f"the write-ahead log of {name} is in use; its work process empties it within the hour"
        if database.engine.dialect.name == "postgresql":
            vacuum(database, SERVICES[name].parts.metadata)
    try:
        with event_log_of(settings) as log:
            log.pulse(list(TOPICS), 0.0)
    except EventLogError as error:
        yield f"the event log could not be asked to compact its topics: {error}"


def _later(settings: Settings, databases: Databases) -> tuple[str, ...]:
    """Say what leaves by itself, and when."""
    later = [
        "backups made before now hold it: delete them within 35 days, and keep erased.jsonl apart from them"
    ]
    if settings.event_log.startswith("kafka:"):
        later.insert(0, "Kafka's segments let go of it within 24 hours, while the work processes run")
    if any(database.engine.dialect.name == "postgresql" for database in databases.values()):
        later.insert(
            0, "PostgreSQL's write-ahead log and archives hold it for as long as the server keeps them"
        )
    later.append(
        "files that imports were made of, and those of rows they rejected, may hold it: delete them where they lie"
    )
    if settings.smtp != "mailbox:":
        later.append("mails that were sent are with those who received them")
    return tuple(later)
