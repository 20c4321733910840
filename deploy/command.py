"""The `handslag` command: each subcommand is a few lines here and a module of its own behind them.

Exit codes: 0 done, 1 failed, 2 used wrongly. With `--json` the last line of standard output is one JSON object.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

import click

from deploy.commands import backups as keeping
from deploy.commands import operating as operations
from deploy.commands import rights
from deploy.commands.common import (
    answer,
    check_text_engine,
    check_thesaurus,
    fail,
    fail_text_engine,
    json_option,
    own_settings,
    storage_problem,
)
from deploy.commands.thesaurus import thesaurus
from deploy.commands.topics import topics
from deploy.commands.why_not import why_not
from services.profiles.importing.columns import IMPORT_HELP
from shared.settings.registry import Settings, describe_settings
from shared.storage.migrations import NewerDatabaseError

# The mark \b keeps click from filling paragraphs that are tables.
IMPORT_EPILOG = "\n\n".join(f"\b\n{paragraph}" for paragraph in IMPORT_HELP.split("\n\n"))
SAMPLE = Path(__file__).with_name("sample")

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
folder = click.Path(exists=True, file_okay=False, path_type=Path)
existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Main(click.Group):
    """Ends every command alike when a database is too new for this code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except NewerDatabaseError as error:
            fail(str(error))


@click.group(cls=_Main, context_settings={"help_option_names": ["-h", "--help"]})
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
@click.argument("service", type=click.Choice(("profiles", "matching", "notifications", "all")))
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
@click.argument("service", type=click.Choice(("profiles", "matching", "notifications", "all")))
@click.option("--sample", is_flag=True, hidden=True)
def work(service: str, sample: bool) -> None:
    """Do the work of one service (or all): relay, consumer and workers."""
    from deploy.runtime.serve import watch_lifeline

    settings = own_settings(service, "work")
    watch_lifeline(os.environ)
    from deploy.runtime.metrics_port import MetricsPortError
    from deploy.runtime.work import work_until_signalled
    from services.matching.text.models import EmbedderError

    try:
        sys.exit(work_until_signalled(service, _sample(settings) if sample else settings))
    except EmbedderError as error:
        fail_text_engine(error)
    except MetricsPortError as error:
        fail(str(error))


@main.command()
@click.option("--exit", "and_exit", is_flag=True, help="End when the job is done; otherwise serve its pages.")
@click.option("--data", type=folder, default=SAMPLE, help="Folder with companies.csv and partners.csv.")
@json_option
def demo(and_exit: bool, data: Path, as_json: bool) -> None:
    """Do the main job in a fresh state: import, match, approve the best of each request, send the mails."""
    from deploy.demo.run import DemoError, demo_settings, run_demo
    from deploy.runtime.serve import AddressInUseError, supervise

    settings = own_settings()
    check_thesaurus(settings)
    check_text_engine(settings)
    try:
        settings = demo_settings(settings)
        result = run_demo(settings, data, show=_progress())
        text = (
            "{companies} companies, {partners} partners, {requests} requests: {matches} matches, "
            "{introductions} introductions, {mails} mails, {failures} failures in {seconds} s"
        )
        answer(result, as_json, text.format_map(result))
        if not and_exit:
            click.echo(f"Serving it at http://{settings.host}:{settings.port} (Ctrl-C ends it)", err=True)
            sys.exit(supervise(settings))
        sys.exit(1 if result["failures"] else 0)
    except (DemoError, AddressInUseError) as error:
        fail(str(error))
    except OSError as error:
        fail(storage_problem(settings, error))


@main.group(name="import", epilog=IMPORT_EPILOG)
def import_group() -> None:
    """Take in companies or partners from a CSV or XLSX file; the same file twice changes nothing."""


@import_group.command(name="companies", epilog=IMPORT_EPILOG)
@file_argument
@click.option(
    "--rejects", type=click.Path(file_okay=False, path_type=Path), help="Folder for the rejected rows."
)
@json_option
def import_companies(file: Path, rejects: Path | None, as_json: bool) -> None:
    """Take in companies from FILE (.csv or .xlsx)."""
    _import("companies", file, rejects, as_json)


@import_group.command(name="partners", epilog=IMPORT_EPILOG)
@file_argument
@click.option(
    "--rejects", type=click.Path(file_okay=False, path_type=Path), help="Folder for the rejected rows."
)
@json_option
def import_partners(file: Path, rejects: Path | None, as_json: bool) -> None:
    """Take in partners from FILE (.csv or .xlsx)."""
    _import("partners", file, rejects, as_json)


@main.command()
@click.argument("request_id")
@click.option(
    "--format", "kind", type=click.Choice(("html", "xlsx", "pdf", "json")), default="json", show_default=True
)
@click.option("--language", type=click.Choice(("sv", "en")), help="Default: HANDSLAG_DEFAULT_LANGUAGE.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def report(request_id: str, kind: str, language: str | None, output: Path | None) -> None:
    """Write the match report of a request."""
    from deploy.commands.reporting import read_report

    settings = own_settings()
    content = read_report(settings, request_id, kind, language or settings.default_language)
    if content is None:
        fail(f"there is no match report for the request {request_id!r} (yet)")
    if output is not None:
        output.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)


@main.command()
@click.option("--data", type=folder, help="Folder with the three files by their usual names.")
@click.option("--companies", type=existing_file)
@click.option("--partners", type=existing_file)
@click.option("--relevance", type=existing_file)
@click.option("--unserved", type=existing_file, help="Needs judged as served or not (need,served).")
@click.option("--blank", is_flag=True, help="Leave out the focus areas that were given.")
@json_option
def evaluate(
    data: Path | None,
    companies: Path | None,
    partners: Path | None,
    relevance: Path | None,
    unserved: Path | None,
    blank: bool,
    as_json: bool,
) -> None:
    """Measure match quality on labelled data, beside simple baselines and with each part left out."""
    from deploy.commands.evaluate import EvaluateError, evaluate_files, table

    files = {
        name: given or (data / f"{name}.csv" if data else None)
        for name, given in (("companies", companies), ("partners", partners), ("relevance", relevance))
    }
    missing = [f"--{name}" for name, path in files.items() if path is None]
    if missing:
        raise click.UsageError(f"give --data, or {', '.join(missing)}")
    if unserved or (data and (data / "unserved.csv").exists()):
        files["unserved"] = unserved or (data / "unserved.csv" if data else None)
    settings = own_settings()
    given = {name: path for name, path in files.items() if path}
    try:
        result = evaluate_files(given, blank, settings.text_engine, settings.thesaurus)
    except (EvaluateError, ValueError, OSError) as error:
        fail(str(error))
    answer(result, as_json, table(result))


@main.command()
@click.option("--kafka", metavar="HOST:PORT", help="Measure on this Kafka broker too, in topics of its own.")
@click.option(
    "--sizes",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Measure the cost of 1,000 to 100,000 companies too, and draw it into FILE (SVG).",
)
@json_option
def bench(kafka: str | None, sizes: Path | None, as_json: bool) -> None:
    """Measure the speed of our parts beside bare peers; about eight minutes, in temporary folders."""
    from shared.event_log.port import EventLogError
    from tests.bench.measure import BenchError
    from tests.bench.run import run_bench, table

    try:
        result = run_bench(kafka, show=_progress(), picture=sizes)
    except (BenchError, EventLogError, ValueError, OSError) as error:
        fail(str(error))
    answer(result, as_json, table(result))


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
    lines += [f"wrong: {problem}" for problem in problems] or ["All settings are in order."]
    answer({"settings": rows, "problems": problems}, as_json, "\n".join(lines))
    sys.exit(1 if problems else 0)


def _import(kind: str, file: Path, rejects: Path | None, as_json: bool) -> None:
    import sqlalchemy.exc

    from deploy.commands.importing import import_into
    from services.profiles.importing.importer import ImportFailedError
    from services.profiles.importing.sheet import FileError

    settings = own_settings(process="import")
    try:
        result = import_into(settings, kind, file, rejects, _counter())
    except (FileError, ImportFailedError, sqlalchemy.exc.SQLAlchemyError) as error:
        fail(str(error))
    except OSError as error:
        fail(storage_problem(settings, error))
    text = "{added} added, {changed} changed, {unchanged} unchanged, {rejected} rejected".format_map(result)
    if result["rejects_file"]:
        text += f"\nThe rejected rows and their reasons: {result['rejects_file']}; mend them there and import it again."
    for warning in result["warnings"]:
        click.echo(f"note: {warning}", err=True)
    answer(result, as_json, text)
    sys.exit(1 if result["rejected"] else 0)


def _sample(settings: Settings) -> Settings:
    if settings.host not in {"127.0.0.1", "::1", "localhost"}:
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


def _progress() -> Any:
    """Give a function that shows a line of progress on a terminal, and nothing elsewhere."""
    shown = sys.stderr.isatty()
    return lambda line: click.echo(line, err=True) if shown else None


def _counter() -> Any:
    """Give a function that shows how many of how many rows are done, on a terminal."""
    if not sys.stderr.isatty():
        return None
    return lambda done, total: click.echo(f"\r{done} of {total}", err=True, nl=done == total)


for command in (operations.status, operations.dead, operations.rebuild, topics, thesaurus, why_not):
    main.add_command(command)
for command in (rights.export, rights.erase):
    main.add_command(command)
for command in (keeping.backup, keeping.restore, keeping.reconcile):
    main.add_command(command)


if __name__ == "__main__":
    main()
