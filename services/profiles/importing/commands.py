"""The commands of importing: `import companies`, `import partners`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from services.profiles.importing.columns import IMPORT_HELP
from shared.command_line import answer, fail, json_option, own_settings, storage_problem

# The mark \b keeps click from filling paragraphs that are tables.
IMPORT_EPILOG = "\n\n".join(f"\b\n{paragraph}" for paragraph in IMPORT_HELP.split("\n\n"))

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
rejects_option = click.option(
    "--rejects", type=click.Path(file_okay=False, path_type=Path), help="Folder for the rejected rows."
)


@click.group(name="import", epilog=IMPORT_EPILOG)
def import_group() -> None:
    """Take in companies or partners from a CSV or XLSX file; the same file twice changes nothing."""


@import_group.command(name="companies", epilog=IMPORT_EPILOG)
@file_argument
@rejects_option
@json_option
def import_companies(file: Path, rejects: Path | None, as_json: bool) -> None:
    """Take in companies from FILE (.csv or .xlsx)."""
    _import("companies", file, rejects, as_json)


@import_group.command(name="partners", epilog=IMPORT_EPILOG)
@file_argument
@rejects_option
@json_option
def import_partners(file: Path, rejects: Path | None, as_json: bool) -> None:
    """Take in partners from FILE (.csv or .xlsx)."""
    _import("partners", file, rejects, as_json)


def _import(kind: str, file: Path, rejects: Path | None, as_json: bool) -> None:
    import sqlalchemy.exc

    from services.profiles.importing.file_import import import_into
    from services.profiles.importing.importer import ImportFailedError
    from shared.sheets.sheet import FileError

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


def _counter() -> Callable[[int, int], None] | None:
    """Return a function that shows how many of how many rows are done, on a terminal."""
    if not sys.stderr.isatty():
        return None
    return lambda done, total: click.echo(f"\r{done} of {total}", err=True, nl=done == total)
