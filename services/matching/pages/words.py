"""The words that pages use for codes; a code that is not here is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

ROLES: Mapping[str, Any] = {
    "supplier": _("Supplier"),
    "study_visit_host": _("Study-visit host"),
    "knowledge_partner": _("Knowledge partner"),
}
VERDICTS: Mapping[str, Any] = {
    "matches": _("Matches"),
    "no_good_match": _("No good match"),
    "": _("Not made yet"),
}
STATUSES: Mapping[str, Any] = {
    "open": _("Open"),
    "closed": _("Closed"),
    "withdrawn": _("Withdrawn"),
    "unknown": _("Unknown"),
}
PARTS: Mapping[str, Any] = {
    "areas": _("Focus areas"),
    "concepts": _("Asked for and offered"),
    "text": _("Wording"),
    "kind": _("Kind of organisation"),
    "cap": _("Capped: little use to the company"),
}
SIDES: Mapping[str, Any] = {"company": _("the company"), "partner": _("the partner")}
DELIVERIES: Mapping[str, Any] = {
    "waiting": _("waiting for a contact"),
    "queued": _("in the queue"),
    "sent": _("sent"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
}
INTRODUCTIONS: Mapping[str, Any] = {"approved": _("Introduced"), "cancelled": _("Introduction cancelled")}
DECISIONS: Mapping[str, Any] = {"approved": _("Approved"), "rejected": _("Rejected")}

ALL: Mapping[str, Mapping[str, Any]] = {
    "roles": ROLES,
    "verdicts": VERDICTS,
    "statuses": STATUSES,
    "parts": PARTS,
    "sides": SIDES,
    "deliveries": DELIVERIES,
    "introductions": INTRODUCTIONS,
    "decisions": DECISIONS,
}


def word(group: str, code: str) -> str:
    """Give the word for a code in the language of the page."""
    return str(ALL[group].get(code, code))
