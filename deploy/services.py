"""The services there are, and what each needs to be made: only this module names them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask

import services.matching.web
import services.matching.work
import services.notifications.web
import services.notifications.work
import services.profiles.web
import services.profiles.work
from shared.clock import Clock
from shared.event_log.port import EventLog
from shared.ids import IdSource
from shared.loops import Loop
from shared.settings.registry import Settings


@dataclass(frozen=True)
class Service:
    """One service: its web app, its loops, and the paths that belong to it where several share an address."""

    name: str
    create_app: Callable[[Settings, Clock, IdSource], Flask]
    create_work: Callable[[Settings, EventLog, Clock, IdSource], list[Loop]]
    paths: tuple[str, ...]


SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        Service(
            "profiles",
            services.profiles.web.create_app,
            services.profiles.work.create_work,
            (
                "/api/v1/companies",
                "/api/v1/partners",
                "/api/v1/visits",
                "/api/v1/requests",
                "/api/v1/openapi/profiles.json",
            ),
        ),
        Service(
            "notifications",
            services.notifications.web.create_app,
            services.notifications.work.create_work,
            ("/api/v1/deliveries", "/mailbox", "/api/v1/openapi/notifications.json"),
        ),
        Service("matching", services.matching.web.create_app, services.matching.work.create_work, ("/",)),
    )
}
"""Every service by name; the one that serves `/` takes every path that no other has."""

ALL = "all"


def chosen(name: str) -> Sequence[Service]:
    """Give the service of a name, or every one for `all`."""
    return tuple(SERVICES.values()) if name == ALL else (SERVICES[name],)
