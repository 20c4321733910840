"""The `handslag` command: what starts processes; the other subcommands come from `commands` and from the services.

Exit codes: 0 done, 1 failed, 2 used wrongly. With `--json` the last line of standard output is one JSON object.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

import click

from deploy.commands.backups import backup, reconcile, restore
from deploy.commands.operating import dead, status
from deploy.commands.personal_data import erase, export
from deploy.commands.starting import check_services, check_start
from deploy.commands.topics import topics
from deploy.services import CHOICES, SERVICES
from shared.command_line import (
    StartCheck,
    answer,
    fail,
    json_option,
    own_settings,
    progress,
    storage_problem,
)
from shared.settings.registry import Settings, describe_settings, risky_settings
from shared.storage.newer_database import NewerDatabaseError
from shared.storage.private_files import private_umask
from shared.words.hosts import is_loopback

SAMPLE = Path(__file__).with_name("sample")

folder = click.Path(exists=True, file_okay=False, path_type=Path)


class _Main(click.Group):
    """Has every command make private files, and ends it alike when a database is too new for this code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            with private_umask():
                return super().invoke(ctx)
        except NewerDatabaseError as error:
            fail(str(error))


@click.group(
    cls=_Main, context_settings={"help_option_names": ["-h", "--help"], "obj": StartCheck(check_start)}
)
@click.version_option(package_name="handslag")
def main() -> None:
    """Handslag: partner matchmaking for health and life-science export organisations."""


@main.command()
@click.option(
    "--sample", is_flag=True, help="Fill a new state with the sample organisations; for this machine only."
)
def serve(sample: bool) -> None:
    """Serve everything on one machine: a web and a work process under one supervisor."""
    from deploy.demo import prepare as sample_data
    from deploy.demo.secrets import with_own_secrets
    from deploy.runtime.metrics_port import share_folder
    from deploy.runtime.serve import AddressInUseError, supervise

    settings = own_settings(process="serve")
    share_folder(settings)
    try:
        if sample:
            settings = with_own_secrets(_sample(settings))
            sys.exit(supervise(settings, lambda stop: sample_data.prepare(settings, SAMPLE, stop)))
        _needs_secret_key(settings)
        sys.exit(supervise(settings))
    except AddressInUseError as error:
        fail(str(error))
    except OSError as error:
        fail(storage_problem(settings, error))


@main.command()
@click.argument("service", type=click.Choice(CHOICES))
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Web worker processes."
)
@click.option("--sample", is_flag=True, hidden=True)
def web(service: str, workers: int, sample: bool) -> None:
    """Answer web requests of one service (or all): never touches the event log."""
    from deploy.runtime.serve import watch_lifeline

    settings = own_settings(service, "web")
    _needs_secret_key(settings)
    watch_lifeline(os.environ)  # before what takes its time to import
    from deploy.runtime.metrics_port import MetricsPortError
    from deploy.runtime.web import serve_web

    try:
        serve_web(service, _sample(settings) if sample else settings, workers)
    except MetricsPortError as error:
        fail(str(error))


@main.command()
@click.argument("service", type=click.Choice(CHOICES))
@click.option("--sample", is_flag=True, hidden=True)
def work(service: str, sample: bool) -> None:
    """Do the work of one service (or all): relay, consumer and workers."""
    from deploy.runtime.serve import watch_lifeline

    settings = own_settings(service, "work")
    watch_lifeline(os.environ)
    from deploy.runtime.metrics_port import MetricsPortError
    from deploy.runtime.work import work_until_signalled
    from shared.service import CannotStartError

    try:
        sys.exit(work_until_signalled(service, _sample(settings) if sample else settings))
    except (CannotStartError, MetricsPortError) as error:
        fail(str(error))


@main.command()
@click.option("--exit", "and_exit", is_flag=True, help="End when the job is done; otherwise serve its pages.")
@click.option("--data", type=folder, default=SAMPLE, help="Folder with companies.csv and partners.csv.")
@json_option
def demo(and_exit: bool, data: Path, as_json: bool) -> None:
    """Do the main job in a fresh state: import, match, approve the best of each request, send the mails."""
    from deploy.demo.run import DemoError, demo_settings, run_demo
    from deploy.runtime.serve import AddressInUseError, start_anew, supervise

    settings = own_settings()
    check_services(settings)
    try:
        settings = demo_settings(settings)
        result = run_demo(settings, data, show=progress())
        text = (
            "{companies} companies, {partners} partners, {requests} requests: {matches} matches, "
            "{introductions} introductions, {mails} mails, {failures} failures in {seconds} s"
        )
        answer(result, as_json, text.format_map(result))
        if not and_exit:
            click.echo(f"Serving it at {settings.base_url} (Ctrl-C ends it)", err=True)
            sys.exit(supervise(settings, start=start_anew))
        sys.exit(1 if result["failures"] else 0)
    except (DemoError, AddressInUseError) as error:
        fail(str(error))
    except OSError as error:
        fail(storage_problem(settings, error))


@main.command(name="settings")
@json_option
def settings_command(as_json: bool) -> None:
    """Show every setting, its meaning and its value, and what is wrong with them.

    Where it says so, HANDSLAG_X_FILE may name a file that has the value of HANDSLAG_X.
    """
    shown, problems = describe_settings(os.environ)
    rows = [
        {"name": setting.name, "value": value, "meaning": setting.meaning, "file": setting.file_name}
        for setting, value in shown
    ]
    lines = [
        f"{row['name']} = {row['value']}\n    {row['meaning']}"
        + (f" (or {row['file']}: a file with it)" if row["file"] else "")
        for row in rows
    ]
    warnings = risky_settings(os.environ)
    lines += [f"warning: {warning}" for warning in warnings]
    lines += [f"wrong: {problem}" for problem in problems] or ["All settings are in order."] * (not warnings)
    answer({"settings": rows, "problems": problems, "warnings": warnings}, as_json, "\n".join(lines))
    sys.exit(1 if problems else 0)


def _sample(settings: Settings) -> Settings:
    if not is_loopback(settings.host):
        raise click.UsageError(
            "sample data is served on loopback only: everyone who reaches it counts as staff"
        )
    if settings.smtp != "mailbox:":
        raise click.UsageError("with sample data mails go to the built-in mailbox only: unset HANDSLAG_SMTP")
    return dataclasses.replace(settings, sample=True)


def _needs_secret_key(settings: Settings) -> None:
    if not settings.secret_key:
        raise click.UsageError(
            "HANDSLAG_SECRET_KEY is not set. Set it to a long random text that stays the same, for example the "
            "output of: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )


for command in (
    *(dead, erase, export, reconcile, restore, status, topics, backup),
    *(command for service in SERVICES.values() for command in service.commands),
):
    main.add_command(command)


if __name__ == "__main__":
    main()
