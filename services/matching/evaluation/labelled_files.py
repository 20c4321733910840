"""Match quality on labelled files, beside simple baselines, and the table that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.matching.evaluation.domain.measuring import evaluate
from services.matching.text.domain.thesaurus import thesaurus_with
from services.matching.text.engines import make_engine
from services.matching.text.models import EmbedderError
from shared.sheets.csv_rows import read_rows
from shared.sheets.sheet import FileError

COLUMNS = {
    "companies": {"id", "name", "description"},
    "partners": {"id", "name", "need"},
    "relevance": {"partner_id", "company_id", "grade"},
    "unserved": {"need", "served"},
}
"""What each file must have."""
OTHER_COLUMNS = ("country", "city", "website", "kind", "language", "focus_areas")


class EvaluateError(Exception):
    """Files that cannot be evaluated; the message names the file and what it lacks."""


def evaluate_files(
    files: Mapping[str, Path], blank: bool, text_engine: str = "concepts", thesaurus: str = ""
) -> dict[str, Any]:
    """Evaluate CSV files by their names `companies`, `partners`, `relevance` and, where there is one, `unserved`.

    With `blank` the focus areas that were given are left out. `text_engine` and `thesaurus` are as in the settings.
    Raises EvaluateError, ValueError (BadThesaurusError, and a label that names a row), OSError.
    """
    try:
        engine = make_engine(text_engine, thesaurus_with(thesaurus))
    except EmbedderError as error:
        raise EvaluateError(str(error)) from error
    try:
        rows = {name: read_rows(path, COLUMNS[name], OTHER_COLUMNS) for name, path in files.items()}
    except FileError as error:
        raise EvaluateError(str(error)) from error
    return evaluate(
        rows["companies"],
        rows["partners"],
        rows["relevance"],
        blank=blank,
        engine=engine,
        unserved_rows=rows.get("unserved"),
    )


def table(result: Mapping[str, Any]) -> str:
    """Write an evaluation as a readable table, with 95 % intervals of nDCG."""
    figures = ("ndcg_at_10", "precision_at_5", "mrr")
    lines = [f"{'':28}" + "".join(f"{name:>16}" for name in figures) + f"{'interval':>18}"]
    rows = {
        "handslag": result,
        **result["baselines"],
        **{f"without {name}": row for name, row in result["without"].items()},
    }
    for name, row in rows.items():
        low, high = row["ndcg_at_10_interval"]
        cells = "".join(f"{row[figure]:16.3f}" for figure in figures)
        lines.append(f"{name:28}{cells}{f'{low:.3f} to {high:.3f}':>18}")
    lines.append(
        f"focus areas inferred, micro F1: {result['focus_area_f1']:.3f}; partners: {result['partners']}"
    )
    unserved = result["no_good_match"]
    for name, found in {
        "all": unserved,
        **{one: unserved[one] for one in ("labelled", "constructed")},
    }.items():
        lines.append(
            f"no good match found, of {found['needs']} needs ({name}): precision {_share(found['precision'])}, "
            f"recall {_share(found['recall'])}"
        )
    return "\n".join([*lines, f"text engine: {result['text_engine']}"])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
