"""What stays of introductions and reports when one side is erased: the decision, without its name and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.matching.organisations.domain.wording import LANGUAGES

ERASED_NAME = "erased organisation"
"""What stands in place of a name; pages say it in the reader's language."""

State = dict[str, Any]


def without_side(state: Mapping[str, Any], side: str, sent: bool, at: str) -> State:
    """Give an introduction's next state with one side (`company` or `partner`) erased.

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


def without_company(content: Mapping[str, Any], company_id: str, version: int, at: str) -> State:
    """Give a report's content with a company erased, as far as it stands there as of `version` or before."""

    def is_it(company: Mapping[str, Any]) -> bool:
        return bool(company["id"] == company_id and company.get("version", 0) <= version)

    return {
        **content,
        "matches": [_match(match, at) if is_it(match["company"]) else match for match in content["matches"]],
        "excluded": [
            {**one, "company": _company(one["company"], at), "reason": dict.fromkeys(LANGUAGES, "")}
            if is_it(one["company"])
            else one
            for one in content["excluded"]
        ],
    }


def names_company(content: Mapping[str, Any], company_id: str, version: int) -> bool:
    """Say whether a report's content holds words of a company as of `version` or before."""
    return any(
        one["company"]["id"] == company_id
        and one["company"].get("version", 0) <= version
        and not one["company"].get("erased_at")
        for part in ("matches", "excluded")
        for one in content[part]
    )


def _match(match: Mapping[str, Any], at: str) -> State:
    nothing: State = {language: [] for language in LANGUAGES}
    return {
        **match,
        "company": _company(match["company"], at),
        "parts": [{**part, "quotes": [], "missing": dict.fromkeys(LANGUAGES, "")} for part in match["parts"]],
        "reasons": nothing,
        "questions": nothing,
        "flags": [],
    }


def _company(company: Mapping[str, Any], at: str) -> State:
    kept = {name: value for name, value in company.items() if name in ("id", "version", "membership")}
    return {**dict.fromkeys(company, ""), **kept, "name": ERASED_NAME, "erased_at": at}
