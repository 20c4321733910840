"""The databases of the services, one of them or all side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager

from deploy.services import SERVICES
from shared.service import Service
from shared.settings.registry import Settings
from shared.storage.engine import Database, open_database
from shared.storage.opening import opened

Databases = Mapping[str, Database]
"""The databases of all services by name: only for what runs on one machine."""


@contextmanager
def open_databases(settings: Settings) -> Iterator[Databases]:
    """Open the databases of all services, made where they are missing, and close them on leaving."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(closing(service.parts.open_store(settings)))
            for name, service in SERVICES.items()
        }


def opened_database(settings: Settings, service: Service) -> AbstractContextManager[Database]:
    """Open the database of a service that is there already, and close it on leaving; raises DatabaseAwayError."""
    return opened(service.database_url(settings), service.parts.metadata, service.database)


@contextmanager
def opened_databases(settings: Settings) -> Iterator[Databases]:
    """Open all databases, which are there already, and close them on leaving; raises DatabaseAwayError."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(opened_database(settings, service))
            for name, service in SERVICES.items()
        }


def open_as_set(settings: Settings, service: Service) -> Database:
    """Open the database of a service, made where it is missing, as the settings name it."""
    return open_database(service.database_url(settings), service.parts.metadata)
