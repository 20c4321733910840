"""How the cells of a row are read: what they mean, which say that nothing is known, and which cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.profiles.organisations.domain.choices import read_choice
from services.profiles.organisations.domain.plain_text import TextError, clean_country, one_line
from services.profiles.organisations.domain.value_lists import MOST_PIECES, ValueList
from shared.faults import Fault
from shared.words.addresses import AddressError, read_named_address
from shared.words.languages import known_language, read_languages
from shared.words.lists import split_rows
from shared.words.not_known import means_none

_GROUPS = re.compile(
    r"[1-9]\d{0,2}(?:([ .,'\u2019\u00a0\u202f\u2009])\d{3}(?:\1\d{3})?)(?:(?!\1)[.,]0{1,2})?"
)
_DIGITS = re.compile(r"(\d{1,9})(?:[.,]0{1,2})?")
_PEOPLE = re.compile(
    r"\s*(?:st|anst\u00e4llda|anst\.?|medarbetare|personer|pers\.?|people|persons|employees|staff|fte|ansatte"
    r"|medarbejdere|mitarbeiter|besch\u00e4ftigte|ty\u00f6ntekij\u00e4\u00e4|medewerkers|employ\u00e9s|empleados)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CellReading:
    """What a cell means. `empty` are the words in it that stand for *not known*; `name` is one beside an address."""

    value: Any
    empty: tuple[str, ...] = ()
    name: str = ""


Read = Callable[[str], CellReading]
"""Reads a cell with text in it; raises TextError for one that cannot be read, with what a person is to write."""


def read_line(cell: str) -> CellReading:
    """Read a text of one line; breaks in the cell are blanks."""
    return CellReading(one_line(cell))


def read_lines(cell: str) -> CellReading:
    """Read a text that may have several lines."""
    return CellReading(cell)


def read_country(cell: str) -> CellReading:
    """Read one country, also one that nobody knows. Raises TextError for several."""
    return CellReading(clean_country(one_line(cell)))


def read_number(cell: str) -> CellReading:
    """Read a whole number: `1200`, `1 200`, `1,200`, `1.200`, `1200 employees`. Raises TextError: `ca 50`, `10-20`."""
    plain = _PEOPLE.sub("", cell, count=1) if _PEOPLE.search(cell) else cell
    if _DIGITS.fullmatch(plain.strip()):
        return CellReading(int(re.split("[.,]", plain.strip())[0]))
    grouped = _GROUPS.fullmatch(plain.strip())
    if grouped:
        whole = re.sub(r"[.,]0{1,2}$", "", plain.strip())
        return CellReading(int(re.sub(r"\D", "", whole)))
    raise TextError("is not one whole number", "write it in digits, such as 1200")


def read_language(cell: str) -> CellReading:
    """Read one language, by code, tag or name. Raises TextError."""
    code = known_language(cell)
    if code is None:
        several = len(read_languages([cell]).values) > 1
        raise TextError(
            "names several languages" if several else "is no language that is known",
            "write the code of one, such as sv, en or de",
        )
    return CellReading(code)


def read_address_cell(cell: str) -> CellReading:
    """Read a mail address, with a name beside it or without. Raises TextError."""
    try:
        named = read_named_address(cell.rstrip(",;. "))
    except AddressError as error:
        fault = Fault("", error.problem, error.fix, error.values).to_json()
        raise TextError(fault["problem"], fault.get("fix", "")) from error
    return CellReading(named.address.written, name=named.name)


def read_choice_of(choices: type[StrEnum]) -> Read:
    """Make the reading of one of a few words."""

    def read(cell: str) -> CellReading:
        code = read_choice(cell, choices)
        if code is None:
            raise TextError("is none of the words that are taken", f"write one of {', '.join(choices)}")
        return CellReading(code)

    return read


def read_values(values: ValueList, *, none: bool = False) -> Read:
    """Make the reading of a list; with `none` a cell that says so (`inga`) is an empty list, and not an empty cell."""

    def read(cell: str) -> CellReading:
        rows = split_rows(cell)
        if values.is_too_long(rows):
            raise TextError("names too many values", f"write at most {MOST_PIECES}")
        reading = values.read(rows)
        if reading.unknown:
            problems = [values.problem % {"word": word} for word in reading.unknown]
            raise TextError(" and ".join(problems), values.fix)
        if not reading.values and not (none and means_none(cell)):
            return CellReading(None, reading.empty)
        return CellReading(list(reading.values), reading.empty)

    return read
