"""The words that pages show for codes and fields of submissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from services.profiles.i18n import N_
from services.profiles.organisations.domain.codes import COMPANIES, PARTNERS, REQUESTS, ProcurementStage
from services.profiles.submissions.domain.likeness import LikeBy
from services.profiles.submissions.domain.submission import SubmissionStatus
from shared.words.membership import Membership

STATUSES: Mapping[str, str] = {
    SubmissionStatus.WAITING: N_("Waiting"),
    SubmissionStatus.LET_IN: N_("Let in"),
    SubmissionStatus.NOT_TAKEN: N_("Not taken"),
    SubmissionStatus.WITHDRAWN: N_("Withdrawn"),
}
KINDS: Mapping[str, str] = {
    COMPANIES: N_("Company"),
    PARTNERS: N_("Foreign organisation"),
    REQUESTS: N_("Match request"),
}
REASONS: Mapping[str, str] = {
    LikeBy.SAME_NAME: N_("the same name"),
    LikeBy.WEBSITE: N_("the same website"),
    LikeBy.MAIL: N_("a mail address of the same domain"),
    LikeBy.SIMILAR_NAME: N_("a similar name"),
}
MEMBERSHIPS: Mapping[str, str] = {
    Membership.NETWORK: N_("Network, not a member"),
    Membership.MEMBER: N_("Member"),
    Membership.SMALL_MEMBER: N_("Small member"),
    Membership.INSTITUTION: N_("Institution"),
    Membership.LAPSED: N_("Lapsed member"),
}
STAGES: Mapping[str, str] = {
    ProcurementStage.NONE: N_("No procurement"),
    ProcurementStage.EXPLORING: N_("Exploring"),
    ProcurementStage.MARKET_DIALOGUE: N_("Market dialogue"),
    ProcurementStage.TENDER_OPEN: N_("Tender open"),
}
VALUES: Mapping[str, Mapping[str, str]] = {"procurement_stage": STAGES, "membership": MEMBERSHIPS}
"""The words for the codes of a field."""
FIELDS: Mapping[str, str] = {
    "name": N_("Name"),
    "country": N_("Country"),
    "city": N_("City"),
    "website": N_("Website"),
    "kind": N_("Kind"),
    "language": N_("Language of the texts"),
    "description": N_("Description"),
    "capabilities": N_("What it offers"),
    "needs": N_("What it looks for"),
    "need": N_("What it looks for"),
    "focus_areas": N_("Focus areas"),
    "contact": N_("Contact"),
    "email": N_("Mail address"),
    "phone": N_("Telephone"),
    "not_to_meet": N_("Not to meet"),
    "markets": N_("Markets"),
    "excluded_markets": N_("Markets it does not sell in"),
    "exclusive_distributors": N_("Exclusive distributors"),
    "partnership_kinds": N_("Kinds of partnership"),
    "languages": N_("Languages"),
    "employees": N_("Employees"),
    "capacity": N_("Introductions in twelve months"),
    "existing_customers": N_("Existing customers"),
    "competitors": N_("Competitors"),
    "title": N_("Title"),
    "text": N_("Text"),
    "requirements": N_("Requirements"),
    "regulatory_status": N_("Approvals"),
    "evidence": N_("Evidence"),
    "stage": N_("Stage"),
    "references": N_("References"),
    "must_haves": N_("Must have"),
    "procurement_stage": N_("Procurement"),
    "visit_from": N_("First day of a visit"),
    "visit_to": N_("Last day of a visit"),
    "visit_id": N_("Visit that it names"),
    "partner_id": N_("Organisation that it names"),
    "partner": N_("Organisation"),
    "membership": N_("Membership"),
    "record_id": N_("Record"),
    "record_version": N_("Version of the record"),
    "fields": N_("What is ticked"),
    "reason": N_("Reason"),
}


def word(words: Mapping[str, str], code: str) -> str:
    """Return the reader's word for a code; a code without one stands for itself."""
    return _(words[code]) if code in words else code


def field_words(fields: Iterable[str]) -> str:
    """Return the reader's words for fields, in one line."""
    return ", ".join(word(FIELDS, name) for name in fields)


def lines_of(value: Any, field: str = "") -> list[str]:
    """Return the value of a field as lines for a page, its codes in the reader's words; nothing said is no line."""
    if value is None or value in ("", [], {}):
        return []
    if isinstance(value, Mapping):
        return [
            f"{word(FIELDS, str(name))}: {', '.join(lines_of(inner, str(name)))}"
            for name, inner in value.items()
            if lines_of(inner, str(name))
        ]
    if isinstance(value, Sequence) and not isinstance(value, str):
        if all(not isinstance(one, Mapping) for one in value):
            return [", ".join(str(one) for one in value)]
        return [_offer(one) for one in value]
    return [word(VALUES.get(field, {}), str(value))]


def _offer(offer: Mapping[str, Any]) -> str:
    title = offer.get("title")
    rest = [
        f"{word(FIELDS, name)}: {', '.join(lines_of(inner, str(name)))}"
        for name, inner in offer.items()
        if name not in ("id", "title", "text") and lines_of(inner, str(name))
    ]
    said = f"{title}: {offer['text']}" if title else str(offer["text"])
    return f"{said} ({'; '.join(rest)})" if rest else said
