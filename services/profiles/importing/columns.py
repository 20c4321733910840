"""The columns of an import file, and how a row's cells become the fields that the API takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.profiles.organisations.domain.codes import COMPANIES, PARTNERS
from shared.focus_areas import read_focus_areas
from shared.sheets.sheet import REASONS
from shared.words.membership import Membership

Cells = Mapping[str, str]

IGNORED = frozenset({"source", REASONS})
"""Columns that may stand there and are not read."""

_NUMBER = re.compile(r"\d{1,9}")


def _text(cell: str) -> str:
    return cell


def _items(cell: str) -> list[str]:
    return [item.strip() for item in cell.split(";") if item.strip()]


def _number(cell: str) -> int | str:
    digits = cell.replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    return int(digits) if digits.isascii() and _NUMBER.fullmatch(digits) else cell


@dataclass(frozen=True)
class Column:
    """One column: the part of the profile and the field that its cells fill, how a cell is read, and what it means.

    `part` is "" for the profile itself, `offer` for its one capability or need, or `contact`. An empty cell of a
    `basic` column empties the field; an empty cell of another column leaves the field as it is.
    """

    name: str
    meaning: str
    part: str = ""
    field: str = ""
    read: Callable[[str], Any] = _text
    basic: bool = False

    @property
    def target(self) -> str:
        """The field's name."""
        return self.field or self.name


_CONTACT = (
    Column("contact_name", "who to write to", "contact", "name"),
    Column("contact_email", "mail address; the other contact columns need it", "contact", "email"),
    Column("contact_phone", "telephone", "contact", "phone"),
    Column("contact_language", "language of mails, such as sv or en", "contact", "language"),
)
_BOTH = (
    Column("partnership_kinds", "list: distribution, pilot, research …", read=_items),
    Column("languages", "list of language codes spoken", read=_items),
    Column("employees", "whole number", read=_number),
    Column("capacity", "introductions it can take in twelve months", read=_number),
)

_COMPANIES = (
    Column("id", "letters, digits, dots, dashes; when empty it is derived from name and country", basic=True),
    Column("name", "required", basic=True),
    Column("country", "in English, such as Sweden", basic=True),
    Column("city", "", basic=True),
    Column("website", "such as example.org", basic=True),
    Column("kind", "such as manufacturer, digital, care provider, consultant", basic=True),
    Column("language", "language of the description, such as sv", basic=True),
    Column("description", "required: what the company offers", "offer", "text", basic=True),
    Column(
        "focus_areas", "list of codes; empty: inferred from the description", "offer", read=_items, basic=True
    ),
    Column("membership", f"one of {', '.join(Membership)}"),
    Column("regulatory_status", "list: CE, MDR, FDA …", "offer", read=_items),
    Column("evidence", "studies and results", "offer"),
    Column("stage", "how ready it is, such as in use or pilot", "offer"),
    Column("markets", "list of countries it wants to sell in", read=_items),
    Column("excluded_markets", "list of countries it does not sell in", read=_items),
    *_BOTH,
    Column("not_to_meet", "list of partner ids", read=_items),
    Column("existing_customers", "list of partner ids or names", read=_items),
    *_CONTACT,
)
_PARTNERS = (
    Column("id", "letters, digits, dots, dashes; when empty it is derived from name and country", basic=True),
    Column("name", "required", basic=True),
    Column("country", "in English, such as Norway", basic=True),
    Column("kind", "such as hospital, ministry, distributor, insurer", basic=True),
    Column("language", "language of the need, such as no", basic=True),
    Column("need", "required: what the partner looks for", "offer", "text", basic=True),
    Column("focus_areas", "list of codes; empty: inferred from the need", "offer", read=_items, basic=True),
    Column("description", "what the partner is"),
    Column("city", ""),
    Column("website", "such as example.org"),
    *_BOTH,
    Column("not_to_meet", "list of company ids", read=_items),
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


def fields_of_row(kind: str, cells: Cells, stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields that a row asks for, as the API takes them, on top of what a client has set before.

    `stored` are the fields of the profile that is there, None when there is none. The file's words on the one offer are
    left out when the profile has several, or another one: see `offers_differ`.
    """
    fields: dict[str, Any] = dict(stored or {})
    given: dict[str, dict[str, Any]] = {"": {}, "offer": {}, "contact": {}}
    for name, column in COLUMNS[kind].items():
        cell = cells.get(name)
        if name != "id" and cell is not None and (cell or column.basic):
            given[column.part][column.target] = column.read(cell)
    fields.update(given[""])
    if kind == COMPANIES and "description" in cells:
        fields["description"] = cells["description"]
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
FILE is CSV (UTF-8, UTF-16 or Windows-1252; separated by comma, semicolon or tab) or XLSX (its first sheet).
The first row names the columns, in any order and case. Lists are separated by ; inside their cell.
Focus areas: {", ".join(read_focus_areas())}.

{_help(COMPANIES)}

{_help(PARTNERS)}

A row whose id is known changes that profile; the same file twice changes nothing. Columns that the file
lacks, and empty cells of the columns from membership or description (of partners) on, leave what is there.
The columns source and reasons are not read; others are named in a warning. A row that cannot be taken stops
no other: it goes to NAME.rejected.csv with its reasons, to be mended and imported again.
"""
"""What `handslag import --help` says about files."""
