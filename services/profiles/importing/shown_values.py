"""What a workbook's cell shows, as text: numbers in their formats, days, escapes."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]')
_PLACES = re.compile(r"[0#?]+(?:,[0#?]+)*")
_MOST_DECIMALS = 15
_EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps; those after them are noughts."""


def shown_text(text: str) -> str:
    """Return a text with its escapes read (ECMA-376 part 1, ST_Xstring) and its line ends as `\\n`."""
    if "_x" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n")


def shown_value(value: object, number_format: str = "General") -> str:
    """Return what a cell of this value and format shows; a number never in powers of ten, a day as `2026-03-02`.

    Thousands stay without a mark between them, for each language has another one.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, number_format)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return shown_text(str(value))


def _number(value: int | float, number_format: str) -> str:
    number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    if not number.is_finite():
        return str(value)
    sections = number_format.split(";")
    section = sections[1] if number < 0 and len(sections) > 1 and sections[1].strip() else sections[0]
    shown = _in_format(abs(number), section)
    if shown is None:
        return _plain(number)
    minus = number < 0 and not (len(sections) > 1 and sections[1].strip())
    return f"-{shown}" if minus else shown


def _plain(number: Decimal) -> str:
    """Write a number with all its digits, without noughts after them."""
    digits = f"{number:.{_EXACT_DIGITS}g}" if number.adjusted() < _EXACT_DIGITS else f"{number:f}"
    shown = f"{Decimal(digits):f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _in_format(number: Decimal, section: str) -> str | None:
    """Write a number as a format's section asks; None for formats that say nothing of its digits."""
    literals: list[str] = []

    def aside(found: re.Match[str]) -> str:
        literals.append(found[1] if found[1] is not None else found[2] or "")
        return "\0"

    plain = _LITERAL.sub(aside, section)
    if re.search(r"[A-Za-z@]|/|E[+-]", plain.replace("\0", "")):
        return None
    whole, point, fraction = plain.partition(".")
    decimals = sum(sign in "0#?" for sign in fraction)
    if not re.search("[0#?]", whole) or decimals > _MOST_DECIMALS or "?" in plain:
        return None
    if re.search(r"[0#],+(?![0#,])", whole):  # a comma at the end divides by a thousand
        return None
    number = number * 100 if "%" in plain else number
    rounded = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    digits, _, rest = f"{rounded:f}".partition(".")
    optional = len(fraction) - len(fraction.rstrip("#\0%) ")) if decimals else 0
    rest = _without_optional(rest, fraction[: len(fraction)] if optional else "")
    return _filled(whole, digits, literals) + (f".{rest}" if rest else "") + _tail(fraction, point, literals)


def _without_optional(rest: str, fraction: str) -> str:
    least = sum(sign == "0" for sign in fraction) if fraction else len(rest)
    while len(rest) > least and rest.endswith("0"):
        rest = rest[:-1]
    return rest


def _filled(whole: str, digits: str, literals: list[str]) -> str:
    """Put digits into the places of a format from the right; further ones stand before its first place."""
    taken = iter(literals)
    signs = [next(taken) if sign == "\0" else sign for sign in whole]
    is_place = [sign != "\0" and one in "0#?" for sign, one in zip(whole, signs, strict=True)]
    first = is_place.index(True)
    # The digits of nought are none where every place is optional.
    left = list(digits)
    out: list[str] = []
    for place in range(len(signs) - 1, -1, -1):
        if not is_place[place]:
            if whole[place] != ",":
                out.append(signs[place])
            continue
        if left:
            out.append(left.pop())
        elif signs[place] == "0":
            out.append("0")
        if place == first:
            out.extend(reversed(left))
            left = []
    return "".join(reversed(out)).strip()


def _tail(fraction: str, point: str, literals: list[str]) -> str:
    if not point:
        return ""
    after = literals[len(literals) - fraction.count("\0") :] if "\0" in fraction else []
    taken = iter(after)
    return "".join(next(taken) if sign == "\0" else sign for sign in fraction if sign not in "0#?").rstrip()
