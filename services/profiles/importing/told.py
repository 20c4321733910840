"""What an import tells of a file's columns, cells and records that were not taken as they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from services.profiles.importing.columns import COLUMNS
from services.profiles.importing.input_file import unknown_columns
from services.profiles.organisations.domain.profile_state import State
from services.profiles.organisations.domain.provenance import BLOCKS, CONTACT, PROFILE, parts_of
from shared.events.origins import PROVENANCE, Maker, parts_by_anyone
from shared.faults import Fault
from shared.sheets.sheet import Row, Sheet

SHOWN = 60
"""Characters of a cell that a warning shows."""
LINES_NAMED = 20
"""Lines that one warning names; of more it tells the number."""

_COLUMN_PART = {PROFILE: "", BLOCKS: "", CONTACT: "contact"}
"""The part of the columns that fill a part of a record; those of every capability or need are `offer`."""


def unknown_country(row: Row, cells: Mapping[str, str]) -> str:
    """Say that a country is kept as it is written, though nobody knows it."""
    return (
        f"line {row.line}: country {_shown(cells['country'])} is no country that is known; it is kept as it"
        " is written. Write one country's name, such as Sweden"
    )


def left_out(row: Row, cells: Mapping[str, str], fault: Fault) -> str:
    """Say which cell a row is taken in without, what is wrong with it, and how to mend it."""
    cell, sentence = cells.get(fault.field, ""), fault.sentence()
    said = sentence if sentence.startswith(("'", '"')) else f"{_shown(cell)} {sentence}"
    return f"line {row.line}: {fault.field} {said}. The row is taken in without this cell"


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= SHOWN else f"{cell[: SHOWN - 1]}…")


def taken_for_empty(lines_by_cell: Mapping[tuple[str, str], Sequence[int]]) -> Iterator[str]:
    """Say which cells stand for *not known*, each text once with its lines."""
    for (name, text), lines in lines_by_cell.items():
        first = ", ".join(map(str, lines[:LINES_NAMED]))
        more = f" and {len(lines) - LINES_NAMED} more" if len(lines) > LINES_NAMED else ""
        where = f"line {first}" if len(lines) == 1 else f"lines {first}{more}"
        yield f"{where}: {name} {_shown(text)} is taken for empty: it says that nothing is known"


def strangers_parts(
    kind: str, row: Row, stated: Collection[str], current: State | None, state: State
) -> Iterator[str]:
    """Say what under a row's record came from a stranger, by name: nothing is kept there unseen.

    Of a part that the row changes, what it does not state itself is named.
    """
    before, after = parts_of(current or {}), parts_of(state)
    by_anyone = parts_by_anyone(state)
    theirs = [part for part in by_anyone if not _is_files(state[PROVENANCE][part])]
    mixed = [part for part in parts_by_anyone(current or {}) if part in after and part not in by_anyone]
    for part in theirs:
        yield _kept_of_anyone(row, state, part, state[PROVENANCE][part])
    for part in mixed:
        says, unsaid = after[part], not_said(kind, part, before[part], stated)
        kept = [name for name in unsaid if says.get(name) == before[part][name]]
        if kept and current:
            yield _kept_of_anyone(row, state, f"{part} ({', '.join(kept)})", current[PROVENANCE][part])


def not_said(kind: str, part: str, says: Mapping[str, Any], stated: Collection[str]) -> list[str]:
    """Return the fields of a part that a row which states some columns does not say."""
    column_part = _COLUMN_PART.get(part, "offer")
    said = {column.target for name in stated if (column := COLUMNS[kind][name]).part == column_part}
    if part == PROFILE:  # a file's description is a company's own, too; membership is staff's word alone
        said |= {"membership", *({"description"} & set(stated))}
    return [name for name, value in says.items() if name not in (*said, "id") and value]


def _is_files(entry: Mapping[str, Any]) -> bool:
    """Say whether a file was the last to confirm a part: it says all of it."""
    return bool(entry["confirmed_by"] == Maker.IMPORT)


def _kept_of_anyone(row: Row, state: State, what: str, entry: Mapping[str, Any]) -> str:
    confirmed = entry["confirmed_at"]
    let_in = f"staff let it in on {confirmed[:10]}" if confirmed else "nobody has confirmed it"
    return f"line {row.line}: {state['id']} keeps {what}, which came from anyone ({let_in})"


def column_warnings(sheet: Sheet, kind: str) -> list[str]:
    """Say which columns of a file are not read."""
    unknown = unknown_columns(sheet, kind)
    if not unknown:
        return []
    unknown = [" ".join(name.split()) for name in unknown]
    return [
        f"these columns are not read: {', '.join(unknown)}; `handslag import --help` names those that are"
    ]
