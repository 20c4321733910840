"""What every test can ask for: a clock that stands still, numbered ids, a state directory of its own."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jinja2.bccache import Bucket, BytecodeCache

from shared.clock import SettableClock
from shared.ids import IdSource, numbered_ids
from shared.settings.registry import Settings, for_tests
from shared.web.translations.__main__ import main as compile_translations

pytest_plugins = [
    "tests.plugins.run_parts",
    "tests.plugins.kafka_broker",
    "tests.plugins.postgres",
    "tests.plugins.new_databases",
    "tests.plugins.compiled_statements",
]

# No outcome hangs on the machine's speed: not an example's either.
hypothesis_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("unhurried")


class CompiledTemplates(BytecodeCache):
    """Templates as they are compiled, by name and source: the hundreds of apps of a run share them."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


def pytest_configure(config: pytest.Config) -> None:
    """Compile the pages' texts once a run, before any test reads them."""
    if not hasattr(config, "workerinput"):
        compile_translations()
    Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Have the garbage collector not look at modules and tests, which stay: only at what the tests make and drop."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True, scope="session")
def unhurried_loops() -> Iterator[None]:
    """Let loops that are told to end take their time: on a slow machine they end late, and must not fail for it."""
    with pytest.MonkeyPatch.context() as patient:
        patient.setattr("shared.loops.STOP_SECONDS", 120.0)
        yield


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse two tests of one name, and have what sweeps the whole house begin first.

    Of two tests of one name pytest-xdist runs one and says nothing. A file that sweeps the house is long, and one
    process runs it alone.
    """
    times = Counter(item.nodeid for item in items)
    if twice := [name for name, number in times.items() if number > 1]:
        raise pytest.UsageError(f"more than one test has the name {twice[0]}: only one of them would run")
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.parent != here)
