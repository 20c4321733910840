"""What a stage of procurement asks of introductions: that nobody gets more, or sooner, than the others."""

from __future__ import annotations

from services.matching.organisations.domain.free_words import code_of
from services.matching.organisations.domain.model import MatchRequest

MARKET_DIALOGUE, TENDER_OPEN = "market_dialogue", "tender_open"

FEWEST_IN_DIALOGUE = 3
"""Suppliers per need that a market dialogue should meet, so that none is favoured."""


def stage_of(request: MatchRequest) -> str:
    """Return a request's stage as a code, however it was written (`Tender open`, `tender-open`)."""
    return code_of(request.procurement_stage)
