"""Introductions as mails tell of them, read from the states that events carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.notifications.contacts.domain.contact import Side

APPROVED = "approved"
"""The only status of an introduction in which mails tell of it; matching, which owns introductions, has others."""

ERASED = "erased"
"""The status of an introduction one side of which is erased."""

SUPPLIER, STUDY_VISIT_HOST = "supplier", "study_visit_host"
"""Roles that a company is introduced in; the first where none is said."""

TENDER_OPEN, MARKET_DIALOGUE = "tender_open", "market_dialogue"
"""Stages of procurement in which nobody is met alone, the strictest first; matching, which owns them, has others."""

NO_SENTENCES: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class Organisation:
    """One side of an introduction as it stood when staff approved it."""

    id: str
    name: str
    country: str = ""
    website: str = ""
    text: str = ""


@dataclass(frozen=True)
class Introduction:
    """An approved match; `reasons` and `questions` are sentences by language (sv, en).

    `distributors` alone sell for the company in the partner's country; one whose name is not told is empty.
    """

    id: str
    status: str
    request_id: str
    role: str
    company: Organisation
    partner: Organisation
    approval_id: str
    approval_size: int
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NO_SENTENCES)
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NO_SENTENCES)
    stage: str = ""
    distributors: tuple[str, ...] = ()

    def of(self, side: Side) -> Organisation:
        """Return the organisation on a side."""
        return self.company if side is Side.COMPANY else self.partner


def is_erased(state: Mapping[str, Any]) -> bool:
    """Tell whether either side of an introduction's event state is erased."""
    return any(state[side].get("erased_at") for side in Side)


def introduction_from_state(state: Mapping[str, Any]) -> Introduction:
    """Read an introduction from its event state (shape: shared.events.states.Introduction).

    Its status is `ERASED` where a side is erased: no mail tells of it any more.
    """
    return Introduction(
        id=state["id"],
        status=ERASED if is_erased(state) else state["status"],
        request_id=state["request_id"],
        role=state.get("role") or SUPPLIER,
        company=_organisation(state["company"]),
        partner=_organisation(state["partner"]),
        approval_id=state["approval"]["id"],
        approval_size=state["approval"]["size"],
        reasons=_sentences(state.get("reasons") or {}),
        questions=_sentences(state.get("questions") or {}),
        stage=state["approval"].get("procurement_stage") or "",
        distributors=tuple(state["company"].get("distributors") or ()),
    )


def _organisation(state: Mapping[str, Any]) -> Organisation:
    plain = {name: state.get(name) or "" for name in ("country", "website", "text")}
    return Organisation(state["id"], state["name"], **plain)


def _sentences(state: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {language: tuple(sentences) for language, sentences in state.items()}
