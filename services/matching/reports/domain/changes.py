"""What a version of a report changed beside the one before: ids and codes, no organisation's words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any

from services.matching.reports.domain.comparison import Moved, Placed, compare, placed_in_report
from services.matching.reports.domain.report import Match, Report


class Cause(StrEnum):
    """Why a version of a report says something else; `REBUILT`: what the version before said is not known."""

    COMPANY = "company"
    PARTNER = "partner"
    REQUEST = "request"
    POLICY = "policy"
    TEXT_ENGINE = "text_engine"
    ERASED = "erased"
    REBUILT = "rebuilt"


def changes_between(
    before: Report, after: Report, version_before: int, touched: Collection[str] = ()
) -> dict[str, Any]:
    """Return what the report `after` says otherwise than `before`, as plain dicts and lists.

    `touched` are the ids of companies that are known to have changed in between; others are found by their versions.
    Keys: `from_version`, `causes` (each with a `code`), `entered`, `left`, `moved`, `rescored` (matches by place, from
    1, within need and role), `questions` (how many were answered and asked a match), `flags` (codes gone and added a
    match), `excluded` and `readmitted` (company and code), `covered` and `uncovered` (need ids).
    """
    differences = compare(placed_in_report(before), placed_in_report(after))
    old, new = ({match.id: match for match in side.matches} for side in (before, after))
    kept = [id for id in new if id in old]
    excluded = [{(one.company.id, one.code) for one in side.excluded} for side in (before, after)]
    covered = [{need.id for need in side.needs if need.covered} for side in (before, after)]
    there = {need.id for need in after.needs}
    return {
        "from_version": version_before,
        "causes": _causes(before, after, touched),
        "entered": [_placed(one) for one in differences.entered],
        "left": [_placed(one) for one in differences.left],
        "moved": [_moved(one) for one in differences.moved],
        "rescored": [_moved(one) for one in differences.rescored],
        "questions": _each(
            kept, old, new, lambda match: match.questions["en"], ("answered", "asked"), counted=True
        ),
        "flags": _each(kept, old, new, lambda match: [flag.code for flag in match.flags], ("gone", "added")),
        "excluded": _codes(excluded[1] - excluded[0]),
        "readmitted": _codes(excluded[0] - excluded[1]),
        "covered": sorted(covered[1] - covered[0]),
        "uncovered": sorted((covered[0] - covered[1]) & there),
    }


def unknown_changes(version_before: int, code: Cause, **about: Any) -> dict[str, Any]:
    """Return a change of which only the cause is known: rebuilt, or erased with the company's id."""
    lists: dict[str, Any] = {name: [] for name in LISTS}
    return {"from_version": version_before, "causes": [{"code": code, **about}], **lists}


LISTS = (
    "entered", "left", "moved", "rescored", "questions", "flags", "excluded", "readmitted", "covered", "uncovered",
)  # fmt: skip
"""The lists of a change, beside its causes."""


def companies_of(change: Mapping[str, Any]) -> set[str]:
    """Return the ids of the companies that a change names."""
    named = [one for name in LISTS for one in change[name] if isinstance(one, dict)]
    return {one["company_id"] for one in (*named, *change["causes"]) if "company_id" in one}


def _causes(before: Report, after: Report, touched: Collection[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    versions = [
        (Cause.POLICY, before.policy_version, after.policy_version),
        (Cause.REQUEST, before.request_version, after.request_version),
        (Cause.PARTNER, before.partner.version, after.partner.version),
    ]
    found += [{"code": code, "version": new} for code, old, new in versions if old != new]
    if before.text_engine != after.text_engine:
        found.append({"code": Cause.TEXT_ENGINE})
    old, new = (
        {match.company.id: match.company.version for match in side.matches} for side in (before, after)
    )
    changed = {id for id, version in new.items() if old.get(id, version) != version} | set(touched)
    found += [{"code": Cause.COMPANY, "company_id": id} for id in sorted(changed)]
    return found


def _each(
    ids: Collection[str],
    old: Mapping[str, Match],
    new: Mapping[str, Match],
    said: Callable[[Match], Collection[str]],
    names: tuple[str, str],
    counted: bool = False,
) -> list[dict[str, Any]]:
    """Return what is gone from and what is new in the matches that say something else, or how much of each."""
    found = []
    for id in ids:
        gone, added = (set(said(old[id])) - set(said(new[id])), set(said(new[id])) - set(said(old[id])))
        if gone or added:
            match = {"company_id": new[id].company.id, "need_id": new[id].need_id}
            pair = (len(gone), len(added)) if counted else (sorted(gone), sorted(added))
            found.append({**match, **dict(zip(names, pair, strict=True))})
    return found


def _codes(pairs: Collection[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"company_id": company_id, "code": code} for company_id, code in sorted(pairs)]


def _placed(one: Placed) -> dict[str, Any]:
    return {
        "company_id": one.company_id, "need_id": one.need_id, "role": one.role, "place": one.place,
        "score": one.score,
    }  # fmt: skip


def _moved(one: Moved) -> dict[str, Any]:
    return {**_placed(one.after), "place_before": one.before.place, "score_before": one.before.score}
