"""What is looked at before something starts: a restore that has not ended, and what the services need."""

from __future__ import annotations

from deploy.operations.restore_mark import UnfinishedRestoreError, check_whole
from deploy.services import ALL, SERVICES
from shared.command_line import fail
from shared.settings.registry import Settings

RUNNING = {"serve", "web", "work"}
"""The processes that need all that their services do."""


def check_start(settings: Settings, service: str, process: str) -> None:
    """End the command with 1 when a process of a service, or of `all`, must not start."""
    try:
        check_whole(settings)
    except UnfinishedRestoreError as error:
        fail(str(error))
    check_services(settings, service, process in RUNNING)


def check_services(settings: Settings, service: str = ALL, runs: bool = True) -> None:
    """End the command with 1 when what the settings name for a service, or for `all`, cannot be used."""
    for name, one in SERVICES.items():
        if problem := one.problem(settings, runs and service in (ALL, name)):
            fail(problem)
