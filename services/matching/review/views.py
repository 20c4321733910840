"""Reports and introductions as API and pages show them: with what staff decided and what became of the mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.introductions.actions import deliveries_of
from services.matching.introductions.lifting import lifted_view
from services.matching.introductions.store import Review
from services.matching.organisations.store import projection
from services.matching.organisations.store.projection import Stored
from services.matching.reports.store import reports
from services.matching.review.comparison_views import disagreements_view, latest_change_view
from shared.storage import rows


def report_view(connection: Connection, request_id: str) -> dict[str, Any] | None:
    """Give a report's content with `version`, `status`, `made_at`, `stale_since` and `failure`, or None.

    Each match has beside its content `review` (the latest decision or None), `introduction` (id, version, status,
    `for_this_need`; or None) and `deliveries` (id, side, status, reason, updated_at). `lifted` are the exclusions that
    staff lifted: company (id, name), code, reason, at. `disagreements` and `changes` are as `comparing` gives them.
    """
    report = reports.get_report(connection, request_id)
    if report is None:
        return None
    made = {one.state["company"]["id"]: one for one in decisions.introductions_of(connection, request_id)}
    latest = {review.match_id: review for review in decisions.reviews_of(connection, request_id)}
    mails = deliveries_of(connection, request_id)
    matches = [
        {
            **match,
            "review": _review(latest.get(match["id"])),
            "introduction": _introduction(made.get(match["company"]["id"]), match["need_id"]),
            "deliveries": _mails(made.get(match["company"]["id"]), mails),
        }
        for match in report.content["matches"]
    ]
    return {
        **report.content,
        "matches": matches,
        "lifted": lifted_view(connection, request_id),
        "disagreements": disagreements_view(connection, request_id, report.content, latest),
        "changes": latest_change_view(connection, request_id, report.version),
        "version": report.version,
        "status": report.status,
        "made_at": report.made_at,
        "stale_since": report.stale_since,
        "failure": report.failure,
    }


def with_erased_named(view: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give a report in which erased companies are called `name`: a reader's own words for it."""

    def called(one: Mapping[str, Any]) -> Mapping[str, Any]:
        erased = one["company"].get("erased_at")
        return {**one, "company": {**one["company"], "name": name}} if erased else one

    return {**view, **{part: [called(one) for one in view[part]] for part in ("matches", "excluded")}}


def introduction_view(connection: Connection, introduction_id: str) -> dict[str, Any] | None:
    """Give an introduction's state with its `deliveries`; None where there is none."""
    stored = decisions.get_introduction(connection, introduction_id)
    return None if stored is None else with_deliveries(connection, [stored])[0]


def with_deliveries(connection: Connection, introductions: Sequence[Stored]) -> list[dict[str, Any]]:
    """Give introductions' states, each with its `deliveries` (side, status, reason)."""
    mails: dict[str, list[Stored]] = {}
    requests = [one.state["request_id"] for one in introductions]
    for part in rows.in_parts(requests):
        for mail in projection.list_states(
            connection, tables.deliveries, tables.deliveries.c.request_id.in_(part)
        ):
            mails.setdefault(mail.state["request_id"], []).append(mail)
    return [
        {**one.state, "deliveries": _mails(one, mails.get(one.state["request_id"], []))}
        for one in introductions
    ]


def _review(review: Review | None) -> dict[str, Any] | None:
    if review is None:
        return None
    return {
        "decision": review.decision,
        "reason": review.reason,
        "report_version": review.report_version,
        "at": review.at,
    }


def _introduction(stored: Stored | None, need_id: str) -> dict[str, Any] | None:
    if stored is None:
        return None
    return {
        "id": stored.id,
        "version": stored.version,
        "status": stored.status,
        "for_this_need": need_id in stored.state["need_ids"],
    }


def _mails(stored: Stored | None, mails: Sequence[Stored]) -> list[dict[str, Any]]:
    if stored is None:
        return []
    return [_mail(mail.state) for mail in mails if stored.id in mail.state["introduction_ids"]]


def _mail(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: state.get(name, "") for name in ("id", "side", "status", "reason", "updated_at")}
