"""The words that pages use for codes; a code that is not here is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext

from services.matching.i18n import say

ROLES: Mapping[str, str] = {
    "supplier": say("Supplier"),
    "study_visit_host": say("Study-visit host"),
    "knowledge_partner": say("Knowledge partner"),
}
VERDICTS: Mapping[str, str] = {
    "matches": say("Matches"),
    "no_good_match": say("No good match"),
    "": say("Not made yet"),
}
STATUSES: Mapping[str, str] = {
    "open": say("Open"),
    "closed": say("Closed"),
    "withdrawn": say("Withdrawn"),
    "unknown": say("Unknown"),
}
PARTS: Mapping[str, str] = {
    "areas": say("Focus areas"),
    "concepts": say("Asked for and offered"),
    "text": say("Wording"),
    "kind": say("Kind of organisation"),
    "cap": say("Capped: little use to the company"),
}
SIDES: Mapping[str, str] = {"company": say("the company"), "partner": say("the partner")}
DELIVERIES: Mapping[str, str] = {
    "waiting": say("waiting for a contact"),
    "queued": say("in the queue"),
    "sent": say("sent"),
    "failed": say("failed"),
    "cancelled": say("cancelled"),
}
INTRODUCTIONS: Mapping[str, str] = {"approved": say("Introduced"), "cancelled": say("Introduction cancelled")}
DECISIONS: Mapping[str, str] = {"approved": say("Approved"), "rejected": say("Rejected")}
EXCLUSIONS: Mapping[str, str] = {
    "withdrawn": say("Has left the register"),
    "company_declines": say("The company does not want to meet them"),
    "partner_declines": say("They do not want to meet the company"),
    "excluded_market": say("The company has ruled out the country"),
    "outside_markets": say("The country is not among the company's markets"),
    "regulatory_status_missing": say("A required regulatory status is missing"),
}
OUTCOMES: Mapping[str, str] = {
    "suggested": say("Suggested"),
    "introduced": say("Introduced"),
    "rejected": say("Rejected"),
    "not_chosen": say("Not chosen"),
}

ALL: Mapping[str, Mapping[str, str]] = {
    "roles": ROLES,
    "verdicts": VERDICTS,
    "statuses": STATUSES,
    "parts": PARTS,
    "sides": SIDES,
    "deliveries": DELIVERIES,
    "introductions": INTRODUCTIONS,
    "decisions": DECISIONS,
    "exclusions": EXCLUSIONS,
    "outcomes": OUTCOMES,
}


def word(group: str, code: str) -> str:
    """Give the word for a code in the language of the page."""
    text = ALL[group].get(code)
    return code if text is None else str(gettext(text))
