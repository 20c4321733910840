"""`handslag evaluate`: match quality on labelled data, beside simple baselines."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.matching.domain.evaluation import evaluate

COLUMNS = {
    "companies": {"id", "name", "description"},
    "partners": {"id", "name", "need"},
    "relevance": {"partner_id", "company_id", "grade"},
    "unserved": {"need", "served"},
}


class EvaluateError(Exception):
    """Files that cannot be evaluated; the message names the file and what it lacks."""


def evaluate_files(files: Mapping[str, Path], blank: bool) -> dict[str, Any]:
    """Evaluate CSV files by their names `companies`, `partners`, `relevance` and, where there is one, `unserved`.

    With `blank` the focus areas that were given are left out. Raises EvaluateError, OSError.
    """
    rows = {name: _read(name, path) for name, path in files.items()}
    return evaluate(
        rows["companies"],
        rows["partners"],
        rows["relevance"],
        blank=blank,
        unserved_rows=rows.get("unserved"),
    )


def table(result: Mapping[str, Any]) -> str:
    """Write an evaluation as a readable table."""
    figures = ("ndcg_at_10", "precision_at_5", "mrr")
    lines = [f"{'':28}" + "".join(f"{name:>16}" for name in figures)]
    for name, row in {"handslag": result, **result["baselines"]}.items():
        lines.append(
            f"{name:28}"
            + "".join(f"{row[figure]:16.3f}" if figure in row else " " * 16 for figure in figures)
        )
    lines.append(
        f"focus areas inferred, micro F1: {result['focus_area_f1']:.3f}; partners: {result['partners']}"
    )
    if "no_good_match" in result:
        unserved = result["no_good_match"]
        lines.append(
            f"no good match found, of {unserved['needs']} needs: precision {unserved['precision']:.3f}, "
            f"recall {unserved['recall']:.3f}"
        )
    return "\n".join(lines)


def _read(name: str, path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lacking = COLUMNS[name] - set(reader.fieldnames or ())
            if lacking:
                raise EvaluateError(f"{path} lacks the column {', '.join(sorted(lacking))}")
            return [{key: value or "" for key, value in row.items() if key is not None} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise EvaluateError(f"{path} is no CSV file in UTF-8: {error}") from error
