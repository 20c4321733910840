"""Each service's database as a released version leaves it: kept for ever, to be brought up by later ones.

`python -m tests.golden.keep tests/golden/vN/databases` writes them, once, when version N is released.
"""

from __future__ import annotations

import base64
import csv
import json
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from deploy.operations.backlog import backlog
from deploy.operations.databases import Databases, open_databases
from deploy.runtime.work import work
from deploy.services import SERVICES
from services.matching.introductions.stand_in import approve_best
from services.profiles.importing.sample import take_in
from services.profiles.organisations import actions
from shared.clock import system_clock
from shared.event_log import open_event_log
from shared.event_log.port import LogUnavailableError
from shared.events.event import Event
from shared.ids import random_ids
from shared.messaging.outbox import record_event
from shared.settings.registry import Settings, for_tests
from shared.storage.migrations import reached

Kept = dict[str, Any]

COMPANIES = [
    (
        "C1",
        "Exempelvård AB",
        "Washer-disinfectors and autoclaves for sterile processing of instruments.",
        "amr",
    ),
    (
        "C2",
        "Fjärrvård AB",
        "Telemedicine platform for patients with chronic disease at home.",
        "ageing;digital",
    ),
]
PARTNERS = [
    ("P1", "Klinik Beispiel", "Sucht Autoklaven und Reinigungsgeräte für die Sterilgutaufbereitung.", "amr"),
    ("P2", "Eksempel kommune", "Ønsker telemedicin til borgere med kronisk sygdom i eget hjem.", "ageing"),
]


def kept(database: Any, metadata: sa.MetaData) -> Kept:
    """Read all rows of a database, with the step that it has reached."""
    with database.reading() as connection:
        tables = {
            table.name: [
                {name: _as_json(value) for name, value in row.items()}
                for row in connection.execute(sa.select(table)).mappings()
            ]
            for table in metadata.sorted_tables
        }
        return {"step": reached(connection), "tables": tables}


def rows_of(database: Kept, name: str) -> list[dict[str, Any]]:
    """Return the rows of one table as they are inserted."""
    return [{column: _from_json(value) for column, value in row.items()} for row in database["tables"][name]]


def fill_empty(connection: sa.Connection, tables: list[sa.Table]) -> None:
    """Write a row into each table that has none."""
    for table in tables:
        if connection.execute(sa.select(table).limit(1)).first() is None:
            row = {column.name: _row_value(connection, column) for column in table.columns}
            connection.execute(sa.insert(table).values(**row | _MEANT.get(table.name, {})))


_MEANT: dict[str, dict[str, Any]] = {
    "policies": {"content": "{}"},
    "holds": {"until": "2026-01-01T00:00:00.000000Z"},
    "dead_letters": {"status": "dead", "headers": "[]"},
}


def _row_value(connection: sa.Connection, column: sa.Column[Any]) -> Any:
    for key in column.foreign_keys:
        return connection.scalar(sa.select(key.column).order_by(key.column).limit(1))
    return any_value(column)


def any_value(column: sa.Column[Any]) -> Any:
    """Return a value that a column takes."""
    return {str: "å", int: 1, bool: True, bytes: b"\x00\xff"}[column.type.python_type]


def _as_json(value: Any) -> Any:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _from_json(value: Any) -> Any:
    return base64.b64decode(value["bytes"]) if isinstance(value, dict) else value


def _write_csv(path: Path, columns: list[str], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def _settle(settings: Settings, databases: Databases) -> None:
    deadline = time.monotonic() + 120
    with open_event_log(settings.event_log, settings.topic_prefix) as log:
        while time.monotonic() < deadline:
            try:
                if not any(backlog(databases, log).values()):
                    return
            except LogUnavailableError:
                pass
            time.sleep(0.1)
    raise TimeoutError("what was submitted did not arrive")


def _live(settings: Settings, databases: Databases, folder: Path) -> None:
    """Have the sample taken in, reported on and introduced; then leave something unsent in every outbox."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=("all", settings, stop))
    thread.start()
    try:
        take_in(databases["profiles"], folder, folder, system_clock, random_ids, lambda _: None)
        _settle(settings, databases)
        approve_best(databases["matching"], system_clock, random_ids, 1)
        _settle(settings, databases)
    finally:
        stop.set()
        thread.join(200)
    with databases["profiles"].writing() as connection:
        visit: dict[str, Any] = {"title": "Study visit", "direction": "incoming", "partner_id": "P1"}
        visit |= {"starts_on": "2026-05-01", "ends_on": "2026-05-03", "delegates": []}
        actions.create(connection, "visits", visit, system_clock(), random_ids)
    approve_best(databases["matching"], system_clock, random_ids, 1)
    sample = Path(__file__).with_name("v1") / "delivery.sent.json"
    state = json.loads(sample.read_text(encoding="utf-8"))["value"]
    with databases["notifications"].writing() as connection:
        messaging = SERVICES["notifications"].parts.messaging
        record_event(
            connection,
            messaging,
            Event("delivery.sent", state["id"], state["version"], system_clock(), state),
        )


def keep(target: Path) -> None:
    """Write a file for each service's database, with rows in every table."""
    target.mkdir(parents=True, exist_ok=True)
    columns = {"companies": "description", "partners": "need"}
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, rows in (("companies", COMPANIES), ("partners", PARTNERS)):
            _write_csv(
                folder / f"{name}.csv", ["id", "name", columns[name], "focus_areas", "country", "language"],
                [(*row, *(("Sweden", "en") if name == "companies" else ("Germany", "de"))) for row in rows],
            )  # fmt: skip
        settings = for_tests(folder / "state")
        with open_databases(settings) as databases:
            _live(settings, databases, folder)
            opened = {"profiles": databases["profiles"], "matching": databases["matching"]}
            opened["notifications"] = databases["notifications"]
            for service, database in opened.items():
                metadata = SERVICES[service].parts.metadata
                with database.writing() as connection:
                    fill_empty(connection, metadata.sorted_tables)
                text = json.dumps(kept(database, metadata), ensure_ascii=False, indent=1, sort_keys=True)
                (target / f"{service}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    keep(Path(sys.argv[1]))
