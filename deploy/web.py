"""The web process: gunicorn over one service's app, or over all of them behind one address."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from deploy.services import Service, chosen
from shared.clock import Clock, system_clock
from shared.ids import IdSource, random_ids
from shared.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 16
GRACE_SECONDS = 3


def create_web(
    service: str, settings: Settings, clock: Clock = system_clock, ids: IdSource = random_ids
) -> WSGIApplication:
    """Make the WSGI application of a service, or of all of them behind one address for `all`."""
    members = chosen(service)
    apps = [(member, member.create_app(settings, clock, ids)) for member in members]
    for _, app in apps:
        app.config["API_SPECS"] = [member.name for member in members]
    return apps[0][1].wsgi_app if len(apps) == 1 else _by_path(apps)


def _by_path(apps: list[tuple[Service, Flask]]) -> WSGIApplication:
    places = sorted(
        ((path, app) for service, app in apps for path in service.paths), key=lambda place: -len(place[0])
    )

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        app = next(app for start, app in places if path == start or path.startswith(start.rstrip("/") + "/"))
        return app(environ, start_response)

    return application


class _Server(BaseApplication):
    def __init__(self, service: str, settings: Settings, workers: int) -> None:
        self._service = service
        self._settings = settings
        self._workers = workers
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "worker_class": "gthread",
            "workers": self._workers,
            "threads": THREADS,
            "graceful_timeout": GRACE_SECONDS,
            "timeout": 60,
            "control_socket_disable": True,
            "proc_name": f"handslag-web-{self._service}",
            "accesslog": None,
            "errorlog": "-",
            "loglevel": os.environ.get("GUNICORN_LOGLEVEL", "warning"),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_web(self._service, self._settings)


def serve_web(service: str, settings: Settings, workers: int = 1) -> None:
    """Serve a service, or `all`, until SIGTERM or SIGINT; open requests get three seconds to end."""
    _Server(service, settings, workers).run()
