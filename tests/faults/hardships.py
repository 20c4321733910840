"""Hardships without a kill, while the clients go on writing: what they must get, and what they got.

Each step gives what it measured and the promises that it found broken.
"""

from __future__ import annotations

import fcntl
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from urllib.parse import urlsplit

from sqlalchemy.engine import Connection

from shared.events.catalogue import TOPICS
from tests.faults.clients import Allowance, Call, Records
from tests.faults.house import PREFIX, House

HALF_HEADERS = 40
HALF_BODIES = 12
"""Together more than the web process has threads; the second kind has one for as long as it waits for the rest."""
WRITES = 20
WRITES_TO_HOLD = 12
REFUSED = 6
GOOD = frozenset({409, 412})
"""Answers beside 2xx to a write that was repeated, or that another one overtook."""

Found = tuple[dict[str, float], list[str]]
Hardship = Callable[[House, Records, Allowance], Found]


def half_requests(house: House, records: Records, allowance: Allowance) -> Found:
    """Hold connections open that have said half a header, or half a body: everybody else is served all the same."""
    head = b"POST /api/v1/companies HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    halves = [head] * HALF_HEADERS + [head + b'Content-Length: 1000\r\n\r\n{"name": "'] * HALF_BODIES
    address = urlsplit(house.profiles_url)
    first = len(records.calls)
    held: list[socket.socket] = []
    try:
        for half in halves:
            held.append(socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=60))
            held[-1].sendall(half)
        first = len(records.calls)
        allowance.more(WRITES)
        house.waiting.until(
            "writes beside half requests",
            lambda: len(records.calls) >= first + WRITES,
            lambda: len(records.calls),
        )
    finally:
        for one in held:
            one.close()
    made = records.calls[first:]
    failed = [call.status for call in made if not _is_good(call)]
    faults = [f"beside half requests {len(failed)} of {len(made)} writes failed: {failed}"] if failed else []
    return {
        "half requests": len(halves),
        "writes beside them": len(made),
        "of those failed": len(failed),
        "longest write beside them, s": round(max(call.seconds for call in made), 2),
    }, faults


def full_disk(house: House, records: Records, allowance: Allowance) -> Found:
    """Let no process write to its disk for a while: writes are refused with a clear answer, and nothing else fails."""
    parts = [part for name, part in house.parts.items() if name != "mail"]
    first = len(records.calls)

    def refused() -> int:
        return sum(map(_is_refused, records.calls[first:]))

    try:
        for part in parts:
            part.limit_files(0)
        allowance.more(REFUSED)
        house.waiting.until(
            "refusals on a full disk",
            lambda: refused() >= REFUSED,
            refused,
        )
    finally:
        for part in parts:
            part.limit_files(-1)
    made = records.calls[first:]
    unclear = [call.status for call in made if not _is_good(call) and not _is_refused(call)]
    faults = [f"on a full disk writes were answered {unclear}, not 503"] if unclear else []
    ended = [part.name for part in parts if not part.runs()]
    if ended:
        faults.append(f"ended on a full disk: {', '.join(ended)}")
    return {
        "writes refused on a full disk": sum(map(_is_refused, made)),
        "answered otherwise": len(unclear),
    }, faults


def killed_at_effects(
    house: House, kill: Callable[[str], None], allowance: Allowance, quiet: Callable[[], None]
) -> None:
    """Kill every consumer while the effects of what it has read wait for its database.

    `quiet` ends the writing meanwhile, so that no newer version makes up for one that is lost.
    """
    names = [*house.workers, "work notifications"]
    with _effects_held(house, "matching") as one, _effects_held(house, "notifications") as other:
        allowance.more(WRITES_TO_HOLD)
        for service in ("matching", "notifications"):
            house.waiting.until(
                f"events for {service}", partial(_waits, house, f"events for {service}", (one, other))
            )
        quiet()
        house.waiting.breathe(1.0)  # they have been read by now
        for name in names:
            kill(name)
    for name in names:
        house.parts[name].start()


@contextmanager
def log_held(house: House) -> Iterator[None]:
    """Keep everybody from writing to the embedded log: its publishers wait for the files' gates."""
    with ExitStack() as stack:
        for topic in TOPICS:
            gate = stack.enter_context((house.folder / "events" / f"{PREFIX}.{topic}.sqlite.gate").open("ab"))
            fcntl.flock(gate, fcntl.LOCK_EX)
        yield


@contextmanager
def _effects_held(house: House, service: str) -> Iterator[Connection]:
    with house.database(service).writing() as connection:
        if house.postgres is not None:
            connection.exec_driver_sql("LOCK TABLE consumed IN EXCLUSIVE MODE")
        yield connection


def _waits(house: House, stage: str, holding: Sequence[Connection]) -> bool:
    for connection in holding:  # PostgreSQL ends a transaction that says nothing for a minute
        connection.exec_driver_sql("SELECT 1")
    return (house.backlog() or {}).get(stage, 0) > 0


def _is_good(call: Call) -> bool:
    return 200 <= call.status < 300 or call.status in GOOD


def _is_refused(call: Call) -> bool:
    return call.status in {503, 507}
