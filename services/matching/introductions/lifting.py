"""Staff lift an exclusion, or let it hold again: one known conflict of one company, for one request.

A lifted conflict keeps nobody out and stays visible: the match carries it as a flag. Nothing is sent by it, so it
names no version of the report; the report is made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.i18n import N_
from services.matching.introductions import store as decisions
from services.matching.introductions.domain.introductions import CANCELLED
from services.matching.organisations.domain.model import (
    company_from_state,
    partner_from_state,
    request_from_state,
)
from services.matching.organisations.store import projection
from services.matching.organisations.store.projection import Stored
from services.matching.refusals import Refusal, RefusedError, refuse_long
from services.matching.reports.store import due, reports
from services.matching.reports.store.lifted import Lifted, delete_lifted, list_lifted, save_lifted
from services.matching.scoring.domain.exclusions import LIFTABLE, conflicts
from shared.clock import Clock, to_text


def lift(
    connection: Connection, request_id: str, company_id: str, code: str, reason: str, clock: Clock
) -> Lifted:
    """Lift an exclusion, with the reason for it; return it as it is kept.

    Lifted again with the same reason it stays as it was; with another reason that one is kept. Raises RefusedError:
    unknown (request, company or partner), invalid (no such exclusion can be lifted, no reason, one too long), or
    conflict (the request is not open, or nothing of the kind keeps the two apart).
    """
    reason = reason.strip()
    _check(code, reason)
    request = _request(connection, request_id)
    before = _found(connection, request_id, company_id, code)
    if before is not None and before.reason == reason:
        return before
    now = clock()
    one = Lifted(company_id, code, reason, to_text(now))
    if before is None:
        _refuse_without_conflict(connection, request, company_id, code)
        _make_again(connection, request, clock)
    save_lifted(connection, request_id, one)
    return one


def take_back(connection: Connection, request_id: str, company_id: str, code: str, clock: Clock) -> bool:
    """Let a lifted exclusion hold again, and say whether it was lifted.

    Raises RefusedError: unknown (request), or conflict (the request is not open, or the company is introduced).
    """
    request = _request(connection, request_id)
    if _found(connection, request_id, company_id, code) is None:
        return False
    _make_again(connection, request, clock)
    reports.get_report(connection, request_id, lock=True)  # an approval that is under way comes first
    made = decisions.list_introductions_of(connection, request_id)
    if any(one.state["company"]["id"] == company_id and one.status != CANCELLED for one in made):
        raise RefusedError(
            Refusal.CONFLICT,
            N_("The company is already introduced for this request. Cancel the introduction first."),
        )
    delete_lifted(connection, request_id, company_id, code)
    return True


def lifted_view(connection: Connection, request_id: str) -> list[dict[str, Any]]:
    """Return the lifted exclusions of a request: `company` (id, name), `code`, `reason`, `at`.

    A company that is not known any more has its id as its name.
    """
    found = list_lifted(connection, request_id)
    known = projection.get_states(connection, tables.companies, [one.company_id for one in found])
    return [
        {
            "company": {"id": one.company_id, "name": _name(known.get(one.company_id), one.company_id)},
            "code": one.code,
            "reason": one.reason,
            "at": one.at,
        }
        for one in found
    ]


def _check(code: str, reason: str) -> None:
    if code not in LIFTABLE:
        raise RefusedError(
            Refusal.INVALID,
            N_("There is no exclusion %(code)s that can be lifted; these can: %(codes)s."),
            ["code"],
            code=code,
            codes=", ".join(LIFTABLE),
        )
    if not reason:
        raise RefusedError(
            Refusal.INVALID,
            N_("Write why the exclusion is lifted: who looks at it later must know."),
            ["reason"],
        )
    refuse_long(reason, "reason")


def _refuse_without_conflict(connection: Connection, request: Stored, company_id: str, code: str) -> None:
    company = projection.get_state(connection, tables.companies, company_id)
    if company is None:
        raise RefusedError(Refusal.UNKNOWN, N_("There is no company with the id %(id)s."), id=company_id)
    partner_id = request.state["partner_id"]
    partner = projection.get_state(connection, tables.partners, partner_id)
    if partner is None:
        raise RefusedError(
            Refusal.UNKNOWN, N_("There is no foreign organisation with the id %(id)s."), id=partner_id
        )
    found = conflicts(
        company_from_state(company.state),
        partner_from_state(partner.state),
        request_from_state(request.state),
    )
    if code not in {one.code for one in found}:
        raise RefusedError(
            Refusal.CONFLICT,
            N_(
                "%(name)s is not excluded for that reason (any more); read the report again, it lists who is excluded "
                "and why."
            ),
            name=_name(company, company_id),
        )


def _make_again(connection: Connection, request: Stored, clock: Clock) -> None:
    if not due.request_touched(connection, request.id, clock()):
        raise RefusedError(
            Refusal.CONFLICT,
            N_("The request is %(status)s; open it again before changing what is excluded."),
            status=request.status,
        )


def _request(connection: Connection, request_id: str) -> Stored:
    request = projection.get_state(connection, tables.requests, request_id)
    if request is None:
        raise RefusedError(Refusal.UNKNOWN, N_("There is no request with the id %(id)s."), id=request_id)
    return request


def _found(connection: Connection, request_id: str, company_id: str, code: str) -> Lifted | None:
    return next(
        (
            one
            for one in list_lifted(connection, request_id)
            if (one.company_id, one.code) == (company_id, code)
        ),
        None,
    )


def _name(company: Stored | None, company_id: str) -> str:
    state: Mapping[str, Any] = {} if company is None else company.state
    return str(state.get("name") or company_id)
