"""Texts as pages show them: quotes marked, moments in the reader's way of writing them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from flask_babel import format_datetime, format_decimal
from markupsafe import Markup, escape

from services.matching.reports.domain.report import Match
from shared.clock import from_text


def marked(text: str, quotes: Iterable[str]) -> Markup:
    """Return a text with the first place of each quote in `<mark>`; quotes that overlap are marked as one."""
    spans = sorted(
        (text.find(quote), text.find(quote) + len(quote)) for quote in set(quotes) if quote and quote in text
    )
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    out, last = [], 0
    for start, end in joined:
        out += [escape(text[last:start]), Markup("<mark>%s</mark>") % text[start:end]]
        last = end
    return Markup().join([*out, escape(text[last:])])


def quotes_of(match: Match, side: Literal["need", "company"]) -> list[str]:
    """Return the words of one side that a match's parts quote."""
    quotes = [quote for part in match.parts for quote in part.quotes]
    words = [quote.need if side == "need" else quote.company for quote in quotes]
    return [one for one in words if one]


def moment(text: str | None) -> str:
    """Write a stored moment for people, in UTC; nothing for nothing."""
    return f"{format_datetime(from_text(text), 'd MMM y HH:mm')} UTC" if text else ""


def number(value: float) -> str:
    """Write a number of at most two decimals for people."""
    return str(format_decimal(value, "0.##"))
