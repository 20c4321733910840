"""Starting a service's web app as soon as the service's database is there; it answers 503 before."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy.exc
from flask import Flask, Response

from deploy.services import NAVIGATION, SERVICES
from shared.service import Service
from shared.web.health import RETRY_SECONDS, Wait, database_away, waits_of
from shared.web.staff_session import BESIDE, ELSEWHERE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = 1.0


class ServiceApp:
    """A WSGI application that stands for a service's app, whether that could be made yet or not.

    The app is made at once where that is possible, otherwise at a later request, tried at most once in
    `TRY_AGAIN_SECONDS`. `specs` names the services whose API documents its pages lead to. `beside` are those that
    answer in the same process: a session that ends at one ends at them.
    """

    def __init__(self, service: Service, make: Callable[[], Flask], specs: Sequence[str]) -> None:
        self.service = service
        self._make = make
        self._specs = list(specs)
        self._lock = threading.Lock()
        self._app: Flask | None = None
        self._tried = float("-inf")
        self._said = ""
        self.beside: Sequence[ServiceApp] = ()
        self.app()

    def app(self) -> Flask | None:
        """Return the app, or None while its database is away.

        Raises RuntimeError when the app can never be made: no secret key is set.
        """
        if self._app is None and self._lock.acquire(
            blocking=False
        ):  # one tries, the others do not wait for it
            try:
                if self._app is None and time.monotonic() - self._tried >= TRY_AGAIN_SECONDS:
                    self._app = self._try()
                    self._tried = time.monotonic()
            finally:
                self._lock.release()
        return self._app

    def waits(self) -> list[Wait]:
        """List what the service waits for."""
        app = self.app()
        return [database_away(self.service.name)] if app is None else waits_of(app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request by the app, or with 503."""
        app = self.app()
        if app is not None:
            return app(environ, start_response)
        text = f"The {self.service.name} service waits for its database. Try again in a moment.\n"
        away = Response(text, status=503, mimetype="text/plain", headers={"Retry-After": RETRY_SECONDS})
        return away(environ, start_response)

    def _apps_beside(self) -> list[Flask]:
        return [app for one in self.beside if (app := one.app()) is not None]

    def _try(self) -> Flask | None:
        try:
            app = self._make()
        except (sqlalchemy.exc.DBAPIError, OSError) as error:
            words = str(error.orig) if isinstance(error, sqlalchemy.exc.DBAPIError) else str(error)
            if words != self._said:
                log.error(
                    "the database of %s cannot be opened, it is tried again: %s", self.service.name, words
                )
                self._said = words
            return None
        app.config["API_SPECS"] = self._specs
        app.config["NAVIGATION"] = NAVIGATION
        app.config[BESIDE] = self._apps_beside
        app.config[ELSEWHERE] = tuple(SERVICES)
        return app
