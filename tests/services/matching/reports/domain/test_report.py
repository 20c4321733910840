"""The match report of one request."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.matching.organisations.domain.model import MustHaves
from services.matching.reports.domain.report import Report, canonical_json, content_digest
from services.matching.scoring.domain.history import History, PastIntroduction
from services.matching.scoring.domain.policy import STANDARD_POLICY
from tests.services.matching.reports.domain.small_world import (
    AS_OF,
    company,
    need,
    partner,
    report,
    report_json,
    request,
)


def names(body: dict[str, Any], need_id: str = "n1") -> list[str]:
    return [match["company"]["id"] for match in body["matches"] if match["need_id"] == need_id]


def test_it_names_the_versions_and_the_moment_it_was_made_from() -> None:
    body = report_json(
        [company()], request(version=4), partner(version=7), policy=replace(STANDARD_POLICY, version=3)
    )
    assert body["request_id"] == "R1"
    assert body["request_version"] == 4
    assert body["partner"] == {
        "id": "P1", "version": 7, "name": "Bergen City", "country": "Norway", "kind": "municipality", "language": "en",
    }  # fmt: skip
    assert body["as_of"] == "2026-03-02T08:00:00.000000Z"
    assert body["policy_version"] == 3
    assert body["text_engine"].startswith("concepts-")


def test_a_match_has_the_canonical_shape() -> None:
    (match,) = report_json([company(city="Lund", website="example.org")])["matches"]
    assert match["id"] == "C1.n1"
    assert match["company"] == {
        "id": "C1", "version": 1, "name": "Company C1", "country": "Sweden", "city": "Lund", "website": "example.org",
        "kind": "manufacturer", "membership": "member", "text": "Telecare for home care.",
    }  # fmt: skip
    assert set(match) == {
        "id", "company", "need_id", "role", "score", "toward_need", "toward_company", "aims", "cap", "shared_areas",
        "parts", "reasons", "questions", "flags",
    }  # fmt: skip
    assert [part["name"] for part in match["parts"]] == ["areas", "concepts", "text", "kind"]
    assert set(match["parts"][0]) == {"name", "points", "most", "quotes", "missing"}


def test_the_company_with_the_better_answer_comes_first_and_the_unrelated_not_at_all() -> None:
    companies = [
        company("C1", "We run telecare."),
        company("C2", "Telecare with alarms."),
        company("C3", "Radiotherapy planning."),
    ]
    assert names(report_json(companies)) == ["C2", "C1"]


def test_equal_scores_are_ordered_by_id() -> None:
    companies = [company(company_id) for company_id in ("C3", "C1", "C2")]
    assert names(report_json(companies)) == ["C1", "C2", "C3"]


def test_network_companies_come_after_members_however_well_they_fit() -> None:
    companies = [
        company("C1", "Telecare with alarms.", membership="network"),
        company("C2", "We run telecare."),
    ]
    body = report_json(companies)
    assert names(body) == ["C2", "C1"]
    assert body["matches"][1]["score"] > body["matches"][0]["score"]
    assert [flag["code"] for flag in body["matches"][1]["flags"]] == ["network_company"]


def test_roles_are_ranked_apart_suppliers_first() -> None:
    companies = [
        company("C1", "Telecare with alarms.", kind="region"),
        company("C2", "Telecare with alarms.", kind="academia"),
        company("C3", "We run telecare.", kind="manufacturer"),
    ]
    asked = [(match["company"]["id"], match["role"]) for match in report_json(companies)["matches"]]
    assert asked == [("C3", "supplier"), ("C1", "study_visit_host"), ("C2", "knowledge_partner")]


def test_a_need_takes_no_more_of_a_role_than_the_policy_says() -> None:
    companies = [company(f"C{n}", kind="region" if n % 2 else "manufacturer") for n in range(8)]
    body = report_json(companies, policy=replace(STANDARD_POLICY, most_matches=3))
    assert [match["role"] for match in body["matches"]] == ["supplier"] * 3 + ["study_visit_host"] * 3


def test_a_ticked_area_without_a_word_in_common_is_no_match() -> None:
    companies = [company("C1", "Unlike anything.", areas=("amr",)), company("C2", "Telecare with alarms.")]
    body = report_json(companies, request(need("Quite other words.", focus_areas=("amr",))))
    assert body["verdict"] == "no_good_match"


def test_fewer_matches_when_fewer_are_good() -> None:
    companies = [company("C1", "Telecare with alarms."), company("C2", "We run home care.")]
    strict = replace(STANDARD_POLICY, tail=0.99)
    assert names(report_json(companies, policy=strict)) == ["C1"]


def test_no_match_when_none_is_good_and_what_to_do_next() -> None:
    body = report_json([company("C1", "Radiotherapy planning.")], request(need("Telecare.")))
    assert body["verdict"] == "no_good_match"
    assert body["matches"] == []
    assert [one["covered"] for one in body["needs"]] == [False]
    assert "look for a company outside the register" in body["verdict_text"]["en"]
    assert body["verdict_text"]["sv"].startswith("Inget företag passar tillräckligt bra")


def test_no_match_without_any_company_and_without_any_need() -> None:
    nobody = report_json([])
    assert nobody["verdict"] == "no_good_match"
    assert "import them" in nobody["verdict_text"]["en"]
    empty = report([company()], replace(request(), needs=())).to_json()
    assert (empty["verdict"], empty["needs"]) == ("no_good_match", [])


def test_a_need_in_which_nothing_is_recognised_is_sent_back_with_questions() -> None:
    body = report_json([company()], request(need("Xyzzy.")), partner(name="Qwerty", kind="ministry"))
    assert "ask the partner what is to be solved" in body["verdict_text"]["en"]


def test_an_open_tender_is_answered_with_the_same_information_for_all_not_with_introductions() -> None:
    body = report_json([company()], request(procurement_stage="tender_open"))
    assert "no one-to-one meetings" in body["verdict_text"]["en"]
    assert "approve" not in body["verdict_text"]["en"]


@pytest.mark.parametrize(("count", "enough"), [(2, False), (3, True)])
def test_a_market_dialogue_is_answered_with_at_least_three_suppliers_for_each_need(
    count: int, enough: bool
) -> None:
    asked = request(procurement_stage="market_dialogue")
    body = report_json([company(f"C{n}") for n in range(count)], asked)
    assert ("invite at least 3 suppliers" in body["verdict_text"]["en"]) is not enough


def test_a_need_that_only_an_excluded_company_covers_is_told_apart() -> None:
    asked = request(need("Telecare with alarms.", "a"), need("Radiotherapy.", "b"))
    body = report_json([company("C1"), company("C2", "Radiotherapy.", markets=("Germany",))], asked)
    text = body["verdict_text"]
    assert "1 of 2 needs has no company that fits. For 1 of them an excluded company would fit" in text["en"]
    assert "För 1 av dem skulle ett undantaget företag passa" in text["sv"]


def test_an_excluded_company_is_listed_with_its_reason_and_lifting_makes_it_a_match() -> None:
    companies = [company("C1", markets=("Germany",))]
    body = report_json(companies)
    assert body["verdict"] == "no_good_match"
    assert "an exclusion can be lifted" in body["verdict_text"]["en"]
    (excluded,) = body["excluded"]
    assert (excluded["company"], excluded["need_id"]) == ({"id": "C1", "name": "Company C1"}, "n1")
    assert excluded["code"] == "outside_markets"
    assert excluded["reason"]["sv"].startswith("Company C1 arbetar i Norge inte")
    lifted = report_json(companies, lifted=frozenset({("C1", "outside_markets")}))
    assert names(lifted) == ["C1"]
    assert lifted["excluded"] == []
    assert [flag["code"] for flag in lifted["matches"][0]["flags"]] == ["lifted_outside_markets"]


def test_a_lifted_market_weighs_no_longer_against_the_company() -> None:
    asked, lifted = partner(languages=("pl",)), frozenset({("C1", "outside_markets")})
    outside = company("C1", markets=("Germany",), languages=("en",))
    capped = replace(STANDARD_POLICY, weak_cap=1.0)
    assert names(report_json([outside], of=asked, policy=capped, lifted=lifted)) == ["C1"]


def test_a_company_that_would_not_match_anyway_is_not_listed_as_excluded() -> None:
    body = report_json(
        [company("C1", "Radiotherapy.", markets=("Germany",)), company("C2")], request(need("Telecare."))
    )
    assert body["excluded"] == []


def test_excluded_companies_push_nobody_out_of_the_candidates() -> None:
    better = [company(f"A{n}", "Telecare with alarms.", not_to_meet=("P1",)) for n in range(12)]
    policy = replace(STANDARD_POLICY, candidates=2, tail=0.0, floor=20.0, opening_words=0.0)
    body = report_json([*better, company("C1", "We run home care.")], policy=policy)
    assert names(body) == ["C1"]


def test_weak_matches_go_along_with_a_sound_one_but_never_alone() -> None:
    asked = request(need("Telecare.", focus_areas=("ageing",)))
    weak, sound = company("C1", "We run home care.", areas=("ageing",)), company("C2", "Telecare.")
    policy = replace(STANDARD_POLICY, tail=0.0, floor=30.0)
    assert names(report_json([weak, sound], asked, policy=policy)) == ["C2", "C1"]
    alone = report_json([weak], asked, policy=policy)
    assert (names(alone), alone["verdict"]) == ([], "no_good_match")


def test_the_unknown_becomes_a_question_and_leaves_the_score_as_it_is() -> None:
    asked = request(must_haves=MustHaves(regulatory_status=("CE",)))
    (open_case,) = report_json([company()], asked)["matches"]
    (known,) = report_json([company(regulatory_status=("CE",), markets=("Norway",))], asked)["matches"]
    assert len(open_case["questions"]["en"]) == len(open_case["questions"]["sv"]) == 2
    assert known["questions"] == {"sv": [], "en": []}
    assert open_case["score"] == known["score"]


def test_focus_areas_are_kept_as_given_or_inferred_with_the_words_that_led_there() -> None:
    asked = request(need("Telecare.", "n1"), need("Telecare.", "n2", focus_areas=("hospitals",)))
    inferred, given = report_json([company()], asked)["needs"]
    first = inferred["focus_areas"][0]
    assert (first["code"], first["given"], first["words"]) == ("ageing", False, ["Telecare"])
    assert [(one["code"], one["given"], one["strength"]) for one in given["focus_areas"]] == [
        ("hospitals", True, 1.0)
    ]


def test_each_need_has_its_own_matches_in_the_requests_order() -> None:
    asked = request(need("Radiotherapy.", "b"), need("Telecare.", "a"), need("Xyzzy.", "c"))
    body = report_json([company("C1", "Telecare."), company("C2", "Radiotherapy.")], asked)
    assert [match["id"] for match in body["matches"]] == ["C2.b", "C1.a"]
    assert [one["covered"] for one in body["needs"]] == [True, True, False]
    assert body["verdict_text"]["en"].endswith("1 of 3 needs has no company that fits.")


def test_market_dialogue_counts_suppliers_for_each_need() -> None:
    companies = [company("C1"), company("C2"), company("C3", kind="region")]
    body = report_json(companies, request(procurement_stage="market dialogue"))
    assert {flag["code"] for match in body["matches"] for flag in match["flags"]} == {
        "market_dialogue_few_suppliers"
    }
    enough = report_json([*companies, company("C4")], request(procurement_stage="market dialogue"))
    assert all(match["flags"] == [] for match in enough["matches"])


def test_an_earlier_introduction_is_a_flag() -> None:
    past = History((PastIntroduction("P1", "C1", AS_OF - timedelta(days=9), "R0"),))
    (match,) = report_json([company()], history=past)["matches"]
    assert [flag["code"] for flag in match["flags"]] == ["already_introduced"]


def test_the_companys_text_holds_each_of_its_texts_once() -> None:
    told = company(text="Telecare.", description="Telecare.")
    (match,) = report_json([told])["matches"]
    assert match["company"]["text"] == "Telecare."


def test_another_moment_changes_nothing_but_the_moment() -> None:
    first, later = report([company()]), report([company()], as_of=AS_OF + timedelta(hours=1))
    assert canonical_json(first) != canonical_json(later)
    assert content_digest(first) == content_digest(later)
    assert content_digest(first) == content_digest(Report.from_json(json.loads(canonical_json(first))))
    assert content_digest(first) != content_digest(report([company(name="Renamed")]))


def test_canonical_json_is_sorted_and_keeps_texts_as_they_are() -> None:
    text = canonical_json(report([company(text="Trygghetslarm för äldre.")]))
    assert "Trygghetslarm för äldre." in text
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert canonical_json(json.loads(text)) == text


def test_a_request_of_another_partner_is_refused() -> None:
    with pytest.raises(ValueError, match="request R1 is of partner P9, not of P1"):
        report([company()], request(partner_id="P9"))


def test_two_needs_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="several needs with the id n1"):
        report([company()], request(need("a"), need("b")))
