"""The commands of importing: `import companies`, `import partners`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from services.profiles.importing.columns import IMPORT_HELP
from shared.command_line import answer, fail, json_option, own_settings, storage_problem

# The mark \b keeps click from filling paragraphs that are tables.
IMPORT_EPILOG = "\n\n".join(f"\b\n{paragraph}" for paragraph in IMPORT_HELP.split("\n\n"))

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_OPTIONS = (
    click.option(
        "--rejects", type=click.Path(file_okay=False, path_type=Path), help="Folder for the rejected rows."
    ),
    click.option(
        "--dry-run", is_flag=True, help="Say how the file is read and what would come of it; store nothing."
    ),
    click.option(
        "--encoding", default="", help="Encoding of a CSV file, such as utf-8, windows-1250, macroman."
    ),
    click.option(
        "--sheet", default="", help="Sheet of a workbook; otherwise the first one with the columns."
    ),
    json_option,
)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group(name="import", epilog=IMPORT_EPILOG)
def import_group() -> None:
    """Take in companies or partners from a CSV file or a workbook; the same file twice changes nothing."""


@import_group.command(name="companies", epilog=IMPORT_EPILOG)
@file_argument
@_options
def import_companies(file: Path, **options: Any) -> None:
    """Take in companies from FILE (.csv, .xlsx or .ods)."""
    _import("companies", file, **options)


@import_group.command(name="partners", epilog=IMPORT_EPILOG)
@file_argument
@_options
def import_partners(file: Path, **options: Any) -> None:
    """Take in partners from FILE (.csv, .xlsx or .ods)."""
    _import("partners", file, **options)


def _import(
    kind: str, file: Path, rejects: Path | None, dry_run: bool, encoding: str, sheet: str, as_json: bool
) -> None:
    import sqlalchemy.exc

    from services.profiles.importing.file_import import import_into
    from services.profiles.importing.importer import ImportFailedError, Reading
    from services.profiles.importing.reading_lines import reading_lines
    from shared.sheets.sheet import FileError
    from shared.sheets.text_encoding import encoding_name

    try:
        encoding = encoding_name(encoding) if encoding else ""
    except ValueError as error:
        fail(str(error))
    settings = own_settings(process="import")
    try:
        result = import_into(settings, kind, file, rejects, _counter(), Reading(encoding, sheet, dry_run))
    except (FileError, ImportFailedError, sqlalchemy.exc.SQLAlchemyError) as error:
        fail(str(error))
    except OSError as error:
        fail(storage_problem(settings, error))
    lines = reading_lines(result["reading"], always=dry_run)
    lines.append(
        "{added} added, {changed} changed, {unchanged} unchanged, {rejected} rejected".format_map(result)
    )
    lines += [f"rejected: {rejection}" for rejection in result["rejections"]]
    if dry_run:
        lines.append("This was a dry run: nothing was stored.")
    if result["rejects_file"]:
        lines.append(
            f"The rejected rows and their reasons: {result['rejects_file']}; mend them there and import it again."
        )
    for warning in result["warnings"]:
        click.echo(f"note: {warning}", err=True)
    answer(result, as_json, "\n".join(lines))
    sys.exit(1 if result["rejected"] else 0)


def _counter() -> Callable[[int, int], None] | None:
    """Return a function that shows how many of how many rows are done, on a terminal."""
    if not sys.stderr.isatty():
        return None
    return lambda done, total: click.echo(f"\r{done} of {total}", err=True, nl=done == total)
