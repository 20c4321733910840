"""What strangers send: each gets a clear answer, and nothing is kept of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from shared.events.event import Event
from tests.services.profiles.caller import Caller, Profile


@pytest.fixture(autouse=True)
def _nothing_is_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    events = request.getfixturevalue("events")
    yield
    if request.function is not test_names_in_every_script_and_direction_come_back_unchanged:
        assert events() == []


def body(**changes: Any) -> dict[str, Any]:
    return {"id": "C1", "name": "Norrsken", "description": "Wound care.", **changes}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"name": ', "not well-formed"),
        (b"", "empty"),
        (b"\xff\xfe{", "not UTF-8"),
        (b'{"name": ' + b"[" * 1000 + b"]" * 1000 + b"}", "nested deeper"),
        (b'{"employees": ' + b"9" * 5000 + b"}", "5000 digits"),
        (b'{"name": "a\\u0000b"}', "NUL"),
        (b'{"name": "a\\ud800b"}', "surrogate"),
        (b'{"employees": NaN}', "NaN"),
        (b'{"employees": 1e999}', "too large"),
        (b'{"name": "a", "name": "b"}', "given twice"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else value,
)
def test_what_is_no_plain_json_is_refused_with_the_reason(anyone: Caller, content: bytes, said: str) -> None:
    answer = anyone.send("companies", content)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert said in answer.json["detail"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "text/xml", ""])
def test_another_content_type_is_refused(anyone: Caller, content_type: str) -> None:
    answer = anyone.send("companies", json.dumps(body()).encode(), content_type)
    assert answer.status_code == 415
    assert "application/json" in answer.json["detail"]


def test_ten_megabytes_are_refused(anyone: Caller) -> None:
    answer = anyone.send("companies", b"[" * 10_000_000)
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")


@pytest.mark.parametrize("content", [b"[]", b"5", b'"text"', b"null"])
def test_a_body_that_is_no_object_is_refused(anyone: Caller, content: bytes) -> None:
    assert anyone.send("companies", content).status_code in (400, 422)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": 5}, "name"),
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\x1b[31mb"}, "name"),
        ({"description": "a\x07b"}, "description"),
        ({"description": "d" * 5001}, "description"),
        ({"country": ["Sweden"]}, "country"),
        ({"country": "c" * 81}, "country"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"language": "svenska"}, "language"),
        ({"id": "../etc"}, "id"),
        ({"id": "a b"}, "id"),
        ({"id": "a\n"}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"id": ""}, "id"),
        ({"id": 5}, "id"),
        ({"employees": "5"}, "employees"),
        ({"employees": 1.5}, "employees"),
        ({"employees": True}, "employees"),
        ({"employees": -1}, "employees"),
        ({"employees": 10**30}, "employees"),
        ({"membership": "boss"}, "membership"),
        ({"focus_areas": ["happiness"]}, "focus_areas.0"),
        ({"focus_areas": "amr"}, "focus_areas"),
        ({"markets": [f"Land {number}" for number in range(101)]}, "markets"),
        ({"exclusive_distributors": {f"Land {n}": "P1" for n in range(101)}}, "exclusive_distributors"),
        ({"markets": [None]}, "markets.0"),
        ({"not_to_meet": ["a b"]}, "not_to_meet.0"),
        ({"exclusive_distributors": {"Norway": 5}}, "exclusive_distributors.Norway.value"),
        ({"capabilities": [{"text": "a"}] * 51}, "capabilities"),
        ({"capabilities": [{"text": "a", "secret": 1}]}, "capabilities.0.secret"),
        ({"capabilities": [{"title": "a"}]}, "capabilities.0.text"),
        ({"capabilities": [5]}, "capabilities.0"),
        ({"contact": {"email": "nobody"}}, "contact.email"),
        ({"contact": {"email": "a@example.org\nBcc: b@example.org"}}, "contact.email"),
        ({"contact": {"email": "Kari <kari@example.org>"}}, "contact.email"),
        ({"contact": {"email": "kari@exam\u200bple.org"}}, "contact.email"),
        ({"contact": {"email": "kari@example"}}, "contact.email"),
        ({"contact": {"email": "kari@example.org, eve@example.org"}}, "contact.email"),
        ({"contact": {"name": "A"}}, "contact.email"),
        ({"contact": "a@example.org"}, "contact"),
        ({"status": "active"}, "status"),
        ({"version": 7}, "version"),
        ({"favourite_colour": "blue"}, "favourite_colour"),
    ],
    ids=lambda value: json.dumps(value)[:50] if isinstance(value, dict) else value,
)
def test_a_wrong_field_is_named_with_what_is_wrong(
    anyone: Caller, changes: dict[str, Any], field: str
) -> None:
    answer = anyone.post("companies", body(**changes))
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert all(error["problem"] for error in answer.json["errors"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"direction": "sideways"}, "direction"),
        ({"starts_on": "14/9/2026"}, "starts_on"),
        ({"starts_on": "2026-02-30"}, "starts_on"),
        ({"starts_on": "20260914"}, "starts_on"),
        ({"ends_on": "2026-09-13"}, "ends_on"),
        ({"delegates": [{"role": ""}]}, "delegates.0.role"),
        ({"partner_id": "X9"}, "partner_id"),
    ],
)
def test_a_wrong_field_of_a_visit_is_named(staff: Caller, visit: Profile, changes: Any, field: str) -> None:
    answer = staff.post("visits", {**visit, **changes})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_every_wrong_field_is_named_at_once(anyone: Caller) -> None:
    answer = anyone.post("companies", {"employees": "x", "contact": {}, "nonsense": 1})
    assert {error["field"] for error in answer.json["errors"]} == {
        "name",
        "employees",
        "contact.email",
        "nonsense",
    }


@pytest.mark.parametrize("bad", ["procurement_stage", "visit_from", "must_haves"])
def test_a_wrong_field_of_a_request_is_named(anyone: Caller, bad: str) -> None:
    answer = anyone.post("requests", {"partner_id": "P1", bad: "soon"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [bad]


@pytest.mark.parametrize(
    "name",
    ["Областная больница №1", "مستشفى النور", "בית חולים", "Vietnam Bệnh viện", "病院", "🏥"],
)
def test_names_in_every_script_and_direction_come_back_unchanged(
    staff: Caller, name: str, events: Callable[[], list[Event]]
) -> None:
    assert staff.post("companies", body(name=name, description=f"{name}\n\t{name}")).json["name"] == name
    read = staff.get("companies/C1").json
    assert (read["name"], read["capabilities"][0]["text"]) == (name, f"{name}\n\t{name}")
    (event,) = events()
    assert event.state == read
    assert staff.get(f"companies?q={quote(name)}").json["total"] == 1


def test_a_body_of_empty_capabilities_is_refused_before_any_is_looked_at(anyone: Caller) -> None:
    answer = anyone.send("companies", b'{"name": "A", "capabilities": [' + b"{}," * 320_000 + b"{}]}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert "more than 30000 values" in answer.json["detail"]


@pytest.mark.parametrize(
    ("field", "item"),
    [
        ("capabilities", {}),
        ("markets", 1),
        ("focus_areas", "none"),
        ("exclusive_distributors", None),
        ("languages", ""),
    ],
)
def test_too_long_a_list_is_one_error_whatever_its_items_are(
    anyone: Caller, field: str, item: object
) -> None:
    items = {str(number): 1 for number in range(4_000)} if item is None else [item] * 9_000
    answer = anyone.post("companies", body(**{field: items}))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_at_most_fifty_errors_are_told_and_the_answer_is_short(anyone: Caller) -> None:
    needs = [{"text": "", "requirements": 1}] * 20
    delegates = [{"role": "", "needs": needs}] * 60
    for kind, sent in (
        ("requests", {"partner_id": "P1", "needs": [{f"unknown{n}": 1 for n in range(200)}] * 50}),
        ("companies", {f"unknown{number}": number for number in range(4_000)}),
        ("partners", {"name": "A", "delegates": delegates}),
    ):
        answer = anyone.post(kind, sent)
        assert answer.status_code == 422
        assert 0 < len(answer.json["errors"]) <= 50
        assert len(answer.data) < 20_000


@pytest.mark.parametrize("page", ["9223372036854775807", "9" * 4000, "1e400", "-1", "0", "nan", ""])
@pytest.mark.parametrize("name", ["page", "page_size"])
def test_a_page_that_no_list_has_is_refused(staff: Caller, name: str, page: str) -> None:
    assert staff.get(f"companies?{name}={page}").status_code == 422


@pytest.mark.parametrize("version", ["9223372036854775807", "9" * 4000, "0", "-1", "1.5"])
def test_a_version_that_cannot_be_is_refused(staff: Caller, version: str) -> None:
    assert staff.post("companies/C1/withdraw", If_Match=f'"{version}"').status_code in (404, 412)
