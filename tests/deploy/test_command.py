"""The command's errors: one clear line that names what is wrong and the fix, and the right exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.conftest import environment, handslag, last_json


@pytest.mark.parametrize(
    "command",
    [("serve", "--sample"), ("demo", "--exit"), ("import", "companies", "deploy/sample/companies.csv")],
)
def test_a_state_directory_that_cannot_be_made_is_named_with_the_fix(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    run = handslag(*command, env=environment(tmp_path / "file" / "state"))
    assert run.returncode == 1
    assert len(run.stderr.strip().splitlines()) == 1
    assert str(tmp_path / "file" / "state") in run.stderr
    assert "HANDSLAG_STATE_DIR" in run.stderr


def test_wrong_settings_are_all_named_and_nothing_is_started(tmp_path: Path) -> None:
    run = handslag("serve", env=environment(tmp_path, PORT="a", SMTP="nowhere"))
    assert run.returncode == 2
    assert "HANDSLAG_PORT" in run.stderr
    assert "HANDSLAG_SMTP" in run.stderr


def test_serving_needs_a_secret_key(tmp_path: Path) -> None:
    run = handslag("serve", env=environment(tmp_path, SECRET_KEY=""))
    assert run.returncode == 2
    assert "HANDSLAG_SECRET_KEY" in run.stderr


def test_settings_shows_every_setting_and_hides_secrets(tmp_path: Path) -> None:
    run = handslag("settings", "--json", env=environment(tmp_path))
    assert run.returncode == 0
    shown = {row["name"]: row["value"] for row in last_json(run.stdout)["settings"]}
    assert shown["HANDSLAG_STATE_DIR"] == str(tmp_path)
    assert "secret-key-for-tests" not in run.stdout


@pytest.mark.parametrize("command", [(), ("import",), ("topics",), ("import", "companies")])
def test_help_says_what_each_command_does(command: tuple[str, ...], tmp_path: Path) -> None:
    run = handslag(*command, "--help", env=environment(tmp_path))
    assert run.returncode == 0
    assert "Usage" in run.stdout


def test_evaluate_prints_the_figures_of_the_contract(tmp_path: Path) -> None:
    run = handslag("evaluate", "--data", "deploy/sample", "--json", env=environment(tmp_path))
    result = last_json(run.stdout)
    figures = {"ndcg_at_10", "precision_at_5", "mrr", "focus_area_f1", "partners", "baselines"}
    assert figures <= set(result)
    assert result["ndcg_at_10"] > result["baselines"]["same_areas"]["ndcg_at_10"]


def test_evaluate_names_the_file_and_the_column_that_is_missing(tmp_path: Path) -> None:
    wrong = tmp_path / "companies.csv"
    wrong.write_text("id,name\nC1,A\n")
    run = handslag(
        "evaluate", "--data", "deploy/sample", "--companies", str(wrong), env=environment(tmp_path / "state")
    )
    assert run.returncode == 1
    assert str(wrong) in run.stderr
    assert "description" in run.stderr


def test_evaluate_names_a_label_that_points_nowhere(tmp_path: Path) -> None:
    wrong = tmp_path / "relevance.csv"
    wrong.write_text("partner_id,company_id,grade\nP404,C404,2\n")
    env = environment(tmp_path / "state")
    run = handslag("evaluate", "--data", "deploy/sample", "--relevance", str(wrong), env=env)
    assert run.returncode == 1
    assert run.stderr.strip() == "failed: label 1: P404 or C404 is not in the other files"


@pytest.mark.parametrize(
    "command",
    [
        ("serve",),
        ("web", "matching"),
        ("work", "matching"),
        ("demo", "--exit"),
        ("why-not", "R1", "C1"),
        ("evaluate", "--data", "deploy/sample"),
    ],
    ids=lambda command: command[0],
)
def test_a_text_engine_that_is_not_there_is_named_in_one_line(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    run = handslag(*command, env=environment(tmp_path / "state", TEXT_ENGINE=str(tmp_path / "empty")))
    assert run.returncode == 1
    assert len(run.stderr.strip().splitlines()) == 1
    assert f"the folder {tmp_path / 'empty'} holds no model: config.json is not there" in run.stderr


def test_work_names_a_model_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    env = environment(tmp_path / "state", TEXT_ENGINE=str(tmp_path / "model"))
    run = handslag("work", "matching", env=env)
    assert run.returncode == 1
    assert "failed: HANDSLAG_TEXT_ENGINE: the model in" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "command", [("demo", "--exit"), ("why-not", "R1", "C1")], ids=lambda command: command[0]
)
def test_concepts_that_cannot_be_used_are_named_in_one_line(command: tuple[str, ...], tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text("[]")
    run = handslag(*command, env=environment(tmp_path / "state", THESAURUS=str(own)))
    assert run.returncode == 1
    assert len(run.stderr.strip().splitlines()) == 1
    assert "failed: HANDSLAG_THESAURUS: own.json is not JSON" in run.stderr


def test_evaluate_reads_files_as_an_import_does(tmp_path: Path) -> None:
    said = {
        "companies": "id;name;language;description\nC1;Åby;sv;Trygghetslarm för äldre; \n",
        "partners": "id;name;language;need\nP1;B;sv;Trygghetslarm till äldre\n",
        "relevance": "partner_id\tcompany_id\tgrade\nP1\tC1\t2\n",
    }
    for name, text in said.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="cp1252")
    run = handslag("evaluate", "--data", str(tmp_path), "--json", env=environment(tmp_path / "state"))
    assert run.returncode == 0, run.stderr
    assert last_json(run.stdout)["ndcg_at_10"] == 1.0
