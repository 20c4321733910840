"""A report goes to JSON and back by one way: nothing is lost, and the bytes stay the same."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tests.golden
from services.matching.reports.domain.erased_words import without_company
from services.matching.reports.domain.report import (
    Match,
    MatchedCompany,
    Part,
    Quote,
    Report,
    ReportedNeed,
    canonical_json,
    content_digest,
)
from services.matching.scoring.domain.aims import AimPart
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.text.domain.areas import AreaFinding
from tests.services.matching.reports.domain.small_world import company, need, report, request
from tests.services.matching.reports.domain.test_report_properties import Case, a_case, low
from tests.services.matching.reports.domain.test_sample_proofs import made

GOLDEN = Path(tests.golden.__path__[0]) / "v1" / "databases" / "matching.json"
OPTIONAL = {"by", "erased_at"}
"""Fields that reports of older versions, or of companies that are not erased, do not have."""

numbers = st.floats(-100, 100).map(lambda number: round(number, 2))
by_language = st.fixed_dictionaries({"sv": st.text(), "en": st.text()})
lines = st.fixed_dictionaries(
    {language: st.lists(st.text(), max_size=2).map(tuple) for language in ("sv", "en")}
)
quotes = st.builds(Quote, concept=by_language, near=st.sampled_from([True, False, None]))
parts = st.builds(
    Part,
    points=numbers,
    most=numbers,
    missing=by_language,
    quotes=st.lists(quotes, max_size=2).map(tuple),
)
matches = st.builds(
    Match,
    company=st.builds(MatchedCompany),
    score=numbers,
    toward_need=numbers,
    toward_company=numbers,
    aims=st.lists(st.builds(AimPart, points=numbers, most=numbers), max_size=2).map(tuple),
    cap=st.none() | numbers,
    parts=st.lists(parts, max_size=2).map(tuple),
    reasons=lines,
    questions=lines,
)
needs = st.builds(
    ReportedNeed,
    focus_areas=st.lists(st.builds(AreaFinding, strength=numbers), max_size=2).map(tuple),
)
any_report = st.builds(
    Report,
    verdict_text=by_language,
    needs=st.lists(needs, max_size=2).map(tuple),
    matches=st.lists(matches, max_size=2).map(tuple),
)


def assert_comes_back(one: Report) -> None:
    text = canonical_json(one)
    again = Report.from_json(json.loads(text))
    assert again == one
    assert canonical_json(again) == text
    assert content_digest(again) == content_digest(one)


def assert_same_bytes(text: str) -> None:
    assert canonical_json(Report.from_json(json.loads(text))) == text


@given(any_report)
@settings(max_examples=60, deadline=None)
def test_every_value_of_the_type_comes_back(one: Report) -> None:
    assert_comes_back(one)


@given(a_case(), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_every_made_report_comes_back_with_a_company_erased_too(case: Case, number: int) -> None:
    one = Report.from_json(low(case))
    assert canonical_json(one) == canonical_json(low(case))
    assert_comes_back(one)
    assert_comes_back(without_company(one, f"C{number}", 1, "2026-03-02T08:00:00.000000Z"))


@pytest.mark.parametrize("wide", [False, True], ids=["standard", "wide"])
def test_every_report_of_the_sample_keeps_its_bytes(wide: bool) -> None:
    for content in made("concepts", wide).values():
        assert_same_bytes(canonical_json(content))


def test_reports_that_a_released_version_stored_keep_their_bytes() -> None:
    rows = json.loads(GOLDEN.read_text(encoding="utf-8"))["tables"]["reports"]
    stored = [row["content"] for row in rows if row["content"]]
    assert any('"quotes":[{' in text and '"by":' not in text for text in stored)
    for text in stored:
        assert_same_bytes(text)


def test_no_field_can_be_left_out_unnoticed() -> None:
    full = _full().to_json()
    left_out = list(_without_one_field(full))
    assert {path[-1] for path, _ in left_out} >= {
        "request_id",
        "version",
        "strength",
        "known",
        "concept",
        "flags",
    }
    for path, content in left_out:
        if path[0] == "matches" and path[2:] == ("id",):
            continue  # made of the company's id and the need's
        if path[-1] in OPTIONAL:
            assert canonical_json(Report.from_json(content)) == canonical_json(content), path
        else:
            with pytest.raises(KeyError, match=str(path[-1])):
                Report.from_json(content)


def test_a_field_that_a_later_version_adds_does_no_harm() -> None:
    full = _full()
    assert Report.from_json({**full.to_json(), "came_later": {"deep": [1]}}) == full


def _full() -> Report:
    """A report that has everything: quotes, flags, an exclusion, an erased company."""
    companies = [
        company("C1", "Telecare with alarms.", areas=("ageing",), membership="small member"),
        company("C2", "Telecare.", areas=("ageing",)),
        company("C3", "Telecare with alarms.", excluded_markets=("Norway",)),
    ]
    policy = replace(STANDARD_POLICY, floor=1.0, tail=0.0)
    found = report(companies, request(need("Telecare with alarms.", focus_areas=("ageing",))), policy=policy)
    assert found.excluded
    return without_company(found, "C2", 1, "2026-03-02T08:00:00.000000Z")


def _without_one_field(full: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Go through the content and leave out one field after the other, those of texts by language apart."""
    for path in _paths(full):
        content = copy.deepcopy(dict(full))
        holder: Any = content
        for step in path[:-1]:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        del holder[path[-1]]
        yield path, content


def _paths(value: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict) and not set(value) <= {"sv", "en"}:
        for name, inner in value.items():
            yield (name,)
            yield from ((name, *path) for path in _paths(inner))
    elif isinstance(value, list):
        for place, inner in enumerate(value[:2]):
            yield from ((str(place), *path) for path in _paths(inner))
