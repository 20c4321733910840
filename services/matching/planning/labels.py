"""The words that the pages of plans use for codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext

from services.matching.i18n import N_

FULL: Mapping[str, str] = {
    "company": N_("the company has no introduction left"),
    "request": N_("the request has all it takes"),
    "partner": N_("the organisation has all it takes"),
    "met": N_("they meet for another request of the organisation"),
}
BARS: Mapping[str, str] = {
    "introduced": N_("introduced for this request already"),
    "already_introduced": N_("introduced to each other not long ago"),
    "tender_open": N_("the tender is open: no one-to-one meetings"),
    "existing_customer": N_("a customer already"),
    "competitor": N_("seen as a competitor"),
    "rejected": N_("rejected by staff"),
}


def full_words(codes: Sequence[str]) -> str:
    """Say what is full for a pair, in the language of the page."""
    return "; ".join(str(gettext(FULL[code])) if code in FULL else code for code in codes)


def bar_word(code: str) -> str:
    """Say what bars a pair, in the language of the page."""
    return str(gettext(BARS[code])) if code in BARS else code
