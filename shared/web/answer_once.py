"""`Idempotency-Key`: a request sent again within a day gets the first answer and has no second effect."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Response, request
from sqlalchemy.engine import Connection

from shared.clock import Clock, to_text
from shared.loops import Loop
from shared.storage.engine import Database
from shared.web.access import is_staff
from shared.web.problems import Problem

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
FORGET_EVERY_SECONDS = 3600
LONGEST_KEY = 200
KEY_LOCK = 0x6964656D  # the advisory locks of keys; those with two numbers are apart from those with one
_HEADERS_KEPT = ("Content-Type", "Location", "ETag")


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of given answers to a service's database."""
    return sa.Table(
        "idempotency",
        metadata,
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request_digest", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False, index=True),
    )


def answer_once(
    connection: Connection, table: sa.Table, now: datetime, act: Callable[[], Response]
) -> Response:
    """Answer the current request by `act`, or as it was answered before under the same `Idempotency-Key`.

    Runs inside the transaction of the effect, so that effect and answer are kept together or not at all.
    Without the header it only calls `act`. Raises Problem 422 when the key came with another request before,
    400 when the key is too long. An `act` that raises leaves no answer behind.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return act()
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Problem(400, f"An Idempotency-Key has at most {LONGEST_KEY} printable characters.")
    if connection.dialect.name == "postgresql":
        # The same request may come twice at once: the second waits here, and then finds the first one's answer.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(KEY_LOCK, sa.func.hashtext(key))))
    forget_old_answers(connection, table, now)
    digest = _digest()
    row = connection.execute(sa.select(table).where(table.c.key == key)).first()
    if row is not None:
        if row.request_digest != digest:
            raise Problem(
                422,
                "This Idempotency-Key was used for another request within a day; take a new key for a new one.",
            )
        again = Response(row.body, status=row.status)
        again.headers.update(json.loads(row.headers))
        again.headers["Idempotency-Replayed"] = "true"
        return again
    response = act()
    headers = {name: response.headers[name] for name in _HEADERS_KEPT if name in response.headers}
    connection.execute(
        sa.insert(table).values(
            key=key,
            request_digest=digest,
            status=response.status_code,
            headers=json.dumps(headers),
            body=response.get_data(as_text=True),
            at=to_text(now),
        )
    )
    return response


def forget_old_answers(connection: Connection, table: sa.Table, now: datetime) -> None:
    """Delete the answers that are older than a day; they may hold personal data."""
    connection.execute(sa.delete(table).where(table.c.at < to_text(now - KEPT)))


def empty_answers(connection: Connection, table: sa.Table, id: str) -> int:
    """Take the words out of the kept answers that name an id, and return how many; the keys stay used.

    A request that is sent again has no second effect, and is told that its answer is gone.
    """
    named = sa.or_(
        table.c.body.contains(json.dumps(id), autoescape=True),
        table.c.headers.contains(f'/{id}"', autoescape=True),
    )
    gone = {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "detail": "The request had its effect; its answer named what has been erased since, and is not kept.",
    }
    headers = json.dumps({"Content-Type": "application/problem+json"})
    emptied = sa.update(table).where(named).values(status=410, headers=headers, body=json.dumps(gone))
    return connection.execute(emptied).rowcount


def forgetting(database: Database, table: sa.Table, clock: Clock) -> Loop:
    """Make the loop of a work process that deletes old answers every hour."""

    def run(stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                with database.writing() as connection:
                    forget_old_answers(connection, table, clock())
            except (sa.exc.OperationalError, OSError) as error:
                log.warning("old answers could not be deleted now: %s", error)
            stop.wait(FORGET_EVERY_SECONDS)

    return Loop("forgetting old answers", run)


def _digest() -> str:
    # Who asks is part of it: what staff was answered may hold what nobody else may see.
    who = b"staff" if is_staff() else b"anyone"
    parts = (who, request.method.encode(), request.path.encode(), request.get_data(cache=True))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
