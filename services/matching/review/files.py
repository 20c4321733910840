"""A match report as a file: a page that stands alone, a workbook, a PDF."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst
from flask import Flask, render_template
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from services.matching.context import database
from services.matching.i18n import N_, translator
from services.matching.reports.domain.erased_words import ERASED_NAME
from services.matching.reports.domain.report import Report, canonical_json
from services.matching.review.graph_picture import picture
from services.matching.review.labels import PARTS, ROLES, SIDES, VERDICTS
from services.matching.review.strangers import NOTHING, ByStrangers, mark_of
from services.matching.review.views import report_view, with_erased_named
from shared.clock import from_text
from shared.sheets.written_cells import put_text

HERE = Path(__file__).parent
STYLES = HERE.parent / "static" / "matching.css"
Row = Sequence[str | float]

MATCH_COLUMNS = (
    N_("Company"),
    N_("Country"),
    N_("Need"),
    N_("Role"),
    N_("Points"),
    N_("Why"),
    N_("To ask the company"),
    N_("Flags"),
    N_("From anyone"),
)
PART_COLUMNS = (
    N_("Company"),
    N_("Need"),
    N_("Part"),
    N_("Points"),
    N_("At most"),
    N_("Words on both sides"),
    N_("What is missing"),
)
EXCLUDED_COLUMNS = (N_("Company"), N_("Need"), N_("Reason"), N_("From anyone"))
LABELS = {
    "title": N_("Match report"),
    "need": N_("Need"),
    "why": N_("Why"),
    "requirements": N_("Requirements"),
    "questions": N_("To ask the company"),
    "excluded": N_("Excluded, and why"),
    "none": N_("No company is a good match for this need."),
    "part": N_("Part"),
    "points": N_("Points"),
    "missing": N_("What is missing"),
    "together": N_("Together"),
}


def report_as_html(app: Flask, request_id: str, language: str) -> str:
    """Return a report as one HTML page in `sv` or `en` that needs no other file, rendered by matching's app.

    Raises LookupError when there is no report.
    """
    with app.test_request_context(f"/?lang={language}"):
        with database().reading() as connection:
            view = report_view(connection, request_id)
        if view is None:
            raise LookupError(f"there is no match report for the request {request_id!r}")
        report = with_erased_named(view.report, translator(language)(ERASED_NAME))
        return render_template(
            "review/report_alone.html",
            view=replace(view, report=report),
            report=report,
            picture=picture(report, language),
            style=_style(),
        )


def report_as_xlsx(report: Report, language: str = "en", strangers: ByStrangers = NOTHING) -> bytes:
    """Return a report as a workbook: a sheet of matches, one of score parts, one of exclusions.

    `strangers` is what they made of it. Every text is written as text: one that begins like a formula stays what it was
    and is never computed.
    """
    say_it = translator(language)
    report = with_erased_named(report, say_it(ERASED_NAME))
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = say_it(N_("Matches"))
    _fill(first, [say_it(text) for text in MATCH_COLUMNS], _match_rows(report, language, strangers))
    parts = book.create_sheet(say_it(N_("Parts")))
    _fill(parts, [say_it(text) for text in PART_COLUMNS], _part_rows(report, language))
    excluded = book.create_sheet(say_it(N_("Excluded")))
    rows = (
        [one.company.name, one.need_id, one.reason[language], say_it(mark) if mark else ""]
        for one in report.excluded
        for mark in [mark_of(strangers.exclusions.get((one.company.id, one.code)))]
    )
    _fill(excluded, [say_it(text) for text in EXCLUDED_COLUMNS], rows)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def report_as_pdf(report: Report, language: str, strangers: ByStrangers = NOTHING) -> bytes:
    """Return a report as a PDF in `sv` or `en`.

    `strangers` is what they made of it. The report goes in as data, never as markup. The same report gives the same
    bytes on the same machine.
    """
    say_it = translator(language)
    report = with_erased_named(report, say_it(ERASED_NAME))
    words = {
        "labels": {name: say_it(text) for name, text in LABELS.items()},
        "parts": {name: say_it(text) for name, text in PARTS.items()},
        "roles": {name: say_it(text) for name, text in ROLES.items()},
        "verdicts": {name: say_it(text) for name, text in VERDICTS.items()},
    }
    inputs = {
        "language": language,
        "report": canonical_json(report),
        "words": json.dumps(words, ensure_ascii=False),
        "marks": json.dumps(_marks(strangers, say_it), ensure_ascii=False),
    }
    made = int(from_text(report.as_of).timestamp())
    pdf = typst.compile(
        HERE / "templates" / "review/report.typ", format="pdf", sys_inputs=inputs, timestamp=made
    )
    return bytes(pdf)


def _marks(strangers: ByStrangers, say_it: Callable[[str], str]) -> dict[str, Any]:
    """Return what a PDF says beside what strangers made, in words."""
    asking = mark_of(strangers.asking)
    return {
        "asking": say_it(asking) if asking else "",
        "companies": {id: say_it(mark_of(parts)) for id, parts in strangers.companies.items()},
        "exclusions": {
            f"{id} {code}": say_it(mark_of(parts)) for (id, code), parts in strangers.exclusions.items()
        },
    }


def _match_rows(report: Report, language: str, strangers: ByStrangers) -> Iterator[Row]:
    say_it = translator(language)
    sides = {side: say_it(text) for side, text in SIDES.items()}
    roles = {code: translator(language)(text) for code, text in ROLES.items()}
    needs = {need.id: need.label for need in report.needs}
    for match in report.matches:
        yield [
            match.company.name,
            match.company.country,
            needs[match.need_id],
            roles.get(match.role, match.role),
            match.score,
            "\n".join(match.reasons[language]),
            "\n".join(match.questions[language]),
            "\n".join(flag.text[language] for flag in match.flags),
            "\n".join(
                f"{sides[side]}: {say_it(mark_of(parts))}"
                for side, parts in (
                    ("company", strangers.companies.get(match.company.id)),
                    ("partner", strangers.asking),
                )
                if parts
            ),
        ]


def _part_rows(report: Report, language: str) -> Iterator[Row]:
    names = {code: translator(language)(text) for code, text in PARTS.items()}
    for match in report.matches:
        for part in match.parts:
            quotes = [f"{quote.need} ↔ {quote.company}" for quote in part.quotes]
            name = names.get(part.name, part.name)
            yield [
                match.company.name,
                match.need_id,
                name,
                part.points,
                part.most,
                "\n".join(quotes),
                part.missing[language],
            ]


def _fill(sheet: Worksheet, head: Row, rows: Iterable[Row]) -> None:
    for number, row in enumerate([head, *rows], start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            if isinstance(value, str):
                assert isinstance(cell, Cell)
                put_text(cell, ILLEGAL_CHARACTERS_RE.sub("", value))
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            else:
                cell.value = value
            if number == 1:
                cell.font = Font(bold=True)
    for column, letter in enumerate("ABCDEFGHI"[: len(head)]):
        sheet.column_dimensions[letter].width = 28 if column < 3 else 18 if column < 5 else 50
    sheet.freeze_panes = "A2"


def _style() -> str:
    bootstrap = files("flask_bootstrap") / "static" / "bootstrap5" / "css" / "bootstrap.min.css"
    own = STYLES.read_text(encoding="utf-8")
    sheet = bootstrap.read_text(encoding="utf-8").split("/*# sourceMappingURL")[0]
    return f"{sheet}\n{own}".replace("</", "<\\/")
