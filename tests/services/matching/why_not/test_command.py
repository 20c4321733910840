"""`handslag why-not` prints a text that can be sent to a company, or one JSON object."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.matching.database import open_store
from services.matching.reports.worker import Scorer
from shared.clock import SettableClock
from tests.end_to_end.conftest import environment, handslag, last_json
from tests.services.matching.conftest import TELECARE, Teller


@pytest.fixture
def env(tmp_path: Path, clock: SettableClock) -> dict[str, str]:
    """A house with one report, of which company C3 is no match."""
    url = f"sqlite:///{tmp_path}/matching.sqlite"
    database = open_store(url)
    tell = Teller(database, clock)
    tell.company("C1")
    tell.company("C3", TELECARE)
    tell.partner("P1")
    tell.request("R1", "P1")
    assert Scorer(database, clock).score_stale() == 1
    database.close()
    return environment(tmp_path, MATCHING_DATABASE=url)


def test_it_prints_the_text_in_the_language_asked_for(env: dict[str, str]) -> None:
    run = handslag("why-not", "R1", "C3", "--language", "sv", env=env)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("Det här gäller Company C3 och en förfrågan från Norge.")
    assert "Company C1" not in run.stdout


def test_as_json_it_gives_what_the_api_gives(env: dict[str, str]) -> None:
    said = last_json(handslag("why-not", "R1", "C3", "--json", env=env).stdout)
    assert said["needs"][0]["outcome"] == "not_chosen"
    assert set(said["letter"]) == {"sv", "en"}


@pytest.mark.parametrize(
    ("request_id", "company", "what"), [("R1", "C404", "company"), ("R404", "C1", "report")]
)
def test_what_is_not_there_is_named(env: dict[str, str], request_id: str, company: str, what: str) -> None:
    run = handslag("why-not", request_id, company, env=env)
    assert run.returncode == 1
    assert what in run.stderr
    assert "404" in run.stderr
