"""The thesaurus as data: what a file must hold, and what the standard one holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.matching.domain.text.thesaurus import (
    BadThesaurusError,
    make_thesaurus,
    read_thesaurus,
    standard_thesaurus,
    unknown_words,
)
from shared.focus_areas import read_focus_areas


def row(concept: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "id": concept,
        "names": {"sv": "A", "en": "A"},
        "stems": {"en": [f"{concept}-word".replace("-", "")]},
    } | more


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(), row()], "is there 2 times"),
        ([row(parents=["b"])], "parents names 'b', which is no concept"),
        ([row(served_by={"b": 0.5})], "served_by names 'b'"),
        ([row("a", parents=["b"]), row("b", parents=["a"])], "circle among a, b"),
        ([row(names={"sv": "A"})], "names in sv and en"),
        ([row(stems={})], "has no stems"),
        ([row(stems={"sv": ["*sår*"]})], "a infix needs 4 letters"),
        ([row(areas={"cancer": 1.5})], "cancer must be over 0"),
        ([row(weight=0)], "weight must be over 0"),
        ([row(colour="red")], "unknown field 'colour'"),
    ],
)
def test_a_fault_is_named_with_its_concept(rows: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(BadThesaurusError, match=said):
        make_thesaurus(rows, "test")


def test_every_fault_of_a_file_is_named_at_once() -> None:
    with pytest.raises(BadThesaurusError) as refused:
        make_thesaurus([row("a", stems={}), row("b", parents=["c"])], "test")
    assert len(refused.value.problems) == 2


def test_a_file_that_is_no_thesaurus_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(BadThesaurusError, match=r"own.json is not JSON of the form"):
        read_thesaurus(path)


def test_areas_come_from_the_parents_unless_a_concept_has_its_own() -> None:
    thesaurus = make_thesaurus(
        [
            row("a", areas={"cancer": 0.9}),
            row("b", parents=["a"]),
            row("c", parents=["a"], areas={"digital": 1.0}),
        ],
        "test",
    )
    assert [dict(one.areas) for one in thesaurus.concepts.values()] == [
        {"cancer": 0.9},
        {"cancer": 0.9},
        {"digital": 1.0},
    ]


def test_wider_concepts_are_found_with_their_distance() -> None:
    thesaurus = make_thesaurus([row("a"), row("b", parents=["a"]), row("c", parents=["b", "a"])], "test")
    assert thesaurus.ancestors("c") == {"b": 1, "a": 1}


def test_the_hash_follows_the_content(tmp_path: Path) -> None:
    hashes = set()
    for name in ("one", "two"):
        path = tmp_path / "t.json"
        path.write_text(json.dumps({"concepts": [row(name)]}), encoding="utf-8")
        hashes.add(read_thesaurus(path).content_hash)
    assert len(hashes) == 2


def test_the_standard_thesaurus_is_large_and_in_both_languages_of_the_pages() -> None:
    concepts = standard_thesaurus().concepts
    assert len(concepts) >= 400
    for language in ("sv", "en", "da", "no", "de"):
        assert sum(any(own == language for own, _ in one.stems) for one in concepts.values()) >= 250, language


def test_the_standard_thesaurus_leans_only_to_known_focus_areas_and_to_all_of_them() -> None:
    leanings = {code for one in standard_thesaurus().concepts.values() for code in one.areas}
    assert leanings == set(read_focus_areas())


def test_words_no_concept_knows_are_listed_by_the_number_of_texts() -> None:
    texts = ["Zeppelin för trygghetslarm", "zeppelin zeppelin", "Kattunge"]
    assert unknown_words(texts) == [("zeppelin", 2), ("kattunge", 1)]
