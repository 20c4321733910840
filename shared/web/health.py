"""Whether a process lives (`/healthz`) and whether it can serve (`/readyz`): open to anyone, and without details.

What failed in particular stands in the process's log: addresses and users of databases are nobody else's business.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app

from shared.storage.engine import Database
from shared.web.access import access

log = logging.getLogger(__name__)

ALIVE_PATH = "/healthz"
READY_PATH = "/readyz"
PATIENCE_SECONDS = 2.0
RETRY_SECONDS = "2"
PROBE = "handslag-database-probe"

blueprint = Blueprint("health", __name__)


@dataclass(frozen=True)
class Wait:
    """Something that a process cannot serve without: what it is, and what is wrong with it."""

    what: str
    problem: str


class Probe:
    """Asks something that may hang, never more than once at a time."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._asked: Future[None] | None = None

    def problem(self, seconds: float = PATIENCE_SECONDS) -> str | None:
        """Return what the check raised, or that it took longer than `seconds`; None when all is well."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                threading.Thread(target=self._ask, args=(self._asked,), daemon=True).start()
            asked = self._asked
        try:
            error = asked.exception(seconds)
        except TimeoutError:
            return f"it did not answer within {seconds:g} s"
        return None if error is None else str(error) or type(error).__name__

    def _ask(self, asked: Future[None]) -> None:
        try:
            self._check()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the answer
            asked.set_exception(error)
        else:
            asked.set_result(None)


@blueprint.route(ALIVE_PATH)
@access("anyone")
def alive() -> Response:
    """Answer that the process answers."""
    return alive_answer()


@blueprint.route(READY_PATH)
@access("anyone")
def ready() -> Response:
    """Answer whether the service can serve, and what it waits for."""
    return ready_answer(waits_of(current_app))


def alive_answer() -> Response:
    """Make the answer of a process that lives."""
    return _answer(200, {"alive": True})


def ready_answer(waits: Sequence[Wait]) -> Response:
    """Make the answer of a process that waits for this: 200 for nothing, 503 otherwise."""
    answer = _answer(
        503 if waits else 200, {"ready": not waits, "waits_for": [asdict(wait) for wait in waits]}
    )
    if waits:
        answer.headers["Retry-After"] = RETRY_SECONDS
    return answer


def waits_of(app: Flask) -> list[Wait]:
    """List what a service's app waits for: its database, when it does not answer or lacks its tables."""
    service: str = app.config["SERVICE"]
    database: Database | None = app.extensions.get("handslag-database")
    if database is None:
        return []
    probe: Probe = app.extensions.setdefault(PROBE, Probe(lambda: _touch(database)))
    problem = probe.problem()
    if problem is None:
        return []
    log.warning("the database of %s is away: %s", service, problem)
    return [database_away(service)]


def database_away(service: str) -> Wait:
    """Return what is said of a database that cannot be used."""
    return Wait(
        f"{service} database", "does not answer or lacks its tables; the log of the process says more"
    )


def _touch(database: Database) -> None:
    with database.reading() as connection:
        # A table that every service has: a database that was lost and made anew, empty, is not ready.
        connection.execute(sa.text("SELECT 1 FROM outbox LIMIT 1"))


def _answer(status: int, body: dict[str, object]) -> Response:
    answer = Response(json.dumps(body), status=status, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer
