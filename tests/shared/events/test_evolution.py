"""Old and new code read each other's events: only optional fields come and go, later words of an aggregate are read."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from shared.event_log.port import Record
from shared.events.catalogue import EVENT_TYPES
from shared.events.envelope import BadEventError, from_record
from tests.golden.describe import Description, breaches, described, restricted
from tests.shared.events.test_golden import SAMPLES, sample

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
RELEASED: dict[str, Description] = {
    path.parent.name: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(GOLDEN.glob("v*/schemas.json"))
}
NOW = "the code as it is"
VERSIONS = {**RELEASED, NOW: described()}
LIVING = [path for path in SAMPLES if not path.stem.endswith(".erased")]


def test_every_released_version_says_what_its_events_look_like() -> None:
    assert set(RELEASED) == {path.name for path in GOLDEN.glob("v*")}


@pytest.mark.parametrize("pair", list(combinations(VERSIONS, 2)), ids=" and ".join)
def test_any_two_versions_read_each_other(pair: tuple[str, str]) -> None:
    assert breaches(*(VERSIONS[name] for name in pair)) == []


@pytest.mark.parametrize("version", RELEASED)
def test_no_released_type_of_event_is_ever_written_anew_with_another_meaning(version: str) -> None:
    gone = {kind for topic in RELEASED[version].values() for kind in topic["types"]} - set(EVENT_TYPES)
    assert gone == set(), "types stay in the catalogue: their events stay on the topics"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "Integer"}, "companies.name: type is String in one and Integer in the other"),
        ({"required": False}, "companies.name: required is True in one and False in the other"),
        ({"null": True}, "companies.name: null is False in one and True in the other"),
    ],
)
def test_a_field_that_changes_is_found(change: dict[str, Any], said: str) -> None:
    changed = described()
    changed["companies"]["state"]["name"].update(change)
    assert breaches(described(), changed) == [said]


def test_a_required_field_that_comes_or_goes_is_found_however_deep_and_an_optional_one_is_not() -> None:
    changed = described()
    need = changed["requests"]["state"]["needs"]["items"]["fields"]
    need["price"] = {"type": "Integer", "required": True, "null": False}
    need["colour"] = {"type": "String", "required": False, "null": True}
    del need["text"]
    assert breaches(described(), changed) == [
        "requests.needs[items].price: a required field came or went",
        "requests.needs[items].text: a required field came or went",
    ]


@pytest.mark.parametrize("path", LIVING, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_newer_writers_fields_are_ignored_at_every_depth(path: Path) -> None:
    record, state = sample(path)
    newer = with_later_fields(state)
    assert newer != state
    assert from_record(with_value(record, newer)) == from_record(record)


@pytest.mark.parametrize("path", LIVING, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_older_writers_state_has_all_that_it_must(path: Path) -> None:
    record, state = sample(path)
    topic = RELEASED[path.parent.name][record.topic]
    least = {name: value for name, value in (state or {}).items() if topic["state"][name]["required"]}
    event = from_record(with_value(record, least))
    assert event.state is not None
    assert restricted(event.state, topic["state"]) | least == restricted(event.state, topic["state"])


@pytest.mark.parametrize("path", LIVING, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_word_that_only_newer_code_knows_carries_its_state_all_the_same(path: Path) -> None:
    record, _ = sample(path)
    known = from_record(record)
    kind = f"{record.headers[2][1].decode().partition('.')[0]}.put_on_hold"
    event = from_record(with_type(record, kind))
    assert (event.type, event.version, event.state) == (kind, known.version, known.state)


@pytest.mark.parametrize(
    "kind", ["planet.created", "company.", "company.Two Words", "partner.put_on_hold", "company", ".created"]
)
def test_what_is_no_word_of_the_topics_aggregate_is_refused(kind: str) -> None:
    record, _ = sample(GOLDEN / "v1" / "company.created.json")
    with pytest.raises(BadEventError, match="unknown event type"):
        from_record(with_type(record, kind))


def test_only_an_erased_event_has_no_state_whatever_newer_code_calls_it() -> None:
    record, _ = sample(GOLDEN / "v1" / "company.erased.json")
    with pytest.raises(BadEventError, match="exactly the erased events have no value"):
        from_record(with_type(record, "company.dissolved"))


def with_later_fields(value: Any) -> Any:
    """Add a field to every object, wherever one stands by itself or in a list; maps of texts stay as they are."""
    if isinstance(value, list):
        return [with_later_fields(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "id" not in value and not {"email", "role", "regulatory_status"} & set(value):
        return value
    return {
        **{name: with_later_fields(item) for name, item in value.items()},
        "came_later": {"nested": [{"deep": 1.5}]},
    }


def with_value(record: Record, state: Any) -> Record:
    value = json.dumps(state, ensure_ascii=False).encode()
    return Record(record.topic, 0, 0, record.key, value, record.headers, 0)


def with_type(record: Record, kind: str) -> Record:
    headers = tuple((name, kind.encode() if name == "ce_type" else value) for name, value in record.headers)
    return Record(record.topic, 0, 0, record.key, record.value, headers, 0)
