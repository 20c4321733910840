"""`python -m tests.bench.largest`: what the largest body, file and text that the limits allow cost, as a table.

Each is taken by a process of its own, as the web, the work and the operator's process take it: the seconds, and the
most memory that the process had, beside what docker-compose.yml gives its container. The exit code is 1 where one needs
more, and where something was refused that the limits allow. `python -m tests.bench.largest CASE FOLDER` is such a
process. Linux only.
"""

from __future__ import annotations

import io
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from flask import Flask

from deploy.runtime.web import THREADS
from deploy.services import SERVICES
from services.profiles.importing.file_import import import_into
from services.profiles.importing.importer import Reading
from services.profiles.organisations.schemas.profiles import LONG
from shared.clock import SettableClock
from shared.event_log.port import MAX_VALUE_BYTES
from shared.ids import numbered_ids
from shared.settings.registry import Settings, for_tests
from shared.sheets.file_kind import MOST_UNPACKED_BYTES
from shared.sheets.sheet import MOST_COLUMNS, MOST_FILE_BYTES, MOST_ROWS, FileError
from shared.storage.engine import Database
from shared.web.app import MAX_BODY_BYTES
from shared.web.json_body import MOST_VALUES
from tests.bench.measure import BenchError
from tests.scale.compose import read_compose
from tests.services.matching.matching_world import STAFF, MatchingWorld
from tests.services.notifications.world import World
from tests.services.profiles.importing.workbooks import archive, ods, ods_row, workbook

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WORDS = "Sterile processing of surgical instruments, remote monitoring of chronic disease and wound care. "
REFUSED = "refused, "
"""In a note: a limit does not let in what the case holds for the largest that it allows."""
UNITS = {"M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True)
class Case:
    """What is taken, the container that takes it, how many such processes it has, and the two steps."""

    what: str
    container: str
    take: Callable[[Path], str]
    make: Callable[[Path], None] = lambda folder: None
    processes: int = 1


@dataclass(frozen=True)
class Cost:
    """What a case cost, and the share of its container's memory that one process may have; in MB of 1,000,000 bytes."""

    case: Case
    seconds: float
    megabytes: float
    allowed: float
    note: str

    @property
    def problem(self) -> str:
        """What is wrong with it, or nothing."""
        if REFUSED in self.note:
            return "REFUSED"
        return "TOO MUCH" if self.megabytes > self.allowed else ""


# --- Bodies ---


def _bodies() -> dict[str, bytes]:
    """Return the largest bodies of several shapes, each within the limit of bytes."""
    company = {"id": "C1", "name": "Norrsken", "country": "Sweden", "kind": "digital"}
    text = (WORDS * 200)[:LONG]
    capability = {"title": "Care", "text": text, "focus_areas": ["amr"]}
    head = json.dumps(company)[:-1].encode()
    shapes = {
        "profile of long texts": json.dumps(
            {**company, "description": text, "capabilities": [capability] * 50}
        ).encode(),
        "as many values as are taken": head
        + b', "capabilities": ['
        + b",".join([b"{}"] * (MOST_VALUES // 2 - 20))
        + b"]}",
        "brackets without an end": b"[" * MAX_BODY_BYTES,
        "one long text": head + b', "description": "' + b'\\"' * (MAX_BODY_BYTES // 2 - 200) + b'"}',
        "letters as escapes": head + b', "description": "' + b"\\u00e5" * (MAX_BODY_BYTES // 6 - 200) + b'"}',
    }
    return {name: body[:MAX_BODY_BYTES] for name, body in shapes.items()}


def _post_bodies(folder: Path, shape: str) -> str:
    app = _app("profiles", for_tests(folder))
    body = _bodies()[shape]

    def post(number: int) -> int:
        headers = STAFF if number % 2 else {}
        answer = app.test_client().post(
            "/api/v1/companies", data=body, content_type="application/json", headers=headers
        )
        return answer.status_code

    with ThreadPoolExecutor(THREADS) as threads:
        answered = sorted(set(threads.map(post, range(THREADS))))
    return f"{THREADS} at once, {len(body) / 1e6:.2f} MB each: {', '.join(map(str, answered))}"


# --- Texts ---


def _read_text(folder: Path) -> str:
    app = _app("matching", for_tests(folder))
    tell = MatchingWorld(_database(app), SettableClock(NOW))
    text = (WORDS * 200)[:LONG]
    count = MAX_VALUE_BYTES // (LONG + 200)
    offers = [{"id": f"c{number}", "text": text, "focus_areas": ["amr"]} for number in range(count)]
    needs = [{"id": f"n{number}", "title": "", "text": text, "focus_areas": ["amr"]} for number in range(50)]
    tell.company("C1", text, capabilities=offers)
    tell.partner("P1")
    tell.request("R1", "P1", needs=needs)
    made = tell.make_reports()
    return f"{count} capabilities and {len(needs)} needs of {LONG:,} characters: {made} report"


def _send_text(folder: Path) -> str:
    app = _app("notifications", for_tests(folder))
    world = World(_database(app), SettableClock(NOW), numbered_ids())
    world.organisation("company", "C1", "a@sample.invalid")
    world.organisation("partner", "P1", "b@sample.invalid")
    text = WORDS * (MAX_VALUE_BYTES // 4 // len(WORDS))
    world.introduction("C1", reasons={"sv": [text], "en": [text]})
    world.compose()
    return f"reasons of {2 * len(text) / 1e6:.1f} MB: {len(world.deliveries())} mails"


# --- Files ---

HEADER = ["id", "name", "country", "kind", "description"]


def _full_rows(most_bytes: int, beside: int) -> Iterator[list[str]]:
    """Return as many rows as are taken, which fill a file whose format writes so many bytes beside a row's texts."""
    long = most_bytes // MOST_ROWS - beside - 60
    for number in range(MOST_ROWS):
        yield [f"C{number}", f"Norrsken {number}", "Sweden", "digital", (WORDS * 20)[: max(20, long)]]


def _small_cells(most_bytes: int, beside: int) -> Iterator[list[str]]:
    """Return rows of small cells in every column that is taken, none like another, as many as fit."""
    columns = MOST_COLUMNS - len(HEADER)
    rows = min(MOST_ROWS, most_bytes // ((beside + 6) * MOST_COLUMNS))
    for number in range(rows):
        start = number * columns
        small = [f"{start + column:x}" for column in range(columns)]
        yield [f"C{number}", "N", "SE", "digital", "care", *small]


ROWS = {"rows": _full_rows, "cells": _small_cells}


def _header(rows: str) -> list[str]:
    more = MOST_COLUMNS - len(HEADER) if rows == "cells" else 0
    return [*HEADER, *(f"column {number}" for number in range(more))]


def _make_csv(folder: Path, rows: str) -> None:
    with (folder / "file.csv").open("w", encoding="utf-8") as file:
        file.write(";".join(_header(rows)) + "\n")
        for row in ROWS[rows](MOST_FILE_BYTES - 100_000, 1):
            file.write(";".join(row) + "\n")


def _members(rows: list[list[str]]) -> dict[str, str]:
    """Return the members of a small workbook."""
    with zipfile.ZipFile(io.BytesIO(workbook({"Sheet": rows}))) as archived:
        return {name: archived.read(name).decode() for name in archived.namelist()}


def _make_xlsx(folder: Path, rows: str) -> None:
    members = _members([["x"]])
    name = "xl/worksheets/sheet1.xml"
    before, _, after = re.sub(r"<row.*</row>", "ROWS", members[name], flags=re.DOTALL).partition("ROWS")

    def row(cells: list[str]) -> str:
        return (
            "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(c)}</t></is></c>' for c in cells) + "</row>"
        )

    beside = 38 if rows == "cells" else 38 * len(HEADER) + 11
    written = "".join(map(row, [_header(rows), *ROWS[rows](MOST_UNPACKED_BYTES - 200_000, beside)]))
    (folder / "file.xlsx").write_bytes(archive({**members, name: before + written + after}))


def _make_shared(folder: Path) -> None:
    """A workbook whose texts stand in a table of their own, as many as fit."""
    members = _members([HEADER, ["C1", "Norrsken", "Sweden", "digital", "Care."]])
    name, types = "xl/sharedStrings.xml", "[Content_Types].xml"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    told = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'
    members[types] = members[types].replace("</Types>", told)
    count = (MOST_UNPACKED_BYTES - 100_000) // 23
    texts = "".join(f"<si><t>{number:x}</t></si>" for number in range(count))
    members[name] = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{texts}</sst>'
    (folder / "file.xlsx").write_bytes(archive(members))


def _make_ods(folder: Path, rows: str) -> None:
    beside = 90 if rows == "cells" else 90 * len(HEADER) + 40
    written = [
        ods_row(*map(escape, row))
        for row in (_header(rows), *ROWS[rows](MOST_UNPACKED_BYTES - 200_000, beside))
    ]
    (folder / "file.ods").write_bytes(ods({"Sheet": "".join(written)}))


def _import(folder: Path, name: str) -> str:
    file = folder / name
    size = f"{file.stat().st_size / 1e6:.1f} MB"
    try:
        told = import_into(for_tests(folder), "companies", file, None, None, Reading(dry_run=True))
    except FileError as error:
        return f"{size}: {REFUSED}{str(error)[:80]}"
    taken = told["added"] + told["changed"]
    if not taken:
        return f"{size}: {REFUSED}all {told['rejected']:,} rows are rejected"
    return f"{size}: {taken:,} rows taken, {told['rejected']:,} rejected"


def _file_case(what: str, make: Callable[[Path], None], name: str) -> Case:
    return Case(what, "operator", lambda folder: _import(folder, name), make)


CASES = {
    **{
        f"body-{number}": Case(
            f"body: {shape}",
            "web-profiles",
            lambda folder, shape=shape: _post_bodies(folder, shape),  # type: ignore[misc]
            processes=2,
        )
        for number, shape in enumerate(_bodies(), start=1)
    },
    "text-read": Case("text that is matched", "work-matching", _read_text),
    "text-sent": Case("text that is sent", "work-notifications", _send_text),
    "csv-rows": _file_case("CSV: full rows", lambda folder: _make_csv(folder, "rows"), "file.csv"),
    "csv-cells": _file_case("CSV: small cells", lambda folder: _make_csv(folder, "cells"), "file.csv"),
    "xlsx-rows": _file_case("XLSX: full rows", lambda folder: _make_xlsx(folder, "rows"), "file.xlsx"),
    "xlsx-cells": _file_case("XLSX: small cells", lambda folder: _make_xlsx(folder, "cells"), "file.xlsx"),
    "xlsx-shared": _file_case("XLSX: many texts in its table", _make_shared, "file.xlsx"),
    "ods-rows": _file_case("ODS: full rows", lambda folder: _make_ods(folder, "rows"), "file.ods"),
    "ods-cells": _file_case("ODS: small cells", lambda folder: _make_ods(folder, "cells"), "file.ods"),
}


def _app(service: str, settings: Settings) -> Flask:
    app: Flask = SERVICES[service].parts.create_app(settings, SettableClock(NOW), numbered_ids())
    return app


def _database(app: Flask) -> Database:
    found: Database = app.extensions["handslag-database"]
    return found


# --- Measuring ---


def measure(name: str, compose: dict[str, Any]) -> Cost:
    """Measure a case in a process of its own; what it takes is made by another. Raises BenchError when one fails."""
    case = CASES[name]
    with tempfile.TemporaryDirectory(prefix="handslag-largest-") as folder:
        _run(name, folder, "make")
        told = _run(name, folder, "take")
    limit = compose["services"][case.container]["deploy"]["resources"]["limits"]["memory"]
    allowed = int(limit[:-1]) * UNITS[limit[-1]] / 1e6 / case.processes
    return Cost(case, told["seconds"], told["megabytes"], allowed, told["note"])


def _run(name: str, folder: str, step: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.largest", name, folder, step]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"{name} failed: {done.stderr.strip()[-500:] or f'code {done.returncode}'}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _step(name: str, folder: Path, step: str) -> dict[str, Any]:
    case = CASES[name]
    begun = time.perf_counter()
    note = ""
    if step == "take":
        note = case.take(folder)
    else:
        case.make(folder)
    seconds = time.perf_counter() - begun
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {"seconds": seconds, "megabytes": most, "note": note}


def line(cost: Cost) -> str:
    """Write what a case cost as a line of the table."""
    verdict = f"  {cost.problem}" if cost.problem else ""
    return (
        f"{cost.case.what:32}{cost.case.container:20}{cost.seconds:8.1f}{cost.megabytes:8.0f}{cost.allowed:9.0f}"
        f"{verdict}  {cost.note}"
    )


def main(names: list[str]) -> int:
    """Measure the cases of these names, or all, print the table, and return the exit code."""
    compose = read_compose()
    print(f"{'the largest':32}{'container':20}{'seconds':>8}{'MB':>8}{'may have':>9}")
    costs = []
    for name in names or CASES:
        costs.append(measure(name, compose))
        print(line(costs[-1]), flush=True)
    return 1 if any(cost.problem for cost in costs) else 0


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[3] in ("make", "take"):
        print(json.dumps(_step(sys.argv[1], Path(sys.argv[2]), sys.argv[3])))
    else:
        sys.exit(main(sys.argv[1:]))
