"""The columns of an import file, and how a row's cells become the fields that the API takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.profiles.importing.cells import (
    Read,
    read_address_cell,
    read_choice_of,
    read_country,
    read_language,
    read_line,
    read_lines,
    read_number,
    read_values,
)
from services.profiles.organisations.domain.codes import COMPANIES, PARTNERS
from services.profiles.organisations.domain.plain_text import TextError
from services.profiles.organisations.domain.value_lists import (
    FOCUS_AREAS,
    IDS,
    LANGUAGES,
    MARKETS,
    NAMES,
    PARTNERSHIP_KINDS,
    STATUSES,
)
from shared.faults import Fault
from shared.focus_areas import read_focus_areas
from shared.sheets.sheet import REASONS
from shared.words.languages import says_no_language
from shared.words.membership import Membership
from shared.words.not_known import has_no_value, is_not_known

Cells = Mapping[str, str]

IGNORED = frozenset({"source", REASONS})
"""Columns that may stand there and are not read."""


@dataclass(frozen=True)
class Column:
    """One column: the part of the profile and the field that its cells fill, how a cell is read, and what it means.

    `part` is "" for the profile itself, `offer` for its one capability or need, or `contact`. An empty cell of a
    `basic` column empties the field; an empty cell of another column leaves the field as it is. `no_value` tells which
    cells stand for *not known*. A row is taken in without a cell that cannot be read, unless the column is `needed`: it
    says who the row is about, or what is left out of it would mislead.
    """

    name: str
    meaning: str
    part: str = ""
    field: str = ""
    read: Read = read_line
    basic: bool = False
    no_value: Callable[[str], bool] = has_no_value
    needed: bool = False

    @property
    def target(self) -> str:
        """The field's name."""
        return self.field or self.name

    @property
    def emptied(self) -> Any:
        """What an empty cell sets the field to; None: it leaves the field as it is."""
        return ([] if self.name == "focus_areas" else "") if self.basic else None


def _no_area(cell: str) -> bool:
    """Leave cells of countries to their reading, which tells Namibia from *not known*."""
    return False


_CONTACT = (
    Column("contact_name", "who to write to", "contact", "name", no_value=is_not_known),
    Column(
        "contact_email",
        "mail address; the other contact columns need it",
        "contact",
        "email",
        read=read_address_cell,
        no_value=is_not_known,
    ),
    Column("contact_phone", "telephone", "contact", "phone"),
    Column(
        "contact_language",
        "language of mails, such as sv or en",
        "contact",
        "language",
        read=read_language,
        no_value=says_no_language,
    ),
)
_BOTH = (
    Column("partnership_kinds", "list: distribution, pilot, research …", read=read_values(PARTNERSHIP_KINDS)),
    Column("languages", "list of languages spoken", read=read_values(LANGUAGES), no_value=says_no_language),
    Column("employees", "whole number", read=read_number),
    Column("capacity", "introductions it can take in twelve months", read=read_number),
)

_COMPANIES = (
    Column(
        "id",
        "letters, digits, dots, dashes; when empty it is derived from name and country",
        basic=True,
        no_value=is_not_known,
        needed=True,
    ),
    Column("name", "required", basic=True, no_value=is_not_known, needed=True),
    Column("country", "in English, such as Sweden", basic=True, read=read_country),
    Column("city", "", basic=True, no_value=is_not_known),
    Column("website", "such as example.org", basic=True),
    Column("kind", "such as manufacturer, digital, care provider, consultant", basic=True),
    Column(
        "language",
        "language of the description, such as sv",
        basic=True,
        read=read_language,
        no_value=says_no_language,
    ),
    Column(
        "description",
        "required: what the company offers",
        "offer",
        "text",
        basic=True,
        read=read_lines,
        needed=True,
    ),
    Column(
        "focus_areas",
        "list of codes; empty: inferred from the description",
        "offer",
        read=read_values(FOCUS_AREAS),
        basic=True,
    ),
    Column("membership", f"one of {', '.join(Membership)}", read=read_choice_of(Membership)),
    Column("regulatory_status", "list: CE, MDR, FDA …", "offer", read=read_values(STATUSES)),
    Column("evidence", "studies and results", "offer", read=read_lines),
    Column("stage", "how ready it is, such as in use or pilot", "offer"),
    Column("markets", "list of countries it wants to sell in", read=read_values(MARKETS), no_value=_no_area),
    Column(
        "excluded_markets",
        "list of countries it does not sell in",
        read=read_values(MARKETS, none=True),
        no_value=_no_area,
        needed=True,
    ),
    *_BOTH,
    Column(
        "not_to_meet",
        "list of partner ids",
        read=read_values(IDS, none=True),
        no_value=is_not_known,
        needed=True,
    ),
    Column(
        "existing_customers",
        "list of partner ids or names",
        read=read_values(NAMES, none=True),
        no_value=is_not_known,
    ),
    *_CONTACT,
)
_PARTNERS = (
    Column(
        "id",
        "letters, digits, dots, dashes; when empty it is derived from name and country",
        basic=True,
        no_value=is_not_known,
        needed=True,
    ),
    Column("name", "required", basic=True, no_value=is_not_known, needed=True),
    Column("country", "in English, such as Norway", basic=True, read=read_country),
    Column("kind", "such as hospital, ministry, distributor, insurer", basic=True),
    Column(
        "language",
        "language of the need, such as no",
        basic=True,
        read=read_language,
        no_value=says_no_language,
    ),
    Column(
        "need",
        "required: what the partner looks for",
        "offer",
        "text",
        basic=True,
        read=read_lines,
        needed=True,
    ),
    Column(
        "focus_areas",
        "list of codes; empty: inferred from the need",
        "offer",
        read=read_values(FOCUS_AREAS),
        basic=True,
    ),
    Column("description", "what the partner is", read=read_lines),
    Column("city", "", no_value=is_not_known),
    Column("website", "such as example.org"),
    *_BOTH,
    Column(
        "not_to_meet",
        "list of company ids",
        read=read_values(IDS, none=True),
        no_value=is_not_known,
        needed=True,
    ),
    *_CONTACT,
)

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    COMPANIES: {column.name: column for column in _COMPANIES},
    PARTNERS: {column.name: column for column in _PARTNERS},
}
"""What is read of each kind, by column name."""

REQUIRED: Mapping[str, tuple[str, ...]] = {COMPANIES: ("name", "description"), PARTNERS: ("name", "need")}
"""The columns that a file must have."""

OFFERS: Mapping[str, tuple[str, str]] = {COMPANIES: ("capabilities", "c1"), PARTNERS: ("needs", "n1")}
"""The field that holds a kind's offers, and the id of the one that a file describes."""


@dataclass
class RowReading:
    """What the cells of a row mean, by column; `empty` and `faults` tell what was not taken, by column too."""

    values: dict[str, Any] = field(default_factory=dict)
    empty: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def leave_out(self, fault: Fault) -> None:
        """Go on without the cell of the column that a fault names."""
        self.values.pop(fault.field, None)
        self.faults.append(fault)


def read_cells(kind: str, cells: Cells) -> RowReading:
    """Read a row's cells, each by its column.

    A cell that stands for *not known* is an empty one, and a fault where the column is required.
    """
    reading = RowReading()
    for name, column in COLUMNS[kind].items():
        cell = cells.get(name)
        if name == "id" or cell is None:
            continue
        try:
            value = _value(reading, column, cell, name in REQUIRED[kind])
        except TextError as error:
            reading.faults.append(Fault(name, error.problem, error.fix, error.values))
            continue
        if value is not None or column.basic:
            reading.values[name] = value
    return reading


def _value(reading: RowReading, column: Column, cell: str, required: bool) -> Any:
    """Return what a cell sets its field to; None: it says nothing."""
    if cell and column.no_value(cell):
        if required:
            raise TextError(f"is missing: {cell!r} says that it is not known", "give it")
        reading.empty.append((column.name, cell))
        cell = ""
    if not cell:
        return column.emptied
    read = column.read(cell)
    reading.empty += [(column.name, word) for word in read.empty]
    if read.name and not reading.values.get("contact_name"):
        reading.values["contact_name"] = read.name
    return column.emptied if read.value is None else read.value


def fields_of_row(kind: str, values: Mapping[str, Any], stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields that a row asks for, as the API takes them, on top of what a client has set before.

    `stored` are the fields of the profile that is there, None when there is none. The file's words on the one offer are
    left out when the profile has several, or another one: see `offers_differ`.
    """
    fields: dict[str, Any] = dict(stored or {})
    given: dict[str, dict[str, Any]] = {"": {}, "offer": {}, "contact": {}}
    for name, value in values.items():
        column = COLUMNS[kind][name]
        given[column.part][column.target] = value
    fields.update(given[""])
    if kind == COMPANIES and "description" in values:
        fields["description"] = values["description"]
    if given["contact"]:
        fields["contact"] = {**(fields.get("contact") or {}), **given["contact"]}
    field, offer_id = OFFERS[kind]
    if not offers_differ(kind, stored):
        offer = {**(fields[field][0] if stored else {"id": offer_id}), **given["offer"]}
        fields[field] = [offer]
    return fields


def offers_differ(kind: str, stored: Mapping[str, Any] | None) -> bool:
    """Tell whether a profile has other capabilities or needs than the one that a file can describe."""
    field, offer_id = OFFERS[kind]
    return stored is not None and [offer["id"] for offer in stored[field]] != [offer_id]


def column_of_field(kind: str, path: str) -> str:
    """Return the column that a field's dotted path came from, or the path when it came from none."""
    parts = path.split(".")
    field, _ = OFFERS[kind]
    if parts[0] == "contact":
        part, target = "contact", parts[1] if len(parts) > 1 else "email"
    elif parts[0] == field:
        part, target = "offer", parts[2] if len(parts) > 2 else "text"
    else:
        part, target = "", parts[0]
    names = [
        column.name for column in COLUMNS[kind].values() if (column.part, column.target) == (part, target)
    ]
    return names[0] if names else path


def _help(kind: str) -> str:
    rows = [f"  {column.name:<20}{column.meaning}".rstrip() for column in COLUMNS[kind].values()]
    return "\n".join([f"Columns of {kind}:", *rows])


IMPORT_HELP = f"""\
FILE is CSV (UTF-8, UTF-16, or as --encoding says; separated by comma, semicolon, tab or |), XLSX or ODS. Of a
workbook the first visible sheet with the required columns is read, or the one of --sheet; hidden sheets are never
read, hidden rows and columns are. Headings may stand below titles, in any order and case, in English, Swedish,
Norwegian or Danish: --dry-run shows what each was taken as, and what would come of each row, and stores nothing.
What a cell shows is what is read: noughts before a number, days as 2026-03-02, a formula's saved value.
Lists are separated by ; inside their cell, or by commas, line breaks and the like; "Norway, Denmark" and "Norge och
Danmark" are two countries. N/A, -, ?, okänt, TBD and the like stand for an empty cell, which is told.
Focus areas: {", ".join(read_focus_areas())}.

{_help(COMPANIES)}

{_help(PARTNERS)}

A row whose id is known changes that profile; the same file twice changes nothing. Columns that the file
lacks, and empty cells of the columns from membership or description (of partners) on, leave what is there.
The columns source and reasons are not read; others are named in a warning. A cell that cannot be read is left out
with a warning that names it and how to mend it. A row is rejected when that cell says who the row is about (id, name,
description or need) or whom not to meet (excluded_markets, not_to_meet). It stops no other: it goes to
NAME.rejected.csv (of a workbook: .xlsx) with its reasons, to be mended and imported again.
"""
"""What `handslag import --help` says about files."""
