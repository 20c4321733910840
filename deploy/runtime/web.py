"""The web process: gunicorn over one service's app, or over all of them behind one address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from deploy.runtime.request_bodies import ReadableBodies
from deploy.runtime.startup import ServiceApp
from deploy.runtime.watching import GunicornLog, watched_web
from deploy.services import chosen
from shared.clock import Clock, system_clock
from shared.ids import IdSource, random_ids
from shared.settings.registry import Settings
from shared.web.health import ALIVE_PATH, READY_PATH, alive_answer, ready_answer
from shared.web.outside_address import AtOutsideAddress

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 16
GRACE_SECONDS = 3
KEEP_ALIVE_SECONDS = 5


def create_web(
    service: str, settings: Settings, clock: Clock = system_clock, ids: IdSource = random_ids
) -> WSGIApplication:
    """Make the WSGI application of a service, or of all of them behind one address for `all`.

    `/healthz` and `/readyz` answer for all that are behind the address. A service whose database is away at
    the start is made once it is there; until then it answers 503. Raises RuntimeError when no secret key is set.
    """
    members = chosen(service)
    specs = [member.name for member in members]
    apps = [ServiceApp(one, partial(one.parts.create_app, settings, clock, ids), specs) for one in members]
    for app in apps:
        app.beside = apps
    return AtOutsideAddress(_by_path(apps), settings.base_url, keep_host=True)


def _by_path(apps: list[ServiceApp]) -> WSGIApplication:
    if len(apps) == 1:
        places = [("/", apps[0])]
    else:
        places = sorted(
            ((path, app) for app in apps for path in app.service.paths), key=lambda place: -len(place[0])
        )

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path == ALIVE_PATH:
            return alive_answer()(environ, start_response)
        if path == READY_PATH:
            return ready_answer([wait for app in apps for wait in app.waits()])(environ, start_response)
        app = next(app for start, app in places if path == start or path.startswith(start.rstrip("/") + "/"))
        return app(environ, start_response)

    return application


class _Server(BaseApplication):
    def __init__(
        self, make: Callable[[], WSGIApplication], name: str, settings: Settings, workers: int
    ) -> None:
        self._make = make
        self._name = name
        self._settings = settings
        self._workers = workers
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "worker_class": "deploy.runtime.patient_worker.PatientWorker",
            "workers": self._workers,
            "threads": THREADS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "graceful_timeout": GRACE_SECONDS,
            "timeout": 60,
            # What a proxy says of itself is not believed, so two headers of it may differ: see outside_address.
            "secure_scheme_headers": {},
            "forwarder_headers": "",
            "control_socket_disable": True,
            "proc_name": f"handslag-web-{self._name}",
            "accesslog": None,
            "errorlog": "-",
            "logger_class": GunicornLog,
            "loglevel": "info" if self._settings.log_level == "debug" else self._settings.log_level,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return ReadableBodies(self._make())


def serve_web(service: str, settings: Settings, workers: int = 1) -> None:
    """Serve a service, or `all`, until SIGTERM or SIGINT; open requests get three seconds to end."""
    make = watched_web(service, settings, lambda: create_web(service, settings))
    serve_wsgi(make, service, settings, workers)


def serve_wsgi(make: Callable[[], WSGIApplication], name: str, settings: Settings, workers: int) -> None:
    """Serve an application as our own are served; `make` is called in each worker process."""
    _Server(make, name, settings, workers).run()
