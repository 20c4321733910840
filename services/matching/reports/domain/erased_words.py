"""What stays of introductions and reports when one side is erased: the decision, without its name and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.matching.organisations.domain.wording import LANGUAGES
from services.matching.reports.domain.report import ExcludedCompany, Lines, Match, MatchedCompany, Report

ERASED_NAME = "erased organisation"
"""What stands in place of a name; pages say it in the reader's language."""


def without_side(state: Mapping[str, Any], side: str, sent: bool, at: str) -> dict[str, Any]:
    """Return an introduction's next state with one side (`company` or `partner`) erased.

    What quotes both sides goes whole: reasons, questions, the note. One of which no mail was `sent` is cancelled.
    """
    gone = {"id": state[side]["id"], "version": state[side]["version"], "name": ERASED_NAME}
    return {
        **state,
        "version": state["version"] + 1,
        "status": state["status"] if sent else "cancelled",
        "updated_at": at,
        side: {**gone, "country": "", "website": "", "text": "", "erased_at": at},
        "reasons": {},
        "questions": {},
        "approval": {**state["approval"], "note": ""},
    }


def without_company(report: Report, company_id: str, version: int, at: str) -> Report:
    """Return a report with a company erased, as far as it stands there as of `version` or before."""
    return replace(
        report,
        matches=tuple(
            _without_words(match, at)
            if match.company.id == company_id and match.company.version <= version
            else match
            for match in report.matches
        ),
        excluded=tuple(
            replace(
                one,
                company=ExcludedCompany(company_id, ERASED_NAME, at),
                reason=dict.fromkeys(LANGUAGES, ""),
            )
            if one.company.id == company_id
            else one
            for one in report.excluded
        ),
    )


def names_company(report: Report, company_id: str, version: int) -> bool:
    """Say whether a report holds words of a company as of `version` or before."""
    return any(
        match.company.id == company_id and match.company.version <= version and not match.company.erased_at
        for match in report.matches
    ) or any(one.company.id == company_id and not one.company.erased_at for one in report.excluded)


def _without_words(match: Match, at: str) -> Match:
    nothing: Lines = dict.fromkeys(LANGUAGES, ())
    company = match.company
    return replace(
        match,
        company=MatchedCompany(
            id=company.id,
            version=company.version,
            name=ERASED_NAME,
            country="",
            city="",
            website="",
            kind="",
            membership=company.membership,
            text="",
            erased_at=at,
        ),
        parts=tuple(replace(part, quotes=(), missing=dict.fromkeys(LANGUAGES, "")) for part in match.parts),
        reasons=nothing,
        questions=nothing,
        flags=(),
    )
