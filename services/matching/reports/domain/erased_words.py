"""What stays of a report when a company in it is erased: its matches, without its name and words."""

from __future__ import annotations

from dataclasses import replace

from services.matching.organisations.domain.wording import LANGUAGES
from services.matching.reports.domain.report import ExcludedCompany, Lines, Match, MatchedCompany, Report

ERASED_NAME = "erased organisation"
"""What stands in place of a name; pages say it in the reader's language."""


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
