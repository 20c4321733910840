"""Gaps: what is asked for and no company covers, by focus area and by concept."""

from __future__ import annotations

import pytest

from services.matching.planning.domain.gaps import find_gaps
from services.matching.reports.domain.graph import uncovered_needs
from services.matching.reports.domain.report import Report
from services.matching.text.domain.concept_engine import ConceptEngine
from services.matching.text.domain.thesaurus import make_thesaurus
from tests.services.matching.reports.domain.small_world import (
    CONCEPTS,
    company,
    need,
    partner,
    report,
    request,
    small_engine,
)


@pytest.fixture
def reports() -> list[Report]:
    """Alarms are covered; locks, radiotherapy (twice, by two partners) and something unknown are not."""
    offers = [company("C1", "Telecare with alarms.")]
    one = request(
        need("Telecare with alarms.", "a"), need("Radiotherapy.", "b", title="Linacs"), need("Xyzzy.", "c")
    )
    other = request(need("Radiotherapy and locks for the doors.", "a"), id="R2", partner_id="P2")
    return [report(offers, one), report(offers, other, partner(id="P2", name="Oslo"))]


def test_every_uncovered_need_is_a_gap_with_its_words(reports: list[Report]) -> None:
    found = find_gaps(reports, small_engine())
    assert [(gap.request_id, gap.need_id) for gap in found.gaps] == uncovered_needs(reports)
    assert (found.needs, len(found.gaps)) == (4, 3)
    first = found.gaps[0]
    assert (first.partner_name, first.title, first.text) == ("Bergen City", "Linacs", "Radiotherapy.")
    assert (first.areas, first.concepts) == (("cancer",), ("radiotherapy",))


def test_gaps_are_grouped_with_the_most_asked_for_first_and_the_unknown_last(
    reports: list[Report],
) -> None:
    found = find_gaps(reports, small_engine())
    assert [(one.code, len(one.gaps), one.partners) for one in found.by_concept] == [
        ("radiotherapy", 2, 2), ("locks", 1, 1), ("", 1, 1),
    ]  # fmt: skip
    areas = {one.code: (len(one.gaps), one.asked) for one in found.by_area}
    assert areas["cancer"] == (2, 2)
    assert areas[""] == (1, 1)
    assert found.by_area[-1].code == ""


def test_an_area_says_how_often_it_is_asked_for_covered_or_not() -> None:
    asked = request(need("Telecare with alarms.", "a"), need("Hand hygiene.", "b", focus_areas=("ageing",)))
    found = find_gaps([report([company("C1", "Telecare with alarms.")], asked)], small_engine())
    assert [(one.code, len(one.gaps), one.asked) for one in found.by_area] == [("ageing", 1, 2)]


def test_a_concept_that_tells_little_makes_no_group(reports: list[Report]) -> None:
    rows = [{**row, "weight": 0.3} if row["id"] == "locks" else row for row in CONCEPTS]
    found = find_gaps(reports, ConceptEngine(make_thesaurus(rows, "small")))
    assert "locks" not in {one.code for one in found.by_concept}


def test_reports_in_any_order_say_the_same(reports: list[Report]) -> None:
    assert find_gaps(reports, small_engine()) == find_gaps(reversed(reports), small_engine())


def test_where_everything_is_covered_there_is_none() -> None:
    found = find_gaps([report([company()])], small_engine())
    assert (found.needs, found.gaps, found.by_area, found.by_concept) == (1, (), (), ())
