"""The image's recipe: what it copies, who it runs as, and that what its steps make can run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scale.compose import ours, read_compose

ROOT = Path(__file__).resolve().parents[2]
RECIPE = (ROOT / "deploy" / "image" / "Dockerfile").read_text(encoding="utf-8")
LINES = [line.strip() for line in RECIPE.replace("\\\n", " ").splitlines() if line.strip()]
STEPS = [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in LINES if line[0] != "#"]
COPIED = [
    source for step, rest in STEPS if step == "COPY" and "--from" not in rest for source in rest.split()[:-1]
]


def test_the_process_is_an_unprivileged_user_by_number() -> None:
    users = [rest for step, rest in STEPS if step == "USER"]
    assert users == ["10001:10001"]


def test_folders_for_volumes_are_that_users() -> None:
    runs = " ".join(rest for step, rest in STEPS if step == "RUN")
    mounted = {volume.split(":")[1] for one in ours(read_compose()).values() for volume in one["volumes"]}
    assert f"--owner=10001 --group=10001 --mode=0700 {' '.join(sorted(mounted, reverse=True))}" in runs


def test_every_copied_path_exists_and_is_let_through() -> None:
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    assert COPIED
    for path in COPIED:
        assert (ROOT / path).exists(), path
        assert f"!{path}" in rules, path


def test_state_secrets_and_history_stay_out_of_the_build() -> None:
    rules = [
        line
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line[:1] not in "#"
    ]
    assert rules[0] == "*", "everything is out but what is named"
    let_in = {line.removeprefix("!") for line in rules if line.startswith("!")}
    assert let_in == set(COPIED)
    assert not let_in & {"var", ".venv", ".git", ".env"}


def test_no_secret_and_no_address_of_a_registry_stands_in_it() -> None:
    assert not re.search(r"(?i)(password|secret|token)\w*\s*=", RECIPE)
    assert "://" not in RECIPE
    images = [rest.split()[0] for step, rest in STEPS if step == "FROM"]
    assert images == ["python:3.11.15-slim-bookworm"] * 2


def test_packages_come_with_their_hashes_and_the_builder_goes_again() -> None:
    runs = " ".join(rest for step, rest in STEPS if step == "RUN")
    assert "requirements/install.sh .venv/bin/python requirements/run.txt" in runs
    assert "requirements/install.sh .venv/bin/python . " in runs
    assert "uninstall --yes setuptools pip" in runs
    pins = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    assert len(re.findall(r"^setuptools==[\d.]+ \\\n    --hash=sha256:", pins, re.MULTILINE)) == 1


def test_what_is_copied_runs_and_speaks_swedish_after_the_build(tmp_path: Path) -> None:
    for path in COPIED:
        source = ROOT / path
        if source.is_dir():
            shutil.copytree(source, tmp_path / path, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
        else:
            shutil.copy(source, tmp_path / path)
    run_in(tmp_path, "-m", "shared.web.translations")
    texts = list(tmp_path.rglob("messages.po"))
    assert texts
    assert all(text.with_suffix(".mo").stat().st_size > 100 for text in texts)
    said = run_in(tmp_path, "-c", "import deploy.command as c; print(c.__file__); c.main(['settings'])")
    assert str(tmp_path) in said
    assert "All settings are in order." in said


def run_in(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env={}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(done.stdout + done.stderr)
    return done.stdout
