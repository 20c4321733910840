"""The texts that `handslag thesaurus unknown` looks at: from CSV files, or from matching's projection."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.operations.opening import opened
from services.matching.domain.text.unknown import Text
from services.matching.store import tables
from services.matching.store.projection import states_where
from shared.settings import Settings

TEXT_COLUMNS = ("description", "need")


class TextsError(Exception):
    """A file whose texts cannot be read; the message names it and the fix."""


def texts_of_file(path: Path) -> list[Text]:
    """Read the texts of companies or partners in a CSV file. Raises TextsError, OSError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = [name for name in TEXT_COLUMNS if name in (reader.fieldnames or ())]
            if "id" not in (reader.fieldnames or ()) or not columns:
                raise TextsError(f"{path} needs a column id, and description (companies) or need (partners)")
            return [
                Text(f"{path.stem}:{row['id']}", row[name] or "", row.get("language") or "")
                for row in reader
                for name in columns
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise TextsError(f"{path} is no CSV file in UTF-8: {error}; save it as one") from error


def texts_of_state(settings: Settings) -> list[Text]:
    """Read the texts of all organisations and open requests that matching knows. Raises DatabaseAwayError."""
    with opened(settings, "matching") as database, database.reading() as connection:
        active = [
            (side, one.id, one.state)
            for side, table in (("company", tables.companies), ("partner", tables.partners))
            for one in states_where(connection, table, table.c.status == "active")
        ]
        languages = {(side, id): str(state.get("language") or "") for side, id, state in active}
        asked = states_where(connection, tables.requests, tables.requests.c.status == "open")
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
