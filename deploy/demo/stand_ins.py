"""Who stands in for people on sample data, as the services offer it: for those who submit, and for the reviewer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deploy.operations.databases import Databases
from deploy.services import SERVICES
from shared.clock import Clock
from shared.ids import IdSource
from shared.service import StandIn, TakenIn
from shared.storage.engine import Database


def take_in(
    databases: Databases,
    folder: Path,
    rejects: Path,
    clock: Clock,
    ids: IdSource,
    show: Callable[[str], None],
) -> TakenIn:
    """Bring a folder of organisations in, and make their requests; raises TakeInError."""
    service, bring = next((one, bring) for one in SERVICES.values() if (bring := one.parts.take_in))
    return bring(databases[service.name], folder, rejects, clock, ids, show)


def reviewer(databases: Databases) -> tuple[Database, StandIn]:
    """Return who stands in for the reviewer, and the database to review in."""
    service, stand_in = next((one, found) for one in SERVICES.values() if (found := one.parts.stand_in))
    return databases[service.name], stand_in
