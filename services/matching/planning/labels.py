"""The words that the pages of plans use for codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext

from services.matching.i18n import N_
from services.matching.planning.domain.capacities import Full
from services.matching.planning.domain.introducing import ALREADY_INTRODUCED, INTRODUCED, REJECTED
from services.matching.scoring.domain.flags import FlagCode

FULL_WORDS: Mapping[str, str] = {
    Full.COMPANY: N_("the company has no introduction left"),
    Full.REQUEST: N_("the request has all it takes"),
    Full.PARTNER: N_("the organisation has all it takes"),
    Full.MET: N_("they meet for another request of the organisation"),
}
BAR_WORDS: Mapping[str, str] = {
    INTRODUCED: N_("introduced for this request already"),
    ALREADY_INTRODUCED: N_("introduced to each other not long ago"),
    FlagCode.TENDER_OPEN: N_("the tender is open: no one-to-one meetings"),
    FlagCode.EXISTING_CUSTOMER: N_("a customer already"),
    FlagCode.COMPETITOR: N_("seen as a competitor"),
    REJECTED: N_("rejected by staff"),
}


def full_words(codes: Sequence[str]) -> str:
    """Say what is full for a pair, in the language of the page."""
    return "; ".join(str(gettext(FULL_WORDS[code])) if code in FULL_WORDS else code for code in codes)


def bar_word(code: str) -> str:
    """Say what bars a pair, in the language of the page."""
    return str(gettext(BAR_WORDS[code])) if code in BAR_WORDS else code
