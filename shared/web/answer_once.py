"""`Idempotency-Key`: a request sent again within a day gets the first answer and has no second effect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from flask import Response, request
from sqlalchemy.engine import Connection

from shared.messaging.answers_given import GivenAnswer, add_answer, get_answer
from shared.web.access import is_staff
from shared.web.problems import Problem

LONGEST_KEY = 200
_HEADERS_KEPT = ("Content-Type", "Location", "ETag")


def answer_once(
    connection: Connection,
    table: sa.Table,
    now: datetime,
    act: Callable[[], Response],
    caller: str = "",
) -> Response:
    """Answer the current request by `act`, or as it was answered before under the same `Idempotency-Key`.

    `caller` tells callers apart who have no token (such as by where they come from): each has keys of its own, so that
    nobody meets another's answer.
    Runs inside the transaction of the effect, so that effect and answer are kept together or not at all.
    Without the header it only calls `act`. Raises Problem 422 when the key came with another request before,
    400 when the key is too long. An `act` that raises leaves no answer behind.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return act()
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Problem(400, f"An Idempotency-Key has at most {LONGEST_KEY} printable characters.")
    key = _own(key, caller) if caller else key
    given, digest = get_answer(connection, table, key, now), _digest()
    if given is not None:
        if given.request_digest != digest:
            raise Problem(
                422,
                "This Idempotency-Key was used for another request within a day; take a new key for a new one.",
            )
        again = Response(given.body, status=given.status)
        again.headers.update(given.headers)
        again.headers["Idempotency-Replayed"] = "true"
        return again
    response = act()
    headers = {name: response.headers[name] for name in _HEADERS_KEPT if name in response.headers}
    answer = GivenAnswer(digest, response.status_code, headers, response.get_data(as_text=True))
    add_answer(connection, table, key, answer, now)
    return response


def _own(key: str, caller: str) -> str:
    digest = hashlib.sha256("\0".join((caller, key)).encode()).hexdigest()
    return f"of {digest}"


def _digest() -> str:
    # Who asks is part of it: what staff was answered may hold what nobody else may see.
    who = b"staff" if is_staff() else b"anyone"
    parts = (who, request.method.encode(), request.path.encode(), request.get_data(cache=True))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
