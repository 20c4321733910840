"""The command `report`: a match report as a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from shared.command_line import fail, own_settings


@click.command()
@click.argument("request_id")
@click.option(
    "--format", "kind", type=click.Choice(("html", "xlsx", "pdf", "json")), default="json", show_default=True
)
@click.option("--language", type=click.Choice(("sv", "en")), help="Default: HANDSLAG_DEFAULT_LANGUAGE.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def report(request_id: str, kind: str, language: str | None, output: Path | None) -> None:
    """Write the match report of a request."""
    from services.matching.report_file import read_report

    settings = own_settings()
    content = read_report(settings, request_id, kind, language or settings.default_language)
    if content is None:
        fail(f"there is no match report for the request {request_id!r} (yet)")
    if output is not None:
        output.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)
