"""Events of every released version load for ever: one sample of each type, as it stood on the topic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.event_log.port import Record
from shared.events.catalogue import EVENT_TYPES
from shared.events.envelope import from_record

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
VERSIONS = sorted(path.name for path in GOLDEN.glob("v*"))
SAMPLES = sorted(GOLDEN.glob("v*/*.*.json"))


def sample(path: Path) -> tuple[Record, dict[str, Any] | None]:
    written = json.loads(path.read_text(encoding="utf-8"))
    state = written["value"]
    value = None if state is None else json.dumps(state, ensure_ascii=False).encode()
    headers = tuple((name, text.encode()) for name, text in written["headers"].items())
    return Record(written["topic"], 0, 0, written["key"], value, headers, 0), state


def holds(loaded: Any, said: Any) -> bool:
    """Whether a loaded state has all that a sample says; fields that came later may stand beside it."""
    if isinstance(said, dict):
        return all(name in loaded and holds(loaded[name], value) for name, value in said.items())
    if isinstance(said, list):
        return len(loaded) == len(said) and all(map(holds, loaded, said))
    return bool(loaded == said)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sample_loads_with_all_it_says(path: Path) -> None:
    record, state = sample(path)
    event = from_record(record)
    assert event.type == path.stem
    assert (event.state is None) == (state is None)
    if event.state is not None and state is not None:
        assert holds(event.state, state)


def test_every_type_of_the_catalogue_has_a_sample_in_the_newest_version() -> None:
    newest = GOLDEN / VERSIONS[-1]
    assert {path.stem for path in newest.glob("*.*.json")} == set(EVENT_TYPES)


def test_the_samples_fill_every_field_of_their_schemas() -> None:
    """Those of the release that they were kept by: a field that came after it stands in no sample of it."""
    for version in VERSIONS:
        schemas = json.loads((GOLDEN / version / "schemas.json").read_text(encoding="utf-8"))
        for path in (GOLDEN / version).glob("*.*.json"):
            _, state = sample(path)
            if state is not None:
                topic = EVENT_TYPES[path.stem]
                assert set(state) == set(schemas[topic.name]["state"]), path.name
                assert set(state) <= set(topic.schema().fields), path.name
