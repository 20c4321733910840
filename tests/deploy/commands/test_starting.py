"""What is looked at before something starts."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from click.testing import CliRunner

from deploy.command import main
from deploy.commands.starting import close_state
from deploy.runtime.serve import environment_of
from shared.settings.registry import for_tests

HERE = Path(__file__).parents[3]


def test_the_state_that_a_command_makes_is_its_owners_alone(tmp_path: Path) -> None:
    settings = for_tests(tmp_path / "state")
    before = os.umask(0)
    try:
        companies = str(HERE / "deploy" / "sample" / "companies.csv")
        done = CliRunner().invoke(main, ["import", "companies", companies], env=environment_of(settings))
    finally:
        os.umask(before)
    assert done.exit_code == 0, done.output
    made = [tmp_path / "state", *(tmp_path / "state").rglob("*")]
    assert len(made) > 1
    for path in made:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_what_stood_open_is_closed_at_the_start(tmp_path: Path) -> None:
    settings = for_tests(tmp_path / "state")
    places = [settings.state_dir, settings.state_dir / "events"]
    for folder in places:
        folder.mkdir()
    files = [settings.state_dir / "profiles.sqlite", settings.state_dir / "events" / "companies.sqlite"]
    for file in files:
        file.touch()
    for path in places:
        path.chmod(0o755)
    for path in files:
        path.chmod(0o644)
    close_state(settings)
    assert {stat.S_IMODE(path.stat().st_mode) for path in places} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
