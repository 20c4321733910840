"""What a stranger sends: it waits, and the answer tells of nothing but what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from services.profiles.importing.importer import derived_id
from services.profiles.tables import idempotency, submissions
from shared.clock import SettableClock
from shared.events.event import Event
from shared.storage.engine import Database
from tests.services.profiles.caller import STAFF, Answer, Caller, Profile

CANARY = "Quite secret need of the hospital"


def masked(answer: Answer) -> tuple[int, str, tuple[str, ...]]:
    """An answer without what differs between any two submissions: its ids and its link."""
    body = dict(answer.json)
    for name in ("id", "follow", "request_id", "instance"):
        body.pop(name, None)
    return answer.status_code, json.dumps(body, sort_keys=True), tuple(sorted(dict(answer.headers)))


def followed(answer: Answer) -> str:
    """The API's path of a receipt's status."""
    return str(answer.headers["Location"]).removeprefix("/api/v1/")


@pytest.fixture
def there(staff: Caller, partner: Profile, visit: Profile) -> None:
    """A partner with a need, one that is withdrawn, and a visit."""
    staff.post("partners", {**partner, "need": CANARY, "contact": {"email": "real@fjord.example"}})
    staff.post("partners", {**partner, "id": "P2"})
    staff.post("partners/P2/withdraw", If_Match='"1"')
    staff.post("visits", visit)


def test_a_receipt_holds_what_was_sent_and_a_link(anyone: Caller, company: Profile) -> None:
    del company["id"]
    answer = anyone.post("companies", company)
    assert answer.status_code == 202
    receipt = answer.json
    assert receipt["status"] == "waiting"
    assert receipt["submitted"] == company
    assert receipt["ignored"] == []
    token = receipt["follow"].rpartition("/")[2]
    assert len(token) == 64
    assert followed(answer) == f"submissions/follow/{token}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_no_answer_tells_what_is_here(there: None, anyone: Caller) -> None:
    """The same for a partner and a visit that are here, withdrawn or were never."""
    bodies: list[Profile] = [{"partner_id": id} for id in ("P1", "P2", "P9")]
    answers = [anyone.post("requests", body) for body in bodies]
    answers += [anyone.post("requests", {"partner_id": "P9", "visit_id": name}) for name in ("V1", "V9")]
    assert {answer.status_code for answer in answers} == {202}
    assert all(CANARY not in answer.text for answer in answers)
    own = [{**answer.json, "submitted": {}, "follow": "", "id": "", "received_at": ""} for answer in answers]
    assert all(one == own[0] for one in own)


@pytest.mark.parametrize("kind", ["companies", "partners"])
def test_an_id_is_never_chosen_by_a_stranger_and_tells_nothing(
    there: None, staff: Caller, anyone: Caller, partner: Profile, company: Profile, kind: str
) -> None:
    body = {**(partner if kind == "partners" else company), "contact": {"email": "mallory@example.org"}}
    answers = [anyone.post(kind, {**body, "id": id}) for id in ("P1", "P2", "P9", "C1")]
    assert len({masked(answer) for answer in answers}) == 1
    assert answers[0].json["ignored"][0]["field"] == "id"
    assert "id" not in answers[0].json["submitted"]
    if kind == "partners":
        (record,) = staff.post(f"submissions/{answers[0].json['id']}/let-in", {}).json["records"]
        assert record["id"] not in ("P1", "P2", "P9")
        assert staff.get("partners/P1").json["contact"]["email"] == "real@fjord.example"


def test_ids_of_capabilities_and_needs_are_ours_too(anyone: Caller, company: Profile) -> None:
    company.pop("description"), company.pop("focus_areas")
    answer = anyone.post("companies", {**company, "capabilities": [{"id": "x.c1", "text": "Alarms."}]})
    assert answer.json["submitted"]["capabilities"] == [{"text": "Alarms."}]
    assert {one["field"] for one in answer.json["ignored"]} == {"id", "capabilities.0.id"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "partner"),
        ({"partner": {"name": "Fjord"}}, "needs"),
        ({"partner": {"country": "Norway"}, "needs": [{"text": "a"}]}, "partner.name"),
        ({"partner_id": "P1", "partner": {"name": "Fjord", "need": "a"}}, "partner_id"),
        ({"partner_id": "P1", "visit_from": "2026-05-02", "visit_to": "2026-05-01"}, "visit_to"),
        ({"partner": {"name": "A", "need": "a", "needs": [{"text": "b"}]}}, "partner.need"),
    ],
)
def test_a_request_that_says_too_little_is_refused_by_its_own_words(
    anyone: Caller, body: dict[str, Any], field: str
) -> None:
    answer = anyone.post("requests", body)
    assert (answer.status_code, [one["field"] for one in answer.json["errors"]]) == (422, [field])


def test_staff_name_the_partner_of_a_request(staff: Caller, partner: Profile) -> None:
    del partner["id"]
    assert staff.post("requests", {"partner": partner}).json["errors"][0]["field"] == "partner"
    assert staff.post("requests", {}).json["errors"][0]["field"] == "partner_id"


def test_what_waits_is_in_no_event(
    anyone: Caller, company: Profile, events: Callable[[], list[Event]]
) -> None:
    anyone.post("companies", company)
    assert events() == []


def test_who_has_the_link_follows_and_withdraws_it(anyone: Caller, staff: Caller, company: Profile) -> None:
    path = followed(anyone.post("companies", company))
    first = anyone.get(path)
    assert (first.status_code, first.json["status"]) == (200, "waiting")
    assert first.headers["Cache-Control"] == "no-store"
    assert "noindex" in first.headers["X-Robots-Tag"]
    for _ in range(2):
        assert anyone.post(f"{path}/withdraw").json["status"] == "withdrawn"
    assert anyone.get(f"{path[:-1]}x").status_code == 404
    assert staff.post(f"submissions/{first.json['id']}/let-in", {}).status_code == 409


def test_only_the_digest_of_a_link_is_kept(anyone: Caller, company: Profile, database: Database) -> None:
    answer = anyone.post("companies", company, Idempotency_Key="k1")
    token = followed(answer).rpartition("/")[2]
    with database.reading() as connection:
        kept = [connection.execute(sa.select(table)).all() for table in (submissions, idempotency)]
    assert token not in repr(kept)
    assert "127.0.0.1" not in repr(kept)


def test_a_key_has_one_effect_and_one_answer(app: Flask, company: Profile, staff: Caller) -> None:
    def post(_: int) -> tuple[int, bytes]:
        answer = app.test_client().post("/api/v1/companies", json=company, headers={"Idempotency-Key": "k1"})
        return answer.status_code, answer.data

    with ThreadPoolExecutor(4) as threads:
        answers = set(threads.map(post, range(4)))
    assert [status for status, _ in answers] == [202]
    assert staff.get("submissions").json["total"] == 1


def test_nobody_meets_anothers_answer_by_a_key(app: Flask, company: Profile, staff: Caller) -> None:
    """The same key and the same bytes from another sender, and from staff, are another submission."""
    senders = ["192.0.2.1", "192.0.2.2", "2001:db8:1:1::5", "2001:db8:1:1::6", "2001:db8:1:2::5"]
    links = []
    for sender in senders:
        answer = app.test_client().post(
            "/api/v1/companies",
            json=company,
            headers={"Idempotency-Key": "k1"},
            environ_base={"REMOTE_ADDR": sender},
        )
        assert answer.json is not None
        links.append(answer.json["follow"])
    assert links[2] == links[3]  # one network is one sender
    assert len(set(links)) == 4
    staff_answer = app.test_client().post(
        "/api/v1/companies", json=company, headers={**STAFF, "Idempotency-Key": "k1"}
    )
    assert staff_answer.status_code == 201


def test_a_key_with_another_body_is_refused(anyone: Caller, company: Profile) -> None:
    anyone.post("companies", company, Idempotency_Key="k1")
    assert anyone.post("companies", {**company, "city": "Umeå"}, Idempotency_Key="k1").status_code == 422


def test_what_was_sent_under_a_key_and_is_gone_is_not_told_again(
    anyone: Caller, company: Profile, database: Database
) -> None:
    anyone.post("companies", company, Idempotency_Key="k1")
    with database.writing() as connection:
        connection.execute(sa.delete(submissions))
    assert anyone.post("companies", company, Idempotency_Key="k1").status_code == 410


def test_a_derived_id_that_was_foreseen_gives_a_stranger_nothing(
    anyone: Caller, staff: Caller, partner: Profile
) -> None:
    """A row without an id gets one that anybody can work out: no stranger's record is ever under it."""
    foreseen = derived_id("partners", partner["name"], partner["country"])
    sent = anyone.post("partners", {**partner, "id": foreseen}).json
    (made,) = staff.post(f"submissions/{sent['id']}/let-in", {}).json["records"]
    assert made["id"] != foreseen
    assert staff.get(f"partners/{foreseen}").status_code == 404


def test_a_source_is_known_by_a_keyed_digest_for_a_time(
    app: Flask, anyone: Caller, company: Profile, clock: SettableClock, database: Database
) -> None:
    for sender in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        app.test_client().post("/api/v1/companies", json=company, environ_base={"REMOTE_ADDR": sender})
    with database.reading() as connection:
        sources = connection.execute(sa.select(submissions.c.source)).scalars().all()
    assert len(set(sources)) == 2
    assert all(len(source) == 64 for source in sources)
