"""The command `why-not`: why a company was not chosen for a request, as a text that can be sent to it."""

from __future__ import annotations

import click

from shared.command_line import answer, fail, json_option, own_settings


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
    from services.matching.text.settings_check import text_engine_problem, thesaurus_problem
    from services.matching.why_not.stored_answer import read_why_not
    from services.matching.why_not.views import UnknownError

    settings = own_settings()
    if problem := thesaurus_problem(settings) or text_engine_problem(settings):
        fail(problem)
    try:
        said = read_why_not(settings, request_id, company_id)
    except UnknownError as error:
        fail(str(error))
    answer(said, as_json, said["letter"][language or settings.default_language])
