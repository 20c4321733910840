"""`handslag demo`: the main job on real organisations, from files to mails."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.end_to_end.conftest import SAMPLE, environment, handslag, last_json
from tests.plugins.kafka_broker import KafkaBroker

FIGURES = ["companies", "partners", "requests", "matches", "introductions", "mails", "failures", "seconds"]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the demo says over the embedded event log."""
    env = environment(tmp_path_factory.mktemp("embedded"))
    run = handslag("demo", "--exit", "--json", "--data", str(SAMPLE), env=env)
    assert run.returncode == 0, run.stderr
    return last_json(run.stdout)


def test_the_sample_goes_from_files_to_mails_without_a_failure(embedded: dict[str, object]) -> None:
    assert list(embedded)[: len(FIGURES)] == FIGURES
    assert embedded["companies"] == 50
    assert embedded["partners"] == embedded["requests"] == 30
    assert int(str(embedded["introductions"])) > 0
    assert int(str(embedded["mails"])) == 2 * int(str(embedded["introductions"]))
    assert embedded["failures"] == 0


def test_the_mails_lie_in_the_mailbox(embedded: dict[str, object]) -> None:
    mails = list(Path(str(embedded["state"])).glob("mailbox/*.eml"))
    assert len(mails) == embedded["mails"]
    assert all(b"@sample.invalid" in mail.read_bytes() for mail in mails)


@pytest.mark.parametrize(
    ("kind", "start"), [("html", b"<!doctype html>"), ("xlsx", b"PK"), ("pdf", b"%PDF"), ("json", b"{")]
)
def test_a_report_is_had_as_a_file(
    kind: str, start: bytes, embedded: dict[str, object], tmp_path: Path
) -> None:
    env = environment(Path(str(embedded["state"])), SECRET_KEY="")
    file = tmp_path / f"report.{kind}"
    run = handslag("report", "R-P017", "--format", kind, "--language", "sv", "--output", str(file), env=env)
    assert run.returncode == 0, run.stderr
    assert file.read_bytes().lstrip()[: len(start)].lower() == start.lower()


def test_a_report_that_is_not_there_is_said_so(embedded: dict[str, object]) -> None:
    run = handslag("report", "R-nobody", env=environment(Path(str(embedded["state"]))))
    assert run.returncode == 1
    assert "R-nobody" in run.stderr


def test_over_kafka_the_reports_are_the_same(
    tmp_path: Path, kafka_broker: KafkaBroker, embedded: dict[str, object]
) -> None:
    env = environment(tmp_path, EVENT_LOG=kafka_broker.url)
    run = handslag("demo", "--exit", "--json", env=env)
    assert run.returncode == 0, run.stderr
    over_kafka = last_json(run.stdout)
    assert over_kafka["failures"] == 0
    same = ("companies", "partners", "requests", "matches", "introductions", "mails", "reports_digest")
    assert {name: over_kafka[name] for name in same} == {name: embedded[name] for name in same}


def test_with_blank_focus_areas_it_works_as_well(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("companies.csv", "partners.csv"):
        with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
            rows = [{**row, "focus_areas": ""} for row in csv.DictReader(file)]
        with (data / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    run = handslag("demo", "--exit", "--json", "--data", str(data), env=environment(tmp_path / "state"))
    assert run.returncode == 0, run.stderr
    result = last_json(run.stdout)
    assert result["failures"] == 0
    assert result["introductions"] > 0


def test_another_mail_server_is_refused(tmp_path: Path) -> None:
    run = handslag("demo", "--exit", env=environment(tmp_path, SMTP="smtp://127.0.0.1:1"))
    assert run.returncode == 1
    assert "HANDSLAG_SMTP" in run.stderr


def test_a_folder_that_is_not_the_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "mine.txt").write_text("keep me")
    run = handslag("demo", "--exit", env=environment(tmp_path))
    assert run.returncode == 1
    assert (tmp_path / "demo" / "mine.txt").read_text() == "keep me"


def test_a_folder_without_the_files_is_named(tmp_path: Path) -> None:
    run = handslag("demo", "--exit", "--data", str(tmp_path), env=environment(tmp_path / "state"))
    assert run.returncode == 1
    assert "companies.csv" in run.stderr
