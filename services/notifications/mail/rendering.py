"""Rendering what a mail says as subject, plain text and HTML, by the templates in `templates/mail/`.

A template is written once for both forms: it speaks through the macros of `_text.jinja` or `_html.jinja`.
Names and sentences are escaped in HTML.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.environment import TemplateModule
from markupsafe import Markup

from services.notifications.mail.domain.composing import MailText
from services.notifications.mail.domain.safe_text import one_line, unlinked
from shared.words.countries import country_name, in_country

FOLDER = Path(__file__).parent / "templates" / "mail"
WIDTH = 76

ROLES: Mapping[str, Mapping[str, str]] = {
    "supplier": {"en": "supplier", "sv": "leverantör"},
    "study_visit_host": {"en": "host for a study visit", "sv": "värd för ett studiebesök"},
    "knowledge_partner": {"en": "knowledge partner", "sv": "kunskapspartner"},
}


@dataclass(frozen=True)
class Rendered:
    """A mail's subject (one line), plain text and HTML."""

    subject: str
    text: str
    html: str


def render(mail: MailText) -> Rendered:
    """Render a mail in its language.

    Raises jinja2.TemplateNotFound when there is no template of that name in that language.
    """
    name = f"{mail.template.partition('.')[0]}.{mail.language}.jinja"
    plain, html = _written(mail, name, "text"), _written(mail, name, "html")
    subject = str(plain.subject())  # type: ignore[attr-defined]  # a macro that every such template has
    return Rendered(subject=one_line(subject), text=_spaced(str(plain)), html=str(html).strip() + "\n")


def _fold(text: str, first: str = "", rest: str = "") -> str:
    """Fold a paragraph at 76 columns; `first` and `rest` stand before its first line and the others."""
    line = " ".join(text.split())
    return textwrap.fill(
        line,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _listed(names: Sequence[str], language: str) -> str:
    """Return the names that are told as they stand in a sentence."""
    told = [name for name in names if name]
    last = {"sv": " och ", "en": " and "}[language]
    return last.join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else "".join(told)


def _spaced(text: str) -> str:
    """Put one empty line between paragraphs, and none at the ends."""
    lines: list[str] = []
    for line in map(str.rstrip, text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"


def _written(mail: MailText, name: str, form: str) -> TemplateModule:
    environment = _environment(form)
    return environment.get_template(name).make_module(
        {
            "mail": mail,
            "m": environment.get_template(f"_{form}.jinja").module,
            "country_name": country_name,
            "in_country": in_country,
            "listed": _listed,
            "role_name": lambda role, language: ROLES.get(role, ROLES["supplier"])[language],
        }
    )


def _finished(value: object) -> object:
    """Keep mail programs from making links of others' words; what is markup already, such as the website, stays."""
    return unlinked(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment(form: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=form == "html",  # noqa: S701  # plain text is not escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finished if form == "html" else None,
    )
    environment.filters["fold"] = _fold
    return environment
