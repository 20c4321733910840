"""What is looked at before something starts: a restore that has not ended, and what the services need."""

from __future__ import annotations

import logging
from pathlib import Path

from deploy.operations.restore_mark import UnfinishedRestoreError, check_whole
from deploy.services import ALL, SERVICES
from shared.command_line import fail
from shared.settings.registry import Settings
from shared.storage.private_files import keep_private

log = logging.getLogger(__name__)

RUNNING = {"serve", "web", "work"}
"""The processes that need all that their services do."""


def check_start(settings: Settings, service: str, process: str) -> None:
    """End the command with 1 when a process of a service, or of `all`, must not start."""
    try:
        check_whole(settings)
    except UnfinishedRestoreError as error:
        fail(str(error))
    close_state(settings)
    check_services(settings, service, process in RUNNING)


def close_state(settings: Settings) -> None:
    """Have the state directory, the embedded log and databases that are files be their owner's alone.

    What belongs to another user, as a volume of a container may, is named in the log.
    """
    from sqlalchemy.engine import make_url  # only here: `handslag --help` need not bring a database's library

    urls = [make_url(one.database_url(settings)) for one in SERVICES.values()]
    files = [Path(url.database) for url in urls if url.get_backend_name() == "sqlite" and url.database]
    scheme, _, folder = settings.event_log.partition(":///")
    folders = [settings.state_dir, *([Path(folder)] if scheme == "sqlite" else [])]
    for problem in keep_private(folders, files):
        log.warning("%s", problem)


def check_services(settings: Settings, service: str = ALL, runs: bool = True) -> None:
    """End the command with 1 when what the settings name for a service, or for `all`, cannot be used."""
    for name, one in SERVICES.items():
        if problem := one.problem(settings, runs and service in (ALL, name)):
            fail(problem)
