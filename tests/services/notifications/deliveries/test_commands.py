"""The command that has unsent mails tried again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.notifications.deliveries.commands import mails
from services.notifications.tables import metadata
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.storage.engine import open_database
from tests.services.notifications.world import World


def test_all_unsent_mails_are_tried_again(
    tmp_path: Path, clock: SettableClock, ids: IdSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'notifications.db'}"
    monkeypatch.setenv("HANDSLAG_NOTIFICATIONS_DATABASE", url)
    world = World(open_database(url, metadata), clock, ids)
    world.organisation("company", "C1", "asa@firm.example")
    world.introduction("C1")
    world.compose()
    world.database.close()
    said = CliRunner().invoke(mails, ["retry", "--json"])
    assert (said.exit_code, json.loads(said.stdout)) == (0, {"retried": 1})


def test_without_a_database_the_command_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDSLAG_NOTIFICATIONS_DATABASE", f"sqlite:///{tmp_path / 'none.db'}")
    said = CliRunner().invoke(mails, ["retry"])
    assert said.exit_code == 1
    assert "there is no database" in said.stderr
