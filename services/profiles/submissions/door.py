"""What strangers send is counted before it is read, taken or not: who sends too many is told to wait unread."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, request

from services.profiles.organisations.api import FOR_STAFF
from services.profiles.organisations.domain.codes import KINDS
from services.profiles.submissions.actions import refuse_too_many, too_many
from services.profiles.submissions.domain.rates import READ
from shared.clock import Clock
from shared.storage.engine import Database
from shared.web.access import is_staff
from shared.web.bursts import Bursts
from shared.web.sender import sender_digest

log = logging.getLogger(__name__)

POSTED_BY_ANYONE = frozenset(f"{kind}.create" for kind in KINDS if kind not in FOR_STAFF)
"""The API's views that take what strangers send."""
TAKING = POSTED_BY_ANYONE | {"submission_doors.submit"}
"""All views that take what strangers send."""


class Door:
    """Asks of each source, in this process, whether it may send one more; safe to share between threads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        window, now = READ.within.total_seconds(), lambda: clock().timestamp()
        self._bursts = Bursts(READ.most, window, now)
        self._told = Bursts(0, window, now)

    def ask(self) -> None:
        """Count what the current request's sender sends; raises RefusedError where it has sent too many.

        Of what is kept the rates count; of what is read, taken or not, `READ`.
        """
        source = sender_digest()
        seconds = self._bursts.add(source).seconds
        if seconds:
            raise too_many(seconds)
        if "Idempotency-Key" in request.headers:  # it may have its answer already, which it gets again
            return
        with self._database.reading() as connection:
            refuse_too_many(connection, source, self._clock())

    def tell(self, wait: str) -> None:
        """Log that a source was told to wait, once a burst: an address that goes on fills no disk."""
        if self._told.add(sender_digest()).is_first:
            log.warning("one source sends more submissions than one may; it is told to wait %s seconds", wait)


def guard_door(app: Flask, door: Door) -> None:
    """Have an app ask the door before it reads a stranger's body by the API, and tell of those who have to wait.

    Call it when all routes stand: who asks as staff with a wrong token is answered before.
    """

    @app.before_request
    def check() -> None:
        if request.endpoint in POSTED_BY_ANYONE and request.method == "POST" and not is_staff():
            door.ask()

    @app.after_request
    def told(response: Response) -> Response:
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and request.endpoint in TAKING:
            door.tell(response.headers.get("Retry-After", ""))
        return response
