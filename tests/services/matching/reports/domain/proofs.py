"""What must hold for any report under any text engine, as functions that fail with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.matching.organisations.domain.model import Company, MatchRequest, Partner

Match = Mapping[str, Any]

SCORE_WORDS = re.compile(
    r"poäng|placering|rangord|\bpoints\b|\bscores?\b|\branks?\b|\branked\b", re.IGNORECASE
)
_IN_MARKS = {"sv": re.compile("”([^”]*)”"), "en": re.compile("“([^”]*)”")}


def assert_sums(match: Match) -> None:
    """The figures as they are shown add up, to the last decimal."""
    points = {part["name"]: Decimal(str(part["points"])) for part in match["parts"]}
    assert sum(points.values()) == Decimal(str(match["score"])), match["id"]
    assert sum(points.values()) - points.get("cap", Decimal(0)) == Decimal(str(match["toward_need"]))
    assert sum(Decimal(str(aim["points"])) for aim in match["aims"]) == Decimal(str(match["toward_company"]))
    for part in match["parts"]:
        assert points[part["name"]] <= Decimal(str(part["most"]))
        assert part["name"] == "cap" or points[part["name"]] >= 0
    assert all(0 <= match[name] <= 100 for name in ("score", "toward_need", "toward_company"))
    assert match["score"] <= (100.0 if match["cap"] is None else match["cap"])


def assert_quotes_stand(match: Match, company: Company, partner: Partner, request: MatchRequest) -> None:
    """Every quoted phrase stands, character for character, in the text that it is said to be from."""
    theirs = need_texts(partner, request, match["need_id"])
    for part in match["parts"]:
        for quote in part["quotes"]:
            assert any(quote["need"] in text for text in theirs), (match["id"], quote)
            assert quote["company"] in field_of(company, quote["field"]), (match["id"], quote)
    own = [field_of(company, field) for field in fields_of(company)]
    for language, marks in _IN_MARKS.items():
        for line in match["reasons"][language]:
            for phrase in marks.findall(line):
                assert any(phrase in text for text in (*theirs, *own)), (match["id"], language, phrase)


def assert_area_words_stand(report: Mapping[str, Any], partner: Partner, request: MatchRequest) -> None:
    """The words that led to a need's focus areas stand in the need."""
    for need in report["needs"]:
        for area in need["focus_areas"]:
            for words in area["words"]:
                assert any(words in text for text in need_texts(partner, request, need["id"])), words


def assert_told_neutrally(match: Match, others: Sequence[str]) -> None:
    """What the company and the visitor are told has no score, no rank, and outside of quotes no other company."""
    for language in ("sv", "en"):
        for line in (*match["reasons"][language], *match["questions"][language]):
            said = _IN_MARKS[language].sub("", line).replace(match["company"]["name"], "")
            assert not SCORE_WORDS.search(said), line
            assert str(match["score"]) not in said, line
            assert not any(
                f" {name} " in f" {said} " for name in others if name != match["company"]["name"]
            ), line


def need_texts(partner: Partner, request: MatchRequest, need_id: str) -> list[str]:
    """The texts that a quote from a need may be from."""
    (need,) = [one for one in request.needs if one.id == need_id]
    return [need.title, need.text, need.requirements, partner.name, partner.kind]


def fields_of(company: Company) -> list[str]:
    """The fields of a profile that are quoted from."""
    inner = [f"capabilities.{one.id}.{name}" for one in company.capabilities for name in ("title", "text")]
    return ["name", "description", "kind", *inner]


def field_of(company: Company, field: str) -> str:
    """The text of a field; an empty name has none."""
    if field.startswith("capabilities."):
        _, capability_id, name = field.split(".")
        (found,) = [one for one in company.capabilities if one.id == capability_id]
        return str(getattr(found, name))
    return str(getattr(company, field)) if field else ""
