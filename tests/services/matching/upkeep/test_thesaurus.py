"""`handslag thesaurus`: checking an organiser's own concepts, and listing words that no concept knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.matching.database import open_store
from shared.clock import SettableClock
from tests.end_to_end.conftest import environment, handslag, last_json
from tests.services.matching.conftest import Teller

OWN = {
    "id": "zeppelin",
    "names": {"sv": "Luftskepp", "en": "Airships"},
    "stems": {"en": ["zeppelin*", "airship*"]},
    "areas": {"hospitals": 0.5},
}


def write(path: Path, *rows: object) -> Path:
    path.write_text(json.dumps({"concepts": rows}), encoding="utf-8")
    return path


def test_a_good_file_is_counted_and_a_name_that_no_stem_finds_is_warned_of(tmp_path: Path) -> None:
    file = write(tmp_path / "own.json", OWN)
    run = handslag("thesaurus", "check", str(file), "--json", env=environment(tmp_path / "state"))
    result = last_json(run.stdout)
    assert run.returncode == 0
    assert result["good"]
    assert [warning.partition(":")[0] for warning in result["warnings"]] == ["concept 'zeppelin'"]
    assert "Luftskepp" in result["warnings"][0]


def test_every_fault_is_a_line_with_the_file_the_concept_the_field_and_the_fix(tmp_path: Path) -> None:
    file = write(tmp_path / "own.json", {**OWN, "parents": ["sky"]}, {**OWN, "id": "b", "stems": {}})
    run = handslag("thesaurus", "check", env=environment(tmp_path / "state", THESAURUS=str(file)))
    assert run.returncode == 1
    assert run.stdout.strip().splitlines() == [
        "own.json: concept 'zeppelin': parents: parents names 'sky', which is no concept; "
        "write a concept's id, or add it",
        "own.json: concept 'b': stems: has no stems, so no text can mention it; write its words",
    ]


def test_work_does_not_start_with_concepts_that_cannot_be_used(tmp_path: Path) -> None:
    file = write(tmp_path / "own.json", {**OWN, "stems": {}})
    run = handslag("work", "matching", env=environment(tmp_path / "state", THESAURUS=str(file)))
    assert run.returncode == 1
    assert "HANDSLAG_THESAURUS: own.json: concept 'zeppelin'" in run.stderr
    assert "handslag thesaurus check" in run.stderr


@pytest.fixture
def companies(tmp_path: Path) -> Path:
    path = tmp_path / "companies.csv"
    path.write_text(
        "id,name,language,description\n1,One,en,We build zeppelins for telecare.\n2,Two,en,A zeppelin at last\n",
        encoding="utf-8",
    )
    return path


def test_unknown_words_of_files_are_listed_with_an_example(companies: Path, tmp_path: Path) -> None:
    env = environment(tmp_path / "state")
    run = handslag("thesaurus", "unknown", "--companies", str(companies), "--json", env=env)
    assert last_json(run.stdout) == {
        "organisations": 2,
        "found": 1,
        "words": [
            {
                "word": "zeppelin",
                "organisations": 2,
                "languages": ["en"],
                "example": "A zeppelin at last",
            }
        ],
    }


def test_what_an_own_concept_knows_is_unknown_no_more(companies: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "own.json", OWN)
    env = environment(tmp_path / "state", THESAURUS=str(file))
    run = handslag("thesaurus", "unknown", "--companies", str(companies), env=env)
    assert run.stdout.startswith("No word that 2 organisations or more use is unknown.")


def test_a_state_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    run = handslag("thesaurus", "unknown", env=environment(tmp_path / "state"))
    assert run.returncode == 1
    assert "there is no database at" in run.stderr


def test_without_files_the_unknown_words_are_those_of_what_runs_here(
    tmp_path: Path, clock: SettableClock
) -> None:
    url = f"sqlite:///{tmp_path}/matching.sqlite"
    database = open_store(url)
    tell = Teller(database, clock)
    tell.company("C1", "We build zeppelins for telecare.")
    tell.partner("P1")
    tell.request("R1", "P1", "A zeppelin.")
    database.close()
    run = handslag("thesaurus", "unknown", "--json", env=environment(tmp_path, MATCHING_DATABASE=url))
    result = last_json(run.stdout)
    assert (result["organisations"], result["found"]) == (2, 1)
    assert [(one["word"], one["organisations"]) for one in result["words"]] == [("zeppelin", 2)]
