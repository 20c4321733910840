"""Hardships without a kill, while the clients go on writing: what they must get, and what they got.

Each step gives what it measured and the promises that it found broken.
"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from tests.faults.clients import Call, Records
from tests.faults.house import House, WaitedInVainError, wait_for

HALF_HEADERS = 40
HALF_BODIES = 12
"""Together more than the web process has threads; the second kind has one for as long as it waits for the rest."""
WRITES = 20
REFUSED = 6
GOOD = frozenset({409, 412})
"""Answers beside 2xx to a write that was repeated, or that another one overtook."""

Found = tuple[dict[str, float], list[str]]


def half_requests(house: House, records: Records) -> Found:
    """Hold connections open that have said half a header, or half a body: everybody else is served all the same."""
    head = b"POST /api/v1/companies HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    halves = [head] * HALF_HEADERS + [head + b'Content-Length: 1000\r\n\r\n{"name": "'] * HALF_BODIES
    address = urlsplit(house.profiles_url)
    first = len(records.calls)
    held: list[socket.socket] = []
    try:
        for half in halves:
            held.append(socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10))
            held[-1].sendall(half)
        first = len(records.calls)
        wait_for("writes beside half requests", lambda: len(records.calls) >= first + WRITES, 60)
    except WaitedInVainError as error:
        return {}, [f"{error}: {len(records.calls) - first} were answered"]
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


def full_disk(house: House, records: Records) -> Found:
    """Let no process write to its disk for a while: writes are refused with a clear answer, and nothing else fails."""
    parts = [part for name, part in house.parts.items() if name != "mail"]
    first = len(records.calls)
    try:
        for part in parts:
            part.limit_files(0)
        wait_for(
            "refusals on a full disk", lambda: sum(map(_is_refused, records.calls[first:])) >= REFUSED, 60
        )
    except WaitedInVainError as error:
        return {}, [f"{error}: {[call.status for call in records.calls[first:]]}"]
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


def _is_good(call: Call) -> bool:
    return 200 <= call.status < 300 or call.status in GOOD


def _is_refused(call: Call) -> bool:
    return call.status in {503, 507}
