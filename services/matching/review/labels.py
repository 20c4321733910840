"""The words that pages use for codes; a code that is not here is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext

from services.matching.i18n import N_
from services.matching.introductions.domain.introductions import APPROVED, CANCELLED, REJECTED
from services.matching.organisations.domain.model import CLOSED, OPEN, WITHDRAWN
from services.matching.reports.domain.verdict import MATCHES, NO_GOOD_MATCH

ROLES: Mapping[str, str] = {
    "supplier": N_("Supplier"),
    "study_visit_host": N_("Study-visit host"),
    "knowledge_partner": N_("Knowledge partner"),
}
VERDICTS: Mapping[str, str] = {
    MATCHES: N_("Matches"),
    NO_GOOD_MATCH: N_("No good match"),
    "": N_("Not made yet"),
}
STATUSES: Mapping[str, str] = {
    OPEN: N_("Open"),
    CLOSED: N_("Closed"),
    WITHDRAWN: N_("Withdrawn"),
    "unknown": N_("Unknown"),
}
PARTS: Mapping[str, str] = {
    "areas": N_("Focus areas"),
    "concepts": N_("Asked for and offered"),
    "text": N_("Wording"),
    "kind": N_("Kind of organisation"),
    "cap": N_("Capped: little use to the company"),
}
SIDES: Mapping[str, str] = {"company": N_("the company"), "partner": N_("the partner")}
DELIVERIES: Mapping[str, str] = {
    "waiting": N_("waiting for a contact"),
    "queued": N_("in the queue"),
    "sent": N_("sent"),
    "failed": N_("failed"),
    "cancelled": N_("cancelled"),
}
INTRODUCTIONS: Mapping[str, str] = {APPROVED: N_("Introduced"), CANCELLED: N_("Introduction cancelled")}
DECISIONS: Mapping[str, str] = {APPROVED: N_("Approved"), REJECTED: N_("Rejected")}
EXCLUSIONS: Mapping[str, str] = {
    "withdrawn": N_("Has left the register"),
    "company_declines": N_("The company does not want to meet them"),
    "partner_declines": N_("They do not want to meet the company"),
    "excluded_market": N_("The company has ruled out the country"),
    "outside_markets": N_("The country is not among the company's markets"),
    "regulatory_status_missing": N_("A required regulatory status is missing"),
}
OUTCOMES: Mapping[str, str] = {
    "suggested": N_("Suggested"),
    "introduced": N_("Introduced"),
    "rejected": N_("Rejected"),
    "not_chosen": N_("Not chosen"),
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
    """Return the word for a code in the language of the page."""
    text = ALL[group].get(code)
    return code if text is None else str(gettext(text))
