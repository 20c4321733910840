"""A text is read once, however often pages look at it; what was not used for longest is forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from services.matching.text.domain.concept_engine import ConceptEngine, Reading
from services.matching.text.domain.read_texts import How, ReadTexts
from services.matching.text.domain.stems import StemMatcher
from services.matching.text.domain.thesaurus import standard_thesaurus
from tests.services.matching.matching_world import STAFF, MatchingWorld

TEXT = "Washer-disinfectors for hospitals."


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are looked through for words."""
    looked_through: list[str] = []
    find = StemMatcher.find

    def noting(self: StemMatcher, text: str, language: str) -> Any:
        looked_through.append(text)
        return find(self, text, language)

    monkeypatch.setattr(StemMatcher, "find", noting)
    return looked_through


def test_a_text_is_read_once_a_language(read: list[str]) -> None:
    engine = ConceptEngine(standard_thesaurus())
    first = engine.read(TEXT, "en")
    assert engine.read(TEXT, "en") == first
    assert first.text == TEXT
    assert len(read) == 1
    assert engine.read(TEXT, "sv").language == "sv"
    assert len(read) == 2


def test_a_page_that_is_looked_at_again_reads_no_text_again(
    scored: MatchingWorld, client: FlaskClient, read: list[str]
) -> None:
    def look() -> None:
        for path in ("reports/R1/companies/C3/why-not", "plans/also-look-at/R1", "plans/gaps"):
            assert client.get(f"/api/v1/{path}", headers=STAFF).status_code == 200

    look()
    assert read
    read.clear()
    look()
    assert [text for text in read if " " in text] == [], "beside the one word of a kind"


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    kept, how = ReadTexts(most=2), How("en")
    for text in ("a", "b"):
        kept.add(Reading(text, "en", ()), how)
    assert kept.get("a", how) == Reading("a", "en", ())
    kept.add(Reading("c", "en", ()), how)
    assert [kept.get(text, how) is not None for text in "abc"] == [True, False, True]
    assert kept.get("a", How("sv")) is None
