"""Showing the metrics of `shared.telemetry.metrics` to a Prometheus, on a port of their own.

Processes that are shown as one (gunicorn's workers; web and work on one machine) count into files of one folder,
prometheus_client's multiprocess mode. The folder lies in memory where the system has such a place: a write to a
mapped file ends the process when the disk is full.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.operations.gauges import family
from shared.settings.registry import Settings
from shared.telemetry import metrics

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

    from prometheus_client import CollectorRegistry
    from prometheus_client.core import GaugeMetricFamily

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "handslag-metrics-"
MEMORY = Path("/dev/shm")  # noqa: S108  # files in memory, made by mkdtemp


class MetricsPortError(Exception):
    """The port of the metrics cannot be listened on; the message says what to do."""


class BuildInfo:
    """Says which version runs."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the one metric."""
        yield family(metrics.BUILD_INFO, [((version("handslag"),), 1)])


def share_folder(settings: Settings) -> None:
    """Make the folder that this process and those that it starts count into; nothing when metrics are off.

    It is named in the environment, and removed when this process ends.
    """
    if not settings.metrics_port or os.environ.get(FOLDER):
        return
    place = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in place.glob(f"{PREFIX}*-*"):  # by a process that was killed
        if not _lives(left.name.removeprefix(PREFIX).partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    owner = os.getpid()
    folder = tempfile.mkdtemp(prefix=f"{PREFIX}{owner}-", dir=place)
    os.environ[FOLDER] = folder

    def remove() -> None:
        if os.getpid() == owner:  # not in a process that was forked from it
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except OSError:  # it is another user's
        return True
    return True


def show_web(settings: Settings) -> WSGIServer | None:
    """Begin to count in a web process and show it, unless a supervisor's work process shows it for both.

    Returns the server, for processes forked from this one to close. Raises MetricsPortError.
    """
    if not settings.metrics_port:
        return None
    supervised = bool(os.environ.get(FOLDER))
    share_folder(settings)
    _count()
    if supervised:
        return None
    return _serve(settings, _counted())


def show_work(service: str, settings: Settings) -> None:
    """Begin to count in the work process of a service, or of `all`, and show that and what its stores hold.

    Raises MetricsPortError.
    """
    if not settings.metrics_port:
        return
    from deploy.operations.service_checks import ServiceChecks

    share_folder(settings)
    _count()
    registry = _counted()
    registry.register(ServiceChecks(settings, service))
    _serve(settings, registry)


def _count() -> None:
    # The folder must stand in the environment before this is first imported: that is how it is chosen.
    from prometheus_client import CollectorRegistry

    metrics.switch_on(CollectorRegistry())


def _counted() -> CollectorRegistry:
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(BuildInfo())
    return registry


def _serve(settings: Settings, registry: CollectorRegistry) -> WSGIServer:
    from prometheus_client import start_http_server

    try:
        server, _ = start_http_server(settings.metrics_port, settings.metrics_host, registry)
    except OSError as error:
        raise MetricsPortError(
            f"the metrics cannot be shown at {settings.metrics_host}:{settings.metrics_port} "
            f"({error.strerror}): choose another HANDSLAG_METRICS_PORT (each process needs its own), or unset it"
        ) from error
    return server
