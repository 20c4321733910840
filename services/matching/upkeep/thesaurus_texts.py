"""The texts that `handslag thesaurus unknown` looks at: from CSV files, or from matching's projection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.matching import tables
from services.matching.organisations.domain.model import ACTIVE, OPEN
from services.matching.organisations.store.projection import list_states
from services.matching.text.domain.unknown_words import Text
from shared.settings.registry import Settings
from shared.sheets.csv_rows import read_rows
from shared.sheets.sheet import FileError
from shared.storage.opening import opened

TEXT_COLUMNS = ("description", "need")


def texts_of_file(path: Path) -> list[Text]:
    """Read the texts of companies or partners in a CSV file. Raises FileError, OSError."""
    rows = read_rows(path, ("id",), (*TEXT_COLUMNS, "language"))
    columns = [name for name in TEXT_COLUMNS if rows and name in rows[0]]
    if rows and not columns:
        raise FileError(f"{path} needs a column description (companies) or need (partners)")
    return [
        Text(f"{path.stem}:{row['id']}", row[name], row.get("language", ""))
        for row in rows
        for name in columns
    ]


def texts_of_state(settings: Settings) -> list[Text]:
    """Read the texts of all organisations and open requests that matching knows. Raises DatabaseAwayError."""
    with (
        opened(settings.matching_database, tables.metadata, "matching_database") as database,
        database.reading() as connection,
    ):
        active = [
            (side, one.id, one.state)
            for side, table in (("company", tables.companies), ("partner", tables.partners))
            for one in list_states(connection, table, table.c.status == ACTIVE)
        ]
        languages = {(side, id): str(state.get("language") or "") for side, id, state in active}
        asked = list_states(connection, tables.requests, tables.requests.c.status == OPEN)
        active += [("partner", one.state["partner_id"], {"needs": one.state.get("needs")}) for one in asked]
    return [
        Text(f"{side}:{id}", text, languages.get((side, id), ""))
        for side, id, state in active
        for text in _texts(state)
    ]


def _texts(state: Mapping[str, Any]) -> Iterator[str]:
    yield state.get("description") or ""
    for item in (*(state.get("capabilities") or ()), *(state.get("needs") or ())):
        yield from (item.get(field) or "" for field in ("title", "text", "requirements"))
