from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from services.matching.reports.domain.report import Report
from services.matching.reports.store import reports
from services.matching.reports.worker import Scorer
from services.matching.review.files import report_as_html, report_as_pdf, report_as_xlsx
from shared.storage.engine import Database

FORMULA = '=HYPERLINK("http://example.org","x")'
MARKUP = '#import "x" *bold* $x$ \\ <script>alert(1)</script> \x0b مستشفى'


@pytest.fixture
def report(scored: Any, scorer: Scorer, database: Database) -> Report:
    scored.company("C1", f"Autoclaves for sterile processing. {MARKUP}", name=FORMULA)
    scored.company("C2", not_to_meet=["P1"])
    scorer.score_stale()
    with database.reading() as connection:
        stored = reports.get_report(connection, "R1")
    assert stored is not None
    assert stored.content.matches
    return stored.content


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_page_stands_alone(report: Report, app: Flask, language: str) -> None:
    page = report_as_html(app, "R1", language)
    assert f'<html lang="{language}">' in page
    assert "Hospital P1" in page
    assert "<script" not in page
    assert "<form" not in page
    assert 'src="' not in page
    assert "<link" not in page


def test_a_page_of_an_unknown_request_is_a_lookup_error(app: Flask) -> None:
    with pytest.raises(LookupError, match="nobody"):
        report_as_html(app, "nobody", "en")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_workbook_never_computes_what_somebody_wrote(report: Report, language: str) -> None:
    book = load_workbook(BytesIO(report_as_xlsx(report, language)))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert FORMULA in {cell.value for cell in cells}


def test_a_workbook_has_a_row_for_every_match_part_and_exclusion(report: Report) -> None:
    book = load_workbook(BytesIO(report_as_xlsx(report)))
    rows = [sheet.max_row - 1 for sheet in book.worksheets]
    parts = sum(len(match.parts) for match in report.matches)
    assert rows == [len(report.matches), parts, len(report.excluded)]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_pdf_takes_every_text_as_text(report: Report, language: str) -> None:
    pdf = report_as_pdf(report, language)
    assert pdf.startswith(b"%PDF-")
    assert report_as_pdf(report, language) == pdf
