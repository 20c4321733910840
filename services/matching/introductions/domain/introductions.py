"""What an approval makes of a report: one introduction per company, with the reasons behind it; what erasing leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.matching.reports.domain.erased_words import ERASED_NAME
from services.matching.reports.domain.report import (
    Lines,
    Match,
    MatchedCompany,
    Report,
    ReportedPartner,
    match_id,
)
from services.matching.scoring.domain.flags import FlagCode
from shared.ids import joined_identifier
from shared.words.membership import Membership

APPROVED, CANCELLED = "approved", "cancelled"
"""The status of an introduction; a match's approval is called the same."""
REJECTED = "rejected"
"""The other decision on a match."""
SENT = "sent"
"""The status of a mail that has been handed over: its introduction cannot be taken back."""

NOT_UNASKED = (
    FlagCode.TENDER_OPEN,
    FlagCode.EXISTING_CUSTOMER,
    FlagCode.ALREADY_INTRODUCED,
    FlagCode.COMPETITOR,
)
"""Flags of matches that only a person would introduce: who may not meet one to one, and who know each other."""


@dataclass(frozen=True)
class Circumstances:
    """What the mails of introductions must not pass over: the stage of procurement, distributors by company id."""

    stage: str = "none"
    distributors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NONE_KNOWN = Circumstances()


def best_matches(report: Report, limit: int = 1) -> list[str]:
    """Choose as a stand-in reviewer would: up to `limit` match ids, members first, then score, company, need.

    A company is chosen once, for the need it fits best, and not where a flag of `NOT_UNASKED` speaks against it.
    """
    ordered = sorted(
        (match for match in report.matches if not any(flag.code in NOT_UNASKED for flag in match.flags)),
        key=lambda match: (
            match.company.membership == Membership.NETWORK,
            -match.score,
            match.company.id,
            match.need_id,
        ),
    )
    chosen: dict[str, str] = {}
    for match in ordered:
        chosen.setdefault(match.company.id, match.id)
    return list(chosen.values())[:limit]


def introduction_id(request_id: str, company_id: str) -> str:
    """Return the id of a company's introduction for a request: always the same, another for any other two.

    An introduction that was made keeps the id it has: look it up by its request and company.
    """
    return joined_identifier(request_id, company_id)


def introductions(
    report: Report,
    match_ids: Sequence[str],
    report_version: int,
    approval_id: str,
    at: str,
    note: str = "",
    earlier: Mapping[str, Mapping[str, Any]] | None = None,
    circumstances: Circumstances = NONE_KNOWN,
) -> list[dict[str, Any]]:
    """Make the states of the introductions (shape: shared.events.states.Introduction) that an approval asks for.

    Matches of one company under several needs become one introduction, with the id of `introduction_id`, in the
    report's order. `at` is RFC 3339; `earlier` are introductions made before on the report, by id: one that was
    cancelled is made again, with its id and the next version. Raises ValueError when no match is named, and when any
    match is unknown, excluded or of a company that is already introduced for the request: it names them all.
    """
    if not match_ids:
        raise ValueError("name at least one match to approve")
    earlier = earlier or {}
    obstacles = [why for one in dict.fromkeys(match_ids) if (why := _obstacle(report, one, earlier))]
    if obstacles:
        raise ValueError(" ".join(obstacles))
    by_company: dict[str, list[Match]] = {}
    for match in report.matches:
        if match.id in set(match_ids):
            by_company.setdefault(match.company.id, []).append(match)
    approval = {"id": approval_id, "size": len(by_company), "at": at, "note": note}
    if circumstances.stage not in {"", "none"}:
        approval["procurement_stage"] = circumstances.stage
    made = [_state(report, matches, report_version, approval, earlier) for matches in by_company.values()]
    for state in made:
        if there := circumstances.distributors.get(state["company"]["id"]):
            state["company"]["distributors"] = list(there)
    return made


def introduced_matches(states: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the company's id by match id, from introductions' states, the cancelled ones apart."""
    return {
        match_id(state["company"]["id"], need_id): state["company"]["id"]
        for state in states
        if state["status"] != CANCELLED
        for need_id in state["need_ids"]
    }


def _obstacle(report: Report, wanted: str, earlier: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Say why a match cannot be introduced, None when nothing stands in the way."""
    for one in report.excluded:
        if wanted == one.match_id:
            return f"{wanted} is excluded: {one.reason['en']}"
    match = next((match for match in report.matches if match.id == wanted), None)
    if match is None:
        return f"The report has no match {wanted}."
    before = _earlier_of(match.company.id, earlier)
    if before is not None and before["status"] != CANCELLED:
        return f"{wanted}: {match.company.name} is already introduced for this request."
    return None


def _state(
    report: Report,
    matches: Sequence[Match],
    report_version: int,
    approval: Mapping[str, Any],
    earlier: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    company, partner = matches[0].company, report.partner
    before = _earlier_of(company.id, earlier)
    need_ids = [match.need_id for match in matches]
    return {
        "id": before["id"] if before else introduction_id(report.request_id, company.id),
        "version": before["version"] + 1 if before else 1,
        "status": APPROVED,
        "updated_at": approval["at"],
        "request_id": report.request_id,
        "report_id": report.request_id,
        "report_version": report_version,
        "role": matches[0].role,
        "company": _side(company, company.website, company.text),
        "partner": _side(partner, "", _needs_text(report, need_ids)),
        "need_ids": need_ids,
        "reasons": _together([match.reasons for match in matches]),
        "questions": _together([match.questions for match in matches]),
        "approval": dict(approval),
    }


def _earlier_of(company_id: str, earlier: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return next((one for one in earlier.values() if one["company"]["id"] == company_id), None)


def _needs_text(report: Report, need_ids: Sequence[str]) -> str:
    """Return the approved needs in the partner's own words, a paragraph each."""
    asked = [need for need in report.needs if need.id in need_ids]
    return "\n\n".join(": ".join(part for part in (need.title, need.text) if part) for need in asked)


def _side(side: MatchedCompany | ReportedPartner, website: str, text: str) -> dict[str, Any]:
    return {
        "id": side.id,
        "version": side.version,
        "name": side.name,
        "country": side.country,
        "website": website or "",
        "text": text,
        "erased_at": None,
    }


def _together(sentences: Sequence[Lines]) -> dict[str, list[str]]:
    """Join sentences by language, each once, in order."""
    languages = dict.fromkeys(language for one in sentences for language in one)
    return {
        language: list(dict.fromkeys(line for one in sentences for line in one.get(language, ())))
        for language in languages
    }


def without_note(state: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Return an introduction's next state without staff's note on its approval."""
    approval = {**state["approval"], "note": ""}
    return {**state, "version": state["version"] + 1, "updated_at": at, "approval": approval}


def without_side(state: Mapping[str, Any], side: str, sent: bool, at: str) -> dict[str, Any]:
    """Return an introduction's next state with one side (`company` or `partner`) erased.

    What quotes both sides goes whole: reasons, questions, distributors, the note. One of which no mail was `sent` is
    cancelled.
    """
    gone = {"id": state[side]["id"], "version": state[side]["version"], "name": ERASED_NAME}
    return {
        **state,
        "version": state["version"] + 1,
        "status": state["status"] if sent else CANCELLED,
        "updated_at": at,
        "company": {name: told for name, told in state["company"].items() if name != "distributors"},
        side: {**gone, "country": "", "website": "", "text": "", "erased_at": at},
        "reasons": {},
        "questions": {},
        "approval": {**state["approval"], "note": ""},
    }
