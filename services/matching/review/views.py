"""Reports and introductions as API and pages show them: with what staff decided and what became of the mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.introductions.actions import deliveries_of
from services.matching.introductions.lifting import lifted_view
from services.matching.introductions.store import Review
from services.matching.organisations.store import projection
from services.matching.organisations.store.projection import Stored
from services.matching.reports.domain.report import Report
from services.matching.reports.store import reports
from services.matching.review.comparison_views import disagreements_view, latest_change_view
from services.matching.review.strangers import ByStrangers, by_strangers
from shared.storage import rows


@dataclass(frozen=True)
class Beside:
    """What stands beside a match: the latest decision, the introduction and the mails of it.

    `review` and `introduction` (id, version, status, `for_this_need`) are None where there is none; `deliveries` have
    id, side, status, reason and updated_at.
    """

    review: dict[str, Any] | None
    introduction: dict[str, Any] | None
    deliveries: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Return it as the API answers."""
        return dict(vars(self))


@dataclass(frozen=True)
class ReportView:
    """A report as staff see it: what it says, how it stands, and by match id what stands beside each match.

    `lifted` are the exclusions that staff lifted: company (id, name), code, reason, at. `disagreements` and `changes`
    are as `comparison_views` returns them. `strangers` is what strangers made of all this.
    """

    report: Report
    version: int
    status: str
    made_at: str
    stale_since: str | None
    failure: str | None
    beside: Mapping[str, Beside]
    lifted: list[dict[str, Any]]
    disagreements: dict[str, list[dict[str, Any]]]
    changes: dict[str, Any] | None
    strangers: ByStrangers

    def to_json(self) -> dict[str, Any]:
        """Return the report's canonical content with what stands beside it and its matches, as the API answers."""
        content = self.strangers.marked(self.report.to_json())
        return {
            **content,
            "matches": [{**match, **self.beside[match["id"]].to_json()} for match in content["matches"]],
            "lifted": self.strangers.lifted_marked(self.lifted),
            "disagreements": self.disagreements,
            "changes": self.changes,
            "version": self.version,
            "status": self.status,
            "made_at": self.made_at,
            "stale_since": self.stale_since,
            "failure": self.failure,
        }


def report_view(connection: Connection, request_id: str) -> ReportView | None:
    """Return a request's report as staff see it, or None."""
    stored = reports.get_report(connection, request_id)
    if stored is None:
        return None
    report = stored.content
    made = {
        one.state["company"]["id"]: one for one in decisions.list_introductions_of(connection, request_id)
    }
    latest = {review.match_id: review for review in decisions.list_reviews_of(connection, request_id)}
    mails = deliveries_of(connection, request_id)
    lifted = lifted_view(connection, request_id)
    return ReportView(
        report=report,
        version=stored.version,
        status=stored.status,
        made_at=stored.made_at,
        stale_since=stored.stale_since,
        failure=stored.failure,
        beside={
            match.id: Beside(
                _review(latest.get(match.id)),
                _introduction(made.get(match.company.id), match.need_id),
                _mails(made.get(match.company.id), mails),
            )
            for match in report.matches
        },
        lifted=lifted,
        disagreements=disagreements_view(connection, report, latest),
        changes=latest_change_view(connection, request_id, stored.version),
        strangers=by_strangers(connection, report, lifted),
    )


def with_erased_named(report: Report, name: str) -> Report:
    """Return a report in which erased companies are called `name`: a reader's own words for it."""
    return replace(
        report,
        matches=tuple(
            replace(one, company=replace(one.company, name=name)) if one.company.erased_at else one
            for one in report.matches
        ),
        excluded=tuple(
            replace(one, company=replace(one.company, name=name)) if one.company.erased_at else one
            for one in report.excluded
        ),
    )


def introduction_view(connection: Connection, introduction_id: str) -> dict[str, Any] | None:
    """Return an introduction's state with its `deliveries`; None where there is none."""
    stored = decisions.get_introduction(connection, introduction_id)
    return None if stored is None else with_deliveries(connection, [stored])[0]


def with_deliveries(connection: Connection, introductions: Sequence[Stored]) -> list[dict[str, Any]]:
    """Return introductions' states, each with its `deliveries` (side, status, reason)."""
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
