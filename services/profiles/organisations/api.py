"""The addresses of companies, partners, visits and match requests: the same six of each, and closing of requests."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, json, request

from services.profiles.organisations import actions, store
from services.profiles.organisations.domain.codes import KINDS, REQUESTS, VISITS
from services.profiles.organisations.domain.profile_state import State, membership_fault
from services.profiles.organisations.domain.provenance import repeats_everything
from services.profiles.organisations.schemas.filters import FILTERS, page_schema, wanted
from services.profiles.organisations.schemas.posted import POSTED, Receipt
from services.profiles.organisations.schemas.profiles import WHOLE, example
from services.profiles.refusals import wrong
from services.profiles.tables import idempotency
from shared.clock import Clock
from shared.ids import ID_PATTERN, IdSource
from shared.storage.engine import Database
from shared.web.access import is_staff
from shared.web.answer_once import answer_once
from shared.web.api import Blueprint, View, answers, body, etag_of, not_found, query, required_version, route
from shared.web.problems import Problem

FOR_STAFF = frozenset({VISITS})
"""The kinds that only staff send; what anybody sends of the others waits until staff let it in."""

TakeIn = Callable[[str, dict[str, Any]], Response]
"""Keeps what a stranger sends of a kind, and answers with a receipt."""

_WHOLE = {kind: WHOLE[kind]() for kind in KINDS}
_POSTED = {kind: POSTED[kind]() for kind in KINDS}
_FILTERS = {kind: FILTERS[kind]() for kind in KINDS}
_PAGES = {kind: page_schema(kind)() for kind in KINDS}

_ABOUT = {
    "companies": "Organisations that offer something.",
    "partners": "Foreign organisations that look for something.",
    "visits": "Incoming, outbound and online visits.",
    "requests": "Partners' enquiries, which match reports are made for.",
}
_WAITS = "Without the staff token nothing is created: it waits for staff, and the answer is a receipt (202). "
_KEYED = "Send an `Idempotency-Key` to be able to repeat the request for a day without a second effect."
_MATCHED = (
    "Send the ETag of the version you saw as `If-Match`: 428 without it, 412 when there is a newer one."
)
_BACK = "What is withdrawn or closed is as it was before. "
_CLOSED = "Its report stays as it is and is made again no more. "


def blueprints(database: Database, clock: Clock, ids: IdSource, take_in: TakeIn) -> list[Blueprint]:
    """Make the API's blueprints over a database, one a kind; `take_in` keeps what strangers send."""
    return [_blueprint(kind, database, clock, ids, take_in) for kind in KINDS]


def _blueprint(kind: str, database: Database, clock: Clock, ids: IdSource, take_in: TakeIn) -> Blueprint:
    blueprint = Blueprint(kind, __name__, url_prefix=f"/api/v1/{kind}", description=_ABOUT[kind])
    one = KINDS[kind].aggregate if kind != REQUESTS else "match request"
    whole = _WHOLE[kind]
    creator = "staff" if kind in FOR_STAFF else "anyone"

    about = _KEYED if kind in FOR_STAFF else _WAITS + _KEYED

    @route(blueprint, "", "POST", creator, f"Create a {one}", description=about)
    @body(blueprint, _POSTED[kind], example=example(kind))
    @_or_receipt(blueprint, kind)
    @answers(blueprint, 201, whole)
    def create(fields: dict[str, Any]) -> Response:
        by_staff = is_staff()
        _refuse_staff_fields(fields, by_staff)
        if not by_staff:
            return take_in(kind, fields)
        _refuse_stranger_fields(kind, fields)
        now = clock()

        def act() -> Response:
            state = actions.create(connection, kind, fields, now, ids)
            response = _answer(kind, state, 201)
            response.headers["Location"] = f"{request.script_root}{request.path}/{state['id']}"
            return response

        with database.writing() as connection:
            return answer_once(connection, idempotency, now, act)

    @route(blueprint, "", "GET", "staff", f"List {kind if kind != 'requests' else 'match requests'}")
    @query(blueprint, _FILTERS[kind])
    @answers(blueprint, 200, _PAGES[kind])
    def list_all(asked: dict[str, Any]) -> dict[str, Any]:
        page = wanted(asked)
        with database.reading() as connection:
            states = store.list_profiles(connection, kind, page)
            total = store.count_profiles(connection, kind, page)
        return {"items": states, "page": page.page, "page_size": page.page_size, "total": total}

    @route(blueprint, "/<id>", "GET", "staff", f"Read a {one}")
    @answers(blueprint, 200, whole)
    def read(id: str) -> Response:
        _check_id(kind, id)
        with database.reading() as connection:
            state = store.get_profile(connection, kind, id)
        if state is None:
            raise not_found(one, id)
        response = _answer(kind, state, 200)
        return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug's own class

    @route(blueprint, "/<id>", "PUT", "staff", f"Replace a {one}", description=_MATCHED)
    @body(blueprint, whole, example=example(kind))
    @answers(blueprint, 200, whole)
    def replace(fields: dict[str, Any], id: str) -> Response:
        _check_id(kind, id)
        seen = required_version()
        with database.writing() as connection:
            state = actions.replace(connection, kind, id, fields, clock(), seen, repeats=repeats_everything)
        return _answer(kind, state, 200)

    @route(blueprint, "/<id>/withdraw", "POST", "staff", f"Withdraw a {one}", description=_MATCHED)
    @answers(blueprint, 200, whole)
    def withdraw(id: str) -> Response:
        _check_id(kind, id)
        seen = required_version()
        with database.writing() as connection:
            state = actions.withdraw(connection, kind, id, clock(), seen)
        return _answer(kind, state, 200)

    @route(blueprint, "/<id>/reopen", "POST", "staff", f"Bring a {one} back", description=_BACK + _MATCHED)
    @answers(blueprint, 200, whole)
    def reopen(id: str) -> Response:
        _check_id(kind, id)
        seen = required_version()
        with database.writing() as connection:
            state = actions.reopen(connection, kind, id, clock(), seen)
        return _answer(kind, state, 200)

    if kind == REQUESTS:

        @route(
            blueprint, "/<id>/close", "POST", "staff", "Close a match request", description=_CLOSED + _MATCHED
        )
        @answers(blueprint, 200, whole)
        def close(id: str) -> Response:
            _check_id(kind, id)
            seen = required_version()
            with database.writing() as connection:
                state = actions.close(connection, id, clock(), seen)
            return _answer(kind, state, 200)

    return blueprint


def _or_receipt(blueprint: Blueprint, kind: str) -> Callable[[View], View]:
    """Document the receipt beside a view's answer, where strangers may send what it takes."""
    if kind in FOR_STAFF:
        return lambda view: view
    decorate: Callable[[View], View] = blueprint.alt_response(
        202, schema=Receipt, description=HTTPStatus(202).phrase, success=True
    )
    return decorate


def _answer(kind: str, state: State, status: int) -> Response:
    text = json.dumps(_WHOLE[kind].dump(state), ensure_ascii=False)
    response: Response = current_app.response_class(text, status=status, mimetype="application/json")
    response.headers["ETag"] = etag_of(state["version"])
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _check_id(kind: str, id: str) -> None:
    if not ID_PATTERN.fullmatch(id):
        raise not_found(KINDS[kind].aggregate, id[:100])


def _refuse_stranger_fields(kind: str, fields: dict[str, Any]) -> None:
    """Take out of a match request of staff's what only strangers say; raises RefusedError where it is said."""
    if kind != REQUESTS:
        return
    if fields.pop("partner", None) is not None:
        raise wrong("partner", "is for those without the staff token", "create the partner, then name its id")
    if not fields["partner_id"]:
        raise wrong("partner_id", "is missing", "give it")


def _refuse_staff_fields(fields: dict[str, Any], by_staff: bool) -> None:
    fault = membership_fault(fields.get("membership"), by_staff)
    if fault:
        raise Problem(
            403,
            "Only staff may set the membership; send the staff token or leave it out.",
            errors=[fault.to_json()],
        )
