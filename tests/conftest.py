"""What every test can ask for: a clock that stands still, numbered ids, a state directory of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.clock import SettableClock
from shared.ids import IdSource, numbered_ids
from shared.settings.registry import Settings, for_tests
from shared.web.translations.__main__ import main as compile_translations

pytest_plugins = ["tests.plugins.run_parts", "tests.plugins.kafka_broker", "tests.plugins.postgres"]


def pytest_configure(config: pytest.Config) -> None:
    """Compile the pages' texts once a run, before any test reads them."""
    if not hasattr(config, "workerinput"):
        compile_translations()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))


@pytest.fixture
def ids() -> IdSource:
    return numbered_ids()


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def settings(state_dir: Path) -> Settings:
    return for_tests(state_dir)
