"""Candidates by matrix product, and the parts that explain each score."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.organisations.domain.model import Capability, Company, Need, Partner
from services.matching.scoring.domain import search
from services.matching.scoring.domain.evidence import pair_parts
from services.matching.scoring.domain.features import (
    PARTS,
    CompanyFeatures,
    NeedFeatures,
    candidates,
    company_features,
    exact_scores,
    need_features,
)
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.text.domain.concept_engine import standard_engine

PHRASES = [
    "trygghetslarm", "dose planning for radiotherapy", "handhygien", "video visits", "new hospital", "demens",
    "operating theatre ventilation", "elektronisk patientjournal", "wound dressings", "telecare", "tractors",
]  # fmt: skip
AREAS = ["cancer", "amr", "ageing", "digital", "hospitals", "unheard-of"]
KINDS = ["manufacturer", "digital", "academia", "cluster", "", "circus"]

TEXTS = st.lists(st.sampled_from(PHRASES), max_size=4).map(" and ".join)
CODES = st.lists(st.sampled_from(AREAS), max_size=2, unique=True).map(tuple)


@st.composite
def companies_of(draw: st.DrawFn) -> list[Company]:
    return [
        company(f"C{number}", draw(TEXTS), draw(CODES), draw(st.sampled_from(KINDS)))
        for number in range(draw(st.integers(1, 9)))
    ]


@st.composite
def needs_of(draw: st.DrawFn) -> list[tuple[Partner, Need]]:
    return [asked(f"P{number}", draw(TEXTS), draw(CODES)) for number in range(draw(st.integers(1, 3)))]


def company(company_id: str, text: str, areas: Sequence[str] = (), kind: str = "manufacturer") -> Company:
    return Company(
        company_id,
        1,
        f"Firm {company_id}",
        kind=kind,
        capabilities=(Capability("1", text, focus_areas=tuple(areas)),),
    )


def asked(partner_id: str, text: str, areas: Sequence[str] = ()) -> tuple[Partner, Need]:
    return Partner(partner_id, 1, "Clinic", kind="hospital"), Need("1", text, focus_areas=tuple(areas))


def features(
    needs: Sequence[tuple[Partner, Need]], companies: Sequence[Company]
) -> tuple[NeedFeatures, CompanyFeatures]:
    engine = standard_engine()
    return need_features(needs, engine, STANDARD_POLICY), company_features(companies, engine)


def named(needs: NeedFeatures, companies: CompanyFeatures, k: int) -> list[list[tuple[str, float]]]:
    return [
        [(companies.ids[row], score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True)]
        for rows, scores in candidates(needs, companies, k)
    ]


def score_of(need_text: str, offer: str, **more: Sequence[str]) -> float:
    needs, companies = features([asked("P", need_text, more.get("need_areas", ()))], [company("C", offer)])
    return float(exact_scores(needs, 0, companies, np.array([0]))[0])


@settings(max_examples=40, deadline=None)
@given(needs_of(), companies_of(), st.integers(1, 10))
def test_candidates_are_what_scoring_every_pair_gives(
    pairs: list[tuple[Partner, Need]], firms: list[Company], k: int
) -> None:
    needs, companies = features(pairs, firms)
    for number, found in enumerate(named(needs, companies, k)):
        every = [
            (
                round(sum(part.points for part in pair_parts(needs, number, companies, row).values()), 6),
                one.id,
            )
            for row, one in enumerate(firms)
        ]
        best = sorted(every, key=lambda pair: (-pair[0], pair[1]))[:k]
        assert [one for one, _ in found] == [one for _, one in best]
        assert [score for _, score in found] == pytest.approx([score for score, _ in best], abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(needs_of(), companies_of(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    pairs: list[tuple[Partner, Need]], firms: list[Company], chance: random.Random
) -> None:
    mixed = chance.sample(firms, len(firms))
    assert named(*features(pairs, firms), 5) == named(*features(pairs, mixed), 5)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    firms = [company(f"C{number}", PHRASES[number % 7]) for number in range(40)]
    needs, companies = features([asked(f"P{n}", phrase) for n, phrase in enumerate(PHRASES)], firms)
    whole = named(needs, companies, 6)
    monkeypatch.setattr(search, "NEED_BLOCK", 3)
    monkeypatch.setattr(search, "COMPANY_BLOCK", 7)
    assert named(needs, companies, 6) == whole


@settings(max_examples=30, deadline=None)
@given(needs_of(), companies_of())
def test_other_companies_do_not_touch_a_score(
    pairs: list[tuple[Partner, Need]], firms: list[Company]
) -> None:
    needs, together = features(pairs, firms)
    _, alone = features(pairs, firms[:1])
    for row in range(len(pairs)):
        first = exact_scores(needs, row, together, np.array([0]))
        assert first.tolist() == exact_scores(needs, row, alone, np.array([0])).tolist()


@settings(max_examples=40, deadline=None)
@given(needs_of(), companies_of())
def test_parts_stay_in_their_bounds_and_quote_both_sides_exactly(
    pairs: list[tuple[Partner, Need]], firms: list[Company]
) -> None:
    needs, companies = features(pairs, firms)
    for row in range(len(pairs)):
        for column in range(len(firms)):
            parts = pair_parts(needs, row, companies, column)
            assert tuple(parts) == PARTS
            for name, part in parts.items():
                assert 0.0 <= part.points <= part.most == STANDARD_POLICY.weights[name]
                for join in part.evidence:
                    texts = {one.field: one.reading.text for one in companies.readings[column]}
                    assert join.company_quote in texts.get(join.company_field, "")
                    texts = {one.field: one.reading.text for one in needs.readings[row]}
                    assert join.need_quote in texts.get(join.need_field, "")
            assert sum(join.points for join in parts["concepts"].evidence) <= parts["concepts"].points + 1e-4


def test_ties_go_by_company_id() -> None:
    needs, companies = features(
        [asked("P", "telecare")], [company(one, "telecare") for one in ("B", "C", "A")]
    )
    companies = replace(
        companies, matrices={**companies.matrices, "text": np.zeros_like(companies.matrices["text"])}
    )
    (found,) = named(needs, companies, 3)
    assert [one for one, _ in found] == ["A", "B", "C"]


def test_no_company_or_none_asked_for_gives_no_candidate() -> None:
    needs, companies = features([asked("P", "telecare")], [])
    assert named(needs, companies, 3) == [[]]
    needs, companies = features([asked("P", "telecare")], [company("C", "telecare")])
    assert named(needs, companies, 0) == [[]]


def test_a_good_match_across_languages_scores_over_fifty_five_and_an_unrelated_one_under_twenty() -> None:
    assert score_of("Nødkald og færre fald for ældre", "Trygghetslarm och fallarm för äldre") > 55
    assert score_of("Nødkald og færre fald for ældre", "Linear accelerators for radiotherapy") < 20


def test_a_need_that_nobody_serves_stays_under_the_floor() -> None:
    for phrase in PHRASES[:-1]:
        assert score_of("Tractors, ploughs and seed drills", phrase) < STANDARD_POLICY.floor


def test_a_vague_word_alone_is_no_full_answer() -> None:
    vague, telling = score_of("Software", "Software"), score_of("Telecare", "Telecare")
    assert vague < STANDARD_POLICY.floor + 15 < telling
    for generic in ("Municipal", "Software for accounting", "Training of train drivers"):
        needs, companies = features([asked("P", generic)], [company("C", generic)])
        parts = pair_parts(needs, 0, companies, 0)
        assert parts["concepts"].points < 0.5 * parts["concepts"].most


def test_a_place_of_care_alone_answers_less_than_half_of_a_need_for_a_thing_used_there() -> None:
    needs, companies = features(
        [asked("P", "Wheelchairs for nursing homes")], [company("C", "Art for nursing homes")]
    )
    parts = pair_parts(needs, 0, companies, 0)
    assert 0 < parts["concepts"].points < 0.5 * parts["concepts"].most
    assert "mobility_aids" in [one.concept for one in parts["concepts"].missing]


def test_inferred_areas_count_by_how_telling_the_words_are_and_given_ones_in_full() -> None:
    def points(text: str, **more: Sequence[str]) -> float:
        needs, companies = features(
            [asked("P", text, more.get("given", ()))], [company("C", "Offers", ["digital"])]
        )
        return pair_parts(needs, 0, companies, 0)["areas"].points

    assert points("Software", given=["digital"]) == pytest.approx(20.0)
    assert 0.0 < points("Software") < 8.0 < points("Electronic patient records and video visits") < 20.0


def test_a_part_of_a_broad_need_is_worth_showing() -> None:
    broad = "A new hospital: architects, logistics, ventilation, wayfinding, beds, nurse call, energy, sterile supply"
    assert score_of(broad, "Nurse call systems for wards") > STANDARD_POLICY.floor


def test_evidence_names_the_concept_that_joins_two_languages() -> None:
    needs, companies = features([asked("P", "Hausnotruf gesucht")], [company("C", "Vi gör trygghetslarm")])
    first = pair_parts(needs, 0, companies, 0)["concepts"].evidence[0]
    assert (first.need_quote, first.company_quote, first.link) == ("Hausnotruf", "trygghetslarm", "same")
    assert first.company_field == "capabilities.1.text"
    assert set(first.concept_names) == {"sv", "en"}


def test_an_offer_that_serves_a_need_says_so() -> None:
    needs, companies = features(
        [asked("P", "Fewer surgical site infections")], [company("C", "Laminar airflow")]
    )
    links = {join.concept: join.link for join in pair_parts(needs, 0, companies, 0)["concepts"].evidence}
    assert links["surgical_site_infection"] == "serves"


def test_what_a_company_lacks_is_named_with_the_words_of_the_need() -> None:
    needs, companies = features(
        [asked("P", "Telecare and dialysis", ["ageing", "digital"])], [company("C", "Telecare", ["ageing"])]
    )
    parts = pair_parts(needs, 0, companies, 0)
    assert [(one.concept, one.need_quote) for one in parts["concepts"].missing] == [("dialysis", "dialysis")]
    assert parts["areas"].missing_areas == ("digital",)
