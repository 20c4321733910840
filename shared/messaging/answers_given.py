"""Answers to requests with an `Idempotency-Key`: kept for a day, so that one sent again has no second effect."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.clock import Clock, to_text
from shared.loops import Loop
from shared.storage.engine import Database

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
FORGET_EVERY_SECONDS = 3600
KEY_LOCK = 0x6964656D  # the advisory locks of keys; those with two numbers are apart from those with one


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


@dataclass(frozen=True)
class GivenAnswer:
    """The answer that a request got: status, some headers, body; `request_digest` tells the request from others."""

    request_digest: str
    status: int
    headers: Mapping[str, str]
    body: str


def get_answer(connection: Connection, table: sa.Table, key: str, now: datetime) -> GivenAnswer | None:
    """Return the answer kept under a key, or None; what is older than a day is deleted first.

    On PostgreSQL the key is locked until the transaction ends: a second request under it waits, and then finds it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(KEY_LOCK, sa.func.hashtext(key))))
    forget_old_answers(connection, table, now)
    row = connection.execute(sa.select(table).where(table.c.key.in_((kept_key(key), key)))).first()
    if row is None:
        return None
    return GivenAnswer(row.request_digest, row.status, json.loads(row.headers), row.body)


def add_answer(connection: Connection, table: sa.Table, key: str, answer: GivenAnswer, now: datetime) -> None:
    """Keep the answer that was given under a key, in the transaction of its effect."""
    values = {**asdict(answer), "headers": json.dumps(dict(answer.headers))}
    connection.execute(sa.insert(table).values(key=kept_key(key), at=to_text(now), **values))


def kept_key(key: str) -> str:
    """Return what is kept of a key: its digest, for a key may have a person's words in it.

    A key that other code keeps as it was sent, as during an upgrade, is found too.
    """
    return f"sha256 {hashlib.sha256(key.encode()).hexdigest()}"


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
