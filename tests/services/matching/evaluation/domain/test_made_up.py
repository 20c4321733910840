"""Quality on made-up organisations: `seen` when weights and thresholds were chosen, `held_out` from that."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from services.matching.evaluation.domain.measuring import (
    company_of_row,
    focus_area_f1,
    measure,
    partner_of_row,
    ranking_of,
    read_grades,
)
from services.matching.scoring.domain.features import company_features, need_features
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.text.domain.concept_engine import standard_engine

FOLDER = Path(__file__).parent / "made_up"


def rows(name: str, kind: str) -> list[dict[str, str]]:
    with (FOLDER / name / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measured(name: str, blank: bool) -> dict[str, Any]:
    """Measure the ranking by concepts alone."""
    companies = [company_of_row(row, blank) for row in rows(name, "companies")]
    pairs = [partner_of_row(row, blank) for row in rows(name, "partners")]
    ids = {one.id for one in companies}, {one.id for one, _ in pairs}
    grades = read_grades(rows(name, "relevance"), *ids)
    reading = standard_engine(), STANDARD_POLICY
    return measure(
        [ranking_of(company_features(companies, reading[0]), need_features(pairs, *reading))], grades
    )


@pytest.mark.parametrize(
    ("name", "blank", "least"),
    [
        ("seen", False, 0.66),
        ("seen", True, 0.64),
        ("held_out", False, 0.66),
        ("held_out", True, 0.54),
    ],
)
def test_quality_on_organisations_of_others_making_does_not_slip(
    name: str, blank: bool, least: float
) -> None:
    assert measured(name, blank)["ndcg_at_10"] >= least


@pytest.mark.parametrize("name", ["seen", "held_out"])
def test_focus_areas_are_inferred_there_too(name: str) -> None:
    found = focus_area_f1(rows(name, "companies"), rows(name, "partners"), standard_engine())
    assert found >= 0.72
