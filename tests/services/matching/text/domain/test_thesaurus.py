"""The thesaurus as data: what a file must hold, and what the standard one holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.matching.text.domain.thesaurus import (
    BadThesaurusError,
    make_thesaurus,
    read_thesaurus,
    standard_thesaurus,
    thesaurus_with,
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
        ([row(replace=True)], "unknown field 'replace'"),
        ([row("A b")], "number 1.*'A b' is no id"),
        ([["a"]], "number 1.*an object, not a list"),
        ([row(stems=["word"])], "stems: is a list; write an object of lists"),
        ([row(stems={"en": "word"})], "stems.en: is no list of texts"),
        ([row(stems={"english": ["word"]})], "'english' is no language; write ISO 639-1"),
        ([row(stems={"en": ["word", "word"]})], "'word' is there 2 times; keep one"),
        ([row(names=["A"])], "names: is no object of texts"),
        ([row(parents="b")], "parents: is a text; write a list of ids"),
        ([row(parents=["a"])], "parents: names itself; take it out"),
        ([row(parents=[["x"]])], r"parents names \['x'\], which is no concept"),
        ([row(parents=[{}])], r"parents names {}, which is no concept"),
        ([row(names={"sv": "A", "en": "A", "de": " "})], "names.de: is empty; write a name, or leave it out"),
        ([row(served_by=["b"])], "served_by: is a list; write an object"),
        ([row(areas={"cancer": "much"})], "areas: cancer must be over 0 and at most 1, not 'much'"),
        ([row(weight=True)], "weight must be over 0"),
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
    assert len(concepts) >= 600
    for language in ("sv", "en", "da", "no", "de"):
        assert sum(any(own == language for own, _ in one.stems) for one in concepts.values()) >= 250, language


def test_the_standard_thesaurus_leans_only_to_known_focus_areas_and_to_all_of_them() -> None:
    leanings = {code for one in standard_thesaurus().concepts.values() for code in one.areas}
    assert leanings == set(read_focus_areas())


def own(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"concepts": rows}), encoding="utf-8")
    return path


def test_an_organisers_own_concepts_stand_beside_the_standard_ones(tmp_path: Path) -> None:
    found = read_thesaurus(own=own(tmp_path, row("zeppelin", parents=["emergency"])))
    assert set(found.concepts) == {*standard_thesaurus().concepts, "zeppelin"}
    assert found.concepts["zeppelin"].areas == found.concepts["emergency"].areas


def test_a_concept_of_the_same_id_adds_to_the_standard_one(tmp_path: Path) -> None:
    more = {
        "id": "telecare",
        "names": {"sv": "Larm"},
        "stems": {"sv": ["zeppelinlarm*"]},
        "areas": {"digital": 0.9},
    }
    standard = standard_thesaurus().concepts["telecare"]
    found = read_thesaurus(own=own(tmp_path, more)).concepts["telecare"]
    assert found.names == {**standard.names, "sv": "Larm"}
    assert set(standard.stems) < set(found.stems)
    assert len(found.stems) == len(standard.stems) + 1
    assert found.areas == {**standard.areas, "digital": 0.9}
    assert found.parents == standard.parents


def test_a_concept_that_replaces_stands_in_the_standard_ones_place(tmp_path: Path) -> None:
    found = read_thesaurus(own=own(tmp_path, row("telecare", replace=True))).concepts["telecare"]
    assert len(found.stems) == 1
    assert found.parents == ()
    assert found.areas == {}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row("zeppelin", stems={})], r"own.json: concept 'zeppelin': stems: has no stems"),
        (
            [{"id": "telecare", "replace": True}],
            r"own.json: concept 'telecare': names: needs names in sv and en",
        ),
        ([{"id": "telecare", "replace": "yes"}], r"replace: is 'yes'; write true"),
        (
            [{"id": "telecare", "names": {"sv": ""}}],
            r"own.json: concept 'telecare': names.sv: is empty; write",
        ),
        (
            [{"id": "welfare_technology", "parents": ["telecare"]}],
            r"own.json: .*circle among .*telecare.*take one",
        ),
    ],
)
def test_a_fault_of_an_own_file_is_named_with_the_file(
    rows: list[dict[str, Any]], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadThesaurusError, match=said):
        read_thesaurus(own=own(tmp_path, *rows))


def test_a_focus_area_that_is_none_is_named_where_areas_are_known(tmp_path: Path) -> None:
    path = own(tmp_path, row("zeppelin", areas={"space": 0.5}))
    with pytest.raises(BadThesaurusError, match=r"areas: 'space' is no focus area; write one of cancer, "):
        read_thesaurus(own=path, area_codes=list(read_focus_areas()))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"concepts": [}', r"own.json is not JSON .*line 1, column 15.*mend it there"),
        (b'{"concepts": [{"id": "a", "id": "b"}]}', r"own.json: .*the field 'id' twice.*keep one"),
        (b'{"concepts": "\xe5"}', r"own.json is not UTF-8.*save it as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_place(
    content: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "own.json"
    path.write_bytes(content)
    with pytest.raises(BadThesaurusError, match=said):
        read_thesaurus(own=path)


def test_the_hash_follows_both_files(tmp_path: Path) -> None:
    hashes = {read_thesaurus(own=own(tmp_path, row(name))).content_hash for name in ("zeppelin", "zeppelins")}
    assert len(hashes | {standard_thesaurus().content_hash}) == 3


def test_without_an_own_file_the_thesaurus_is_the_standard_one() -> None:
    assert thesaurus_with("") is standard_thesaurus()
