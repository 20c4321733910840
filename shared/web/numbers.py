"""Whole numbers in addresses and forms: what is none, or beyond its bounds, never reaches a database."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**53
"""The largest version or count that is read; databases and browsers keep it exactly."""
LAST_PAGE = 1_000_000
LONGEST = 20
"""Characters of a number; more are not looked at."""


def whole_number(
    values: MultiDict[str, str], name: str, standard: int, least: int = 0, most: int = LARGEST
) -> int:
    """Return the whole number that a field says; `standard` where it says none from `least` to `most`."""
    said = values.get(name, "").strip()
    if not said or len(said) > LONGEST or not (said.isascii() and said.removeprefix("-").isdecimal()):
        return standard
    number = int(said)
    return number if least <= number <= most else standard


def page_number(values: MultiDict[str, str]) -> int:
    """Return the page that an address asks for, 1 to 1,000,000; the first where it says none."""
    return whole_number(values, "page", 1, 1, LAST_PAGE)


class _BoundedInteger(IntegerConverter):
    """`<int:NAME>` in a route: a larger number than a database keeps is an address that is not there."""

    def __init__(self, map: Map, **options: object) -> None:
        super().__init__(map, **{"max": LARGEST, **options})  # type: ignore[arg-type]


def bound_integers(addresses: Map) -> None:
    """Have the routes of an app that are added from now on take no larger numbers than `LARGEST`."""
    addresses.converters = {**addresses.converters, "int": _BoundedInteger}
