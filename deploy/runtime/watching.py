"""How a process is watched: its log, its metrics, its traces, all by the settings."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger
from gunicorn.http.errors import ParseException

from deploy.runtime.metrics_port import show_web, show_work
from shared.settings.registry import Settings
from shared.telemetry import traces

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

NAMES = {"all": "everything"}


class GunicornLog(Logger):
    """gunicorn's messages in our log, without what a visitor sent: addresses, paths, broken requests."""

    def setup(self, cfg: Any) -> None:
        """Leave the writing to the root logger."""
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.setLevel(cfg.loglevel.upper())
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.access_log.handlers = []
        self.access_log.propagate = False
        self.error_log.addFilter(_without_request)


def watched_web(
    service: str, settings: Settings, make: Callable[[], WSGIApplication]
) -> Callable[[], WSGIApplication]:
    """Begin to watch a web process, and return what makes its application in each of gunicorn's workers."""
    server = show_web(settings)

    def made() -> WSGIApplication:
        if server is not None:
            server.socket.close()  # forked from the process that serves the metrics, and not this one's
        watch_traces(service, settings)
        return make()

    return made


def watch_work(service: str, settings: Settings) -> None:
    """Begin to watch the work process of a service, or of `all`."""
    show_work(service, settings)
    watch_traces(service, settings)


def watch_traces(service: str, settings: Settings) -> None:
    """Have this process make spans where the settings say where they go."""
    if settings.traces:
        traces.switch_on(settings.traces, NAMES.get(service, service))


def _without_request(record: logging.LogRecord) -> bool:
    """Take out of a message of gunicorn's what it says of the request at hand."""
    for known in ("Invalid request", "Error handling request"):
        if str(record.msg).startswith(known):
            record.msg, record.args = known, ()
    if record.exc_info and isinstance(record.exc_info[1], ParseException):
        record.exc_info = None  # it says what was sent
    return True
