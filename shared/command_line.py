"""What every command does alike: reading the settings, answering, failing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from shared.settings.registry import Settings, SettingsError, read_settings, risky_settings, unknown_settings
from shared.telemetry import logs


@dataclass(frozen=True)
class StartCheck:
    """The object of the command line's context: ends the command where `process` of `service` must not start."""

    check: Callable[[Settings, str, str], None]


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")


def own_settings(service: str = "all", process: str = "command") -> Settings:
    """Read this process's settings; what is misspelt is warned of, what is wrong ends the command with 2.

    The log is written from here on, as the settings say; `service` and `process` stand in its lines. What is more than
    a command of a moment is checked by the deployment's `StartCheck` first.
    """
    for warning in (*unknown_settings(os.environ), *risky_settings(os.environ)):
        click.echo(f"warning: {warning}", err=True)
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"wrong setting: {problem}", err=True)
        sys.exit(2)
    logs.configure(settings.log_format, settings.log_level, service, process)
    check = click.get_current_context().find_object(StartCheck)
    if process != "command" and check is not None:
        check.check(settings, service, process)
    return settings


def answer(result: Mapping[str, Any], as_json: bool, text: str) -> None:
    """Print a command's result: as one JSON object, or the text for people."""
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else text)


def storage_problem(settings: Settings, error: OSError) -> str:
    """Say what is wrong with the folder that state is kept in, and the fix."""
    return (
        f"{error.filename or settings.state_dir}: {error.strerror or error}. State is kept in the folder "
        f"{settings.state_dir}: make it one that can be written to, or choose another with HANDSLAG_STATE_DIR"
    )


def fail(message: str) -> NoReturn:
    """End the command with exit code 1 and say why."""
    click.echo(f"failed: {message}", err=True)
    sys.exit(1)


def progress() -> Callable[[str], None]:
    """Return a function that shows a line of progress on a terminal, and nothing elsewhere."""
    shown = sys.stderr.isatty()
    return lambda line: click.echo(line, err=True) if shown else None
