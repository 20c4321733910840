"""Why two fit: the words of both sides, what is missing, and sentences without scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.matching.reports.domain.explanations import Sides, reasons
from services.matching.scoring.domain.evidence import Evidence, PartScore
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.text.domain.concept_links import Link
from tests.services.matching.reports.domain.small_world import company, need, partner, report_json, request


def only_match(text: str, wanted: str = "Looking for telecare with alarms.", **more: Any) -> dict[str, Any]:
    asked = request(need(wanted, title=more.pop("title", ""), focus_areas=more.pop("asked_areas", ())))
    policy = more.pop("policy", STANDARD_POLICY)
    (match,) = report_json([company(text=text, **more)], asked, policy=policy)["matches"]
    assert isinstance(match, dict)
    return match


def part(match: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in match["parts"] if one["name"] == name]
    assert isinstance(found, dict)
    return found


def test_a_shared_concept_is_quoted_from_both_sides_with_its_name() -> None:
    match = only_match("Trygghetslarm till hemtjänsten.", wanted="Leter etter nødkald.")
    assert part(match, "concepts")["quotes"] == [
        {
            "need": "nødkald",
            "company": "Trygghetslarm",
            "field": "capabilities.cap1.text",
            "concept": {"sv": "Trygghetslarm", "en": "Telecare"},
            "by": "words",
        }
    ]


def test_reasons_quote_both_sides_in_both_languages_and_name_what_joins_them() -> None:
    reasons = only_match("Trygghetslarm hemma.", wanted="Leter etter nødkald.")["reasons"]
    assert reasons["en"] == [
        "Bergen City writes “Leter etter nødkald”; Company C1 writes “Trygghetslarm hemma” (telecare).",
        "Shared focus area: healthy ageing and chronic disease.",
    ]
    assert reasons["sv"] == [
        "Bergen City skriver ”Leter etter nødkald”; Company C1 skriver ”Trygghetslarm hemma” (trygghetslarm).",
        "Gemensamt fokusområde: hälsosamt åldrande och kronisk sjukdom.",
    ]


def test_a_concept_that_only_lies_near_or_helps_is_said_to_do_so() -> None:
    weak_too = replace(STANDARD_POLICY, opening_words=0.0)
    near = only_match(
        "We run home care.",
        wanted="Looking for telecare.",
        areas=("ageing",),
        asked_areas=("ageing",),
        policy=weak_too,
    )
    assert any("(close to telecare)" in line for line in near["reasons"]["en"])
    helps = only_match(
        "Clean ventilation.",
        wanted="Better hand hygiene.",
        areas=("amr",),
        asked_areas=("amr",),
        policy=weak_too,
    )
    assert any("(bidrar till handhygien)" in line for line in helps["reasons"]["sv"])


def test_what_is_missing_is_named_with_what_it_would_add() -> None:
    match = only_match(
        "Telecare.", wanted="Telecare and radiotherapy.", asked_areas=("ageing", "cancer"), areas=("ageing",)
    )
    concepts, areas = part(match, "concepts"), part(match, "areas")
    assert concepts["missing"]["en"].startswith(
        "Not mentioned by the company: radiotherapy. Could add up to "
    )
    assert concepts["missing"]["sv"].startswith("Nämns inte av företaget: strålbehandling. Kan ge upp till ")
    assert areas["missing"]["en"].startswith("Focus area that the company does not have: cancer control.")
    assert f"{round(areas['most'] - areas['points'])} points" in areas["missing"]["en"]


def test_a_part_that_lacks_nothing_misses_nothing() -> None:
    match = only_match("Telecare.", asked_areas=("ageing",), areas=("ageing",))
    assert round(part(match, "areas")["most"] - part(match, "areas")["points"]) == 0
    assert part(match, "areas")["missing"] == {"sv": "", "en": ""}


def test_a_match_by_area_alone_says_that_no_term_was_found() -> None:
    generous = replace(STANDARD_POLICY, least_words=0.0, opening_words=0.0, floor=25.0)
    match = only_match(
        "Unlike anything.", wanted="Quite other words.", asked_areas=("amr",), areas=("amr",), policy=generous
    )
    assert part(match, "concepts")["missing"]["en"].startswith("No known term was found in the need.")
    assert match["reasons"]["en"] == ["Shared focus area: infection prevention and antimicrobial resistance."]


def test_the_same_words_are_told_once_however_many_concepts_they_hold() -> None:
    match = only_match("Alarm locks.", wanted="Alarm locks.")
    (first, *_rest) = match["reasons"]["en"]
    assert "(telecare, digital locks)" in first or "(digital locks, telecare)" in first
    assert sum("Alarm locks" in line for line in match["reasons"]["en"]) == 1


def test_a_join_that_hardly_counts_makes_no_sentence() -> None:
    def join(quote: str, points: float) -> Evidence:
        return Evidence({"sv": quote, "en": quote}, quote, quote, "description", points, Link.SAME)

    sides = Sides(partner(), company(), (), (), {})
    concepts = PartScore(40.0, 45.0, (join("telecare", 38.0), join("paper", 2.0)))
    told = reasons(sides, "supplier", {"concepts": concepts, "areas": PartScore(0.0, 25.0)})
    assert told["en"] == ("Bergen City writes “telecare”; Company C1 writes “telecare” (telecare).",)


def test_what_is_only_near_is_not_told_beside_what_is_the_same() -> None:
    match = only_match("Telecare and alarms.", wanted="Telecare and home care.")
    assert [line for line in match["reasons"]["en"] if "close to" in line] == []
    assert len(part(match, "concepts")["quotes"]) == 2


def test_words_of_a_name_are_evidence_but_make_no_sentence() -> None:
    match = only_match("Quite other words.", name="Telecare Ltd", areas=("ageing",), asked_areas=("ageing",))
    assert part(match, "concepts")["quotes"][0]["field"] == "name"
    assert match["reasons"]["en"] == ["Shared focus area: healthy ageing and chronic disease."]


def test_a_wanted_market_is_a_reason() -> None:
    match = only_match("Telecare.", markets=("Nordics",))
    assert "Norway is one of the markets that Company C1 works towards." in match["reasons"]["en"]
    assert "Norge är en av de marknader som Company C1 satsar på." in match["reasons"]["sv"]


def test_hosts_and_knowledge_partners_are_introduced_as_what_they_are() -> None:
    host = only_match("Telecare in home care.", kind="region")
    knowing = only_match("Telecare in home care.", kind="academia")
    assert host["reasons"]["en"][-1].endswith("may be worth a study visit.")
    assert knowing["reasons"]["sv"][-1] == "Company C1 kan bidra som kunskapspartner."


def test_an_unknown_focus_area_is_named_by_its_code() -> None:
    match = only_match("Telecare.", asked_areas=("space",), areas=("space",))
    assert "Shared focus area: space." in match["reasons"]["en"]


def test_a_capped_score_says_which_aims_are_not_met() -> None:
    asked = request(need("Telecare."))
    offering = company(text="Telecare.", partnership_kinds=("distribution",), language="")
    body = report_json([offering], asked, partner(partnership_kinds=("pilot",), language=""))
    (match,) = body["matches"]
    assert match["score"] == match["cap"] < match["toward_need"]
    assert part(match, "cap")["points"] < 0
    assert part(match, "cap")["missing"]["en"] == (
        "The partner fits poorly with what the company looks for: kinds of partnership."
    )
