"""CSV files that commands only look at."""

from __future__ import annotations

from pathlib import Path

from shared.sheets.csv_rows import read_rows
from shared.sheets.sheet import MOST_ROWS


def test_labels_may_be_more_than_an_import_takes(tmp_path: Path) -> None:
    file = tmp_path / "relevance.csv"
    file.write_text("partner_id,company_id,grade\n" + "P1,C1,2\n" * (MOST_ROWS + 1), encoding="utf-8")
    rows = read_rows(file, ("partner_id", "company_id", "grade"))
    assert len(rows) == MOST_ROWS + 1
    assert rows[-1] == {"partner_id": "P1", "company_id": "C1", "grade": "2"}
