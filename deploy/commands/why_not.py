"""The command `why-not`: why a company was not chosen for a request, as a text that can be sent to it."""

from __future__ import annotations

import click

from deploy.commands.common import (
    answer,
    check_text_engine,
    check_thesaurus,
    fail,
    json_option,
    own_settings,
)


@click.command(name="why-not")
@click.argument("request_id")
@click.argument("company_id")
@click.option("--language", type=click.Choice(("sv", "en")), help="Default: HANDSLAG_DEFAULT_LANGUAGE.")
@json_option
def why_not(request_id: str, company_id: str, language: str | None, as_json: bool) -> None:
    """Say why a company was not chosen for a request, and what would change it.

    The text names no other company, no score and no rank, and may be sent to the company. With --json there is also
    what only staff may see, under `for_staff`.
    """
    from deploy.commands.reporting import read_why_not
    from services.matching.why_not.views import UnknownError

    settings = own_settings()
    check_thesaurus(settings)
    check_text_engine(settings)
    try:
        said = read_why_not(settings, request_id, company_id)
    except UnknownError as error:
        fail(str(error))
    answer(said, as_json, said["letter"][language or settings.default_language])
