"""The decisions of staff on a report: approve, reject, cancel. Each is whole in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.i18n import N_
from services.matching.introductions import store as decisions
from services.matching.introductions.domain.introductions import (
    APPROVED,
    CANCELLED,
    REJECTED,
    SENT,
    Circumstances,
    introductions,
)
from services.matching.introductions.store import Review
from services.matching.organisations.domain.distributors import distributors_in
from services.matching.organisations.domain.free_words import is_named
from services.matching.organisations.domain.model import ACTIVE, OPEN, company_from_state, request_from_state
from services.matching.organisations.domain.procurement import stage_of
from services.matching.organisations.store import projection
from services.matching.organisations.store.projection import Stored
from services.matching.refusals import Refusal, RefusedError, refuse_long
from services.matching.reports.domain.report import Match, ReportedPartner
from services.matching.reports.store import reports
from services.matching.reports.store.due import partner_changed
from services.matching.reports.store.reports import StoredReport
from shared.clock import Clock, to_text
from shared.events.event import Event
from shared.ids import IdSource
from shared.messaging.outbox import record_event
from shared.telemetry import traces
from shared.words.collation import sort_key


@dataclass(frozen=True)
class Decided:
    """What a decision made: the approval's id (None for a rejection) and the introductions as they now stand."""

    approval_id: str | None
    introductions: tuple[Mapping[str, Any], ...]


def approve(
    connection: Connection,
    request_id: str,
    report_version: int,
    match_ids: Sequence[str],
    note: str,
    clock: Clock,
    ids: IdSource,
) -> Decided:
    """Approve matches of the report version that was seen: one introduction per company goes on its way.

    Matches of one company under several needs become one introduction. Raises RefusedError (any kind), and
    shared.messaging.outbox.EventTooLargeError when an introduction would be larger than the event log takes.
    """
    report, chosen = _chosen(connection, request_id, report_version, match_ids, note, "note")
    if report.status != OPEN:
        raise RefusedError(
            Refusal.CONFLICT,
            N_("The request is %(status)s; open it again before approving matches."),
            status=report.status,
        )
    _refuse_outdated(connection, report, chosen)
    earlier = {item.id: item.state for item in decisions.list_introductions_of(connection, request_id)}
    standing = {state["company"]["id"] for state in earlier.values() if state["status"] != CANCELLED}
    met = [match for match in chosen if match.company.id in standing]
    if met:
        names = _names(met)
        raise RefusedError(
            Refusal.CONFLICT,
            N_(
                "Already introduced for this request: %(names)s. Leave out what is already introduced, or cancel "
                "that introduction first."
            ),
            [match.id for match in met],
            names=names,
        )
    now = clock()
    approval_id = ids()
    traces.link(report.traceparent)
    made = introductions(
        report.content,
        match_ids,
        report.version,
        approval_id,
        to_text(now),
        note,
        earlier,
        _circumstances(connection, request_id, report.content.partner, chosen),
    )
    for state in made:
        _keep(connection, Event("introduction.approved", state["id"], state["version"], now, state))
    for match in chosen:
        review = Review(report_version, match.id, APPROVED, note, approval_id, to_text(now))
        decisions.add_review(connection, request_id, review)
    # The partner's other reports say whom it has met.
    partner_changed(connection, report.content.partner.id, now, but=request_id)
    return Decided(approval_id, tuple(made))


def reject(
    connection: Connection,
    request_id: str,
    report_version: int,
    match_ids: Sequence[str],
    reason: str,
    clock: Clock,
) -> Decided:
    """Reject matches of the report version that was seen; the reason is required and kept.

    Raises RefusedError (any kind).
    """
    if not reason.strip():
        raise RefusedError(
            Refusal.INVALID,
            N_("A rejection needs a reason: say why, so that the company can learn it."),
            ["reason"],
        )
    _, chosen = _chosen(connection, request_id, report_version, match_ids, reason, "reason")
    introduced = {
        item.state["company"]["id"]
        for item in decisions.list_introductions_of(connection, request_id)
        if item.status != CANCELLED
    }
    met = [match for match in chosen if match.company.id in introduced]
    if met:
        names = _names(met)
        raise RefusedError(
            Refusal.CONFLICT,
            N_("Already introduced for this request: %(names)s. Cancel the introduction first."),
            [match.id for match in met],
            names=names,
        )
    at = to_text(clock())
    for match in chosen:
        review = Review(report_version, match.id, REJECTED, reason.strip(), None, at)
        decisions.add_review(connection, request_id, review)
    return Decided(None, ())


def cancel(
    connection: Connection, introduction_id: str, clock: Clock, request_id: str | None = None
) -> Mapping[str, Any]:
    """Cancel an introduction of which no mail has been sent, and return its state.

    `request_id` is that of the report on which it was chosen, None where it is named alone. Cancelling a cancelled one
    changes nothing. Raises RefusedError unknown, also for one of another request, or conflict once a mail was sent.
    """
    stored = decisions.get_introduction(connection, introduction_id)
    if stored is None or request_id not in (None, stored.state["request_id"]):
        raise RefusedError(
            Refusal.UNKNOWN, N_("There is no introduction with the id %(id)s."), id=introduction_id
        )
    if stored.status == CANCELLED:
        return stored.state
    sent = [
        mail.state["side"]
        for mail in deliveries_of(connection, stored.state["request_id"])
        if introduction_id in mail.state["introduction_ids"] and mail.status == SENT
    ]
    if sent:
        raise RefusedError(
            Refusal.CONFLICT,
            N_(
                "A mail of this introduction has been sent already and cannot be called back. Write to both sides "
                "instead."
            ),
            sorted(set(sent)),
        )
    now = clock()
    state = {**stored.state, "status": CANCELLED, "version": stored.version + 1, "updated_at": to_text(now)}
    cancelled = Event("introduction.cancelled", introduction_id, state["version"], now, state)
    _keep(connection, cancelled, before=stored.state)
    partner_changed(connection, state["partner"]["id"], now, but=state["request_id"])
    return state


def deliveries_of(connection: Connection, request_id: str) -> list[Stored]:
    """Read the deliveries of a request's introductions, by id."""
    return projection.list_states(connection, tables.deliveries, tables.deliveries.c.request_id == request_id)


def _chosen(
    connection: Connection,
    request_id: str,
    report_version: int,
    match_ids: Sequence[str],
    text: str,
    field: str,
) -> tuple[StoredReport, list[Match]]:
    """Read the report and the matches that a decision names, in the report's order."""
    refuse_long(text, field)
    if not match_ids:
        raise RefusedError(Refusal.INVALID, N_("Choose at least one match."), ["matches"])
    report = reports.get_report(connection, request_id, lock=True)
    if report is None:
        raise RefusedError(
            Refusal.UNKNOWN, N_("There is no match report for the request %(id)s (yet)."), id=request_id
        )
    if report.version != report_version:
        raise RefusedError(
            Refusal.STALE,
            N_(
                "You saw version %(seen)s of this report, it is at version %(now)s now. Read it again, then decide."
            ),
            current_version=report.version,
            seen=report_version,
            now=report.version,
        )
    wanted = set(match_ids)
    chosen = [match for match in report.content.matches if match.id in wanted]
    unknown = sorted(wanted - {match.id for match in chosen})
    if unknown:
        raise RefusedError(
            Refusal.UNKNOWN_MATCH,
            N_("The report has no match %(ids)s; its matches are listed in it."),
            unknown,
            ids=", ".join(unknown),
        )
    return report, chosen


def _names(matches: Iterable[Match]) -> str:
    # Whoever reads the refusal, and in which language, is not known here.
    return ", ".join(sorted({match.company.name for match in matches}, key=lambda name: sort_key(name, "")))


def _refuse_outdated(connection: Connection, report: StoredReport, chosen: Sequence[Match]) -> None:
    """Refuse when a profile behind the chosen matches is not as the report saw it: it is being made again."""
    seen = {match.company.id: match.company for match in chosen}
    now = projection.get_states(connection, tables.companies, seen)
    changed = [
        side.name
        for side_id, side in seen.items()
        if side_id not in now or now[side_id].version != side.version or now[side_id].status != ACTIVE
    ]
    side = report.content.partner
    partner = projection.get_state(connection, tables.partners, side.id)
    if partner is None or partner.version != side.version or partner.status != ACTIVE:
        changed.append(side.name)
    request = projection.get_state(connection, tables.requests, report.request_id)
    if request is None or request.version != report.content.request_version:
        changed.append(report.request_id)
    if changed:
        raise RefusedError(
            Refusal.STALE,
            N_(
                "Changed since version %(now)s of this report was made: %(names)s. The report is being made again; "
                "read it again in a moment, then decide."
            ),
            current_version=report.version,
            now=report.version,
            names=", ".join(changed),
        )


def _circumstances(
    connection: Connection, request_id: str, partner: ReportedPartner, chosen: Sequence[Match]
) -> Circumstances:
    """Read what the mails must not pass over, of profiles that are as the report saw them."""
    request = projection.get_state(connection, tables.requests, request_id)
    companies = projection.get_states(connection, tables.companies, {match.company.id for match in chosen})
    known = [
        (one.id, str(one.state.get("name") or ""))
        for one in projection.list_states(connection, tables.partners)
    ]
    ways: dict[str, tuple[str, ...]] = {}
    for company_id, stored in companies.items():
        there = distributors_in(company_from_state(stored.state), partner.country)
        # The name of a partner stays with the partner: here no erasure would find it.
        ways[company_id] = tuple(
            "" if any(is_named((who,), id, name) for id, name in known) else who
            for who in there
            if not is_named((who,), partner.id, partner.name)
        )
    stage = "none" if request is None else stage_of(request_from_state(request.state))
    return Circumstances(stage, ways)


def _keep(connection: Connection, event: Event, before: Mapping[str, Any] | None = None) -> None:
    decisions.save_introduction_state(connection, event)
    record_event(connection, tables.messaging, event, None if before is None else dict(before))
