"""What staff do with what waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from services.profiles.submissions import actions
from services.profiles.submissions.worker import forget_old
from services.profiles.tables import submissions
from shared.clock import SettableClock, to_text
from shared.events.event import Event
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller, Profile

ASKS = {
    "partner": {
        "name": "Fjord Hospital",
        "country": "Norway",
        "contact": {"email": "ola@fjord.example", "name": "Ola"},
    },
    "needs": [{"text": "Fewer infections in the wards."}],
    "visit_from": "2026-05-04",
}


def sent(anyone: Caller, kind: str, body: Profile) -> str:
    return str(anyone.post(kind, body).json["id"])


def records(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {one["kind"]: one["id"] for one in answer.json["records"]}


def test_the_queue_shows_who_what_how_often_and_who_it_may_be(
    anyone: Caller, staff: Caller, partner: Profile
) -> None:
    staff.post("partners", partner)
    first = sent(anyone, "requests", ASKS)
    sent(anyone, "companies", {"name": "Larmet", "description": "Larm."})
    page = staff.get("submissions?status=waiting").json
    assert page["total"] == 2
    shown = {one["id"]: one for one in page["items"]}[first]
    assert (shown["kind"], shown["from_source"]) == ("request", 2)
    assert [(one["id"], one["reasons"]) for one in shown["likely"]] == [("P1", ["same_name"])]
    assert staff.get("submissions?kind=company").json["total"] == 1
    assert staff.get("submissions?q=FJORD").json["total"] == 1
    assert staff.get("submissions?status=let_in").json["total"] == 0


def test_let_in_as_new_it_is_published_with_where_it_comes_from(
    anyone: Caller, staff: Caller, company: Profile, events: Callable[[], list[Event]]
) -> None:
    company["contact"] = {"email": "a@norrsken.example"}
    id = sent(anyone, "companies", company)
    made = records(staff.post(f"submissions/{id}/let-in", {"membership": "small_member"}))["companies"]
    assert made != "C1"
    (event,) = events()
    assert (event.type, event.aggregate_id) == ("company.created", made)
    assert event.state is not None
    assert event.state["membership"] == "small_member"
    assert {
        part: (one["made_by"], one["confirmed_by"]) for part, one in event.state["provenance"].items()
    } == dict.fromkeys(("profile", "contact", "capabilities.c1"), ("anyone", "staff"))


def test_a_request_is_let_in_with_a_partner_made_of_it_or_chosen(
    anyone: Caller, staff: Caller, partner: Profile
) -> None:
    staff.post("partners", partner)
    both = records(staff.post(f"submissions/{sent(anyone, 'requests', ASKS)}/let-in", {}))
    request = staff.get(f"requests/{both['requests']}").json
    assert request["partner_id"] == both["partners"]
    assert request["visit_from"] == "2026-05-04"
    assert staff.get(f"partners/{both['partners']}").json["contact"]["email"] == "ola@fjord.example"
    id = sent(anyone, "requests", ASKS)
    chosen = records(staff.post(f"submissions/{id}/let-in", {"partner_id": "P1"}))
    assert list(chosen) == ["requests"]
    assert staff.get(f"requests/{chosen['requests']}").json["partner_id"] == "P1"
    assert staff.get("partners/P1").json["contact"] is None


def test_needs_that_a_request_takes_from_its_partner_are_whose_they_were(
    anyone: Caller, staff: Caller, partner: Profile
) -> None:
    theirs = sent(anyone, "partners", {**partner, "name": "Strangers"})
    made = records(staff.post(f"submissions/{theirs}/let-in", {}))["partners"]
    request = staff.post("requests", {"partner_id": made}).json
    assert {part: one["made_by"] for part, one in request["provenance"].items()} == {
        "profile": "staff",
        "needs.n1": "anyone",
    }
    staff.post("partners", partner)
    asked = sent(anyone, "requests", {"partner_id": "P1"})
    id = records(staff.post(f"submissions/{asked}/let-in", {}))["requests"]
    provenance = staff.get(f"requests/{id}").json["provenance"]
    assert (provenance["profile"]["made_by"], provenance["needs.n1"]["made_by"]) == ("anyone", "staff")


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"fields": ["city"], "record_version": 1}, "record_id"),
        ({"record_version": 1}, "record_id"),
        ({"record_id": "C1", "fields": ["city"]}, "record_version"),
        ({"record_id": "C1", "record_version": 1, "fields": ["city"], "membership": "member"}, "record_id"),
        ({"record_id": "C1", "record_version": 1, "fields": ["city", "nonsense"]}, "fields"),
    ],
)
def test_what_is_neither_new_nor_a_change_is_refused(
    anyone: Caller, staff: Caller, company: Profile, how: Profile, named: str
) -> None:
    staff.post("companies", {**company, "id": "C1"})
    id = sent(anyone, "companies", {**company, "city": "Umeå"})
    answer = staff.post(f"submissions/{id}/let-in", how)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, named)
    assert staff.get("companies").json["total"] == 1


@pytest.mark.parametrize("asked", ["q=?", "q=-", "kind=nonsense", "knid=company"])
def test_a_filter_that_nothing_fits_shows_nothing(
    anyone: Caller, staff: Caller, company: Profile, asked: str
) -> None:
    sent(anyone, "companies", company)
    answer = staff.get(f"submissions?{asked}")
    assert answer.status_code == 422 or answer.json["total"] == 0
    assert staff.get("submissions?kind=company").json["total"] == 1


def test_what_came_in_since_it_was_shown_is_not_withdrawn_with_the_rest(
    anyone: Caller, company: Profile, database: Database, clock: SettableClock
) -> None:
    first = sent(anyone, "companies", company)
    seen = to_text(clock())
    clock.advance(timedelta(seconds=1))
    later = sent(anyone, "companies", company)
    with database.reading() as connection:
        assert actions.ids_from_source(connection, first, seen) == [first]
        assert set(actions.ids_from_source(connection, first)) == {first, later}


def test_a_request_that_names_a_partner_is_resolved_when_it_is_let_in(
    anyone: Caller, staff: Caller, partner: Profile
) -> None:
    id = sent(anyone, "requests", {"partner_id": "P1"})
    refused = staff.post(f"submissions/{id}/let-in", {})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "partner_id")
    staff.post("partners", partner)
    made = records(staff.post(f"submissions/{id}/let-in", {}))["requests"]
    assert staff.get(f"requests/{made}").json["needs"][0]["text"] == partner["need"]


@pytest.fixture
def changing(anyone: Caller, staff: Caller, partner: Profile) -> str:
    """A submission that would change the partner P1."""
    staff.post("partners", {**partner, "contact": {"email": "real@fjord.example"}})
    body = {
        "name": "Fjord Hospital",
        "city": "Bergen",
        "contact": {"email": "mallory@example.org"},
        "not_to_meet": ["C1"],
        "need": "New beds.",
    }
    return sent(anyone, "partners", body)


def test_what_it_would_change_is_shown_field_by_field_and_loudly(changing: str, staff: Caller) -> None:
    shown = staff.get(f"submissions/{changing}/changes?record_id=P1").json
    assert {(one["field"], one["loud"]) for one in shown["changes"]} == {
        ("city", False),
        ("not_to_meet", True),
        ("contact", True),
        ("needs", False),
    }
    needs = next(one for one in shown["changes"] if one["field"] == "needs")
    assert [one["text"] for one in needs["after"]] == ["Fewer infections.", "New beds."]


def test_only_the_chosen_fields_change_and_can_be_put_back(changing: str, staff: Caller) -> None:
    how = {"record_id": "P1", "record_version": 1, "fields": ["city", "needs"]}
    assert records(staff.post(f"submissions/{changing}/let-in", how)) == {"partners": "P1"}
    after = staff.get("partners/P1").json
    assert (after["city"], after["contact"]["email"], after["not_to_meet"]) == (
        "Bergen",
        "real@fjord.example",
        [],
    )
    assert [one["id"] for one in after["needs"]] == ["n1", "n2"]
    assert after["provenance"]["needs.n2"]["made_by"] == "anyone"
    assert after["provenance"]["contact"]["made_by"] == "staff"
    assert staff.post(f"submissions/{changing}/undo").json["status"] == "waiting"
    back = staff.get("partners/P1").json
    assert (back["city"], [one["id"] for one in back["needs"]]) == ("", ["n1"])


@pytest.fixture(params=[0, 1])
def changed_twice(
    anyone: Caller, staff: Caller, partner: Profile, clock: SettableClock, request: pytest.FixtureRequest
) -> list[str]:
    """Two submissions of one source, let in at once or after one another as changes of the partner P1."""
    staff.post("partners", {**partner, "city": "Molde", "contact": {"email": "real@fjord.example"}})
    ids = []
    clock.advance(timedelta(minutes=1))
    for version in (1, 2):
        clock.advance(timedelta(minutes=request.param))
        body = {
            "name": "Fjord Hospital",
            "city": f"Bergen {version}",
            "contact": {"email": f"mallory{version}@example.org"},
            "need": f"New beds {version}.",
        }
        ids.append(sent(anyone, "partners", body))
        how = {"record_id": "P1", "record_version": version, "fields": ["city", "contact", "needs"]}
        records(staff.post(f"submissions/{ids[-1]}/let-in", how))
    return ids


@pytest.mark.parametrize("order", ["source", "first first", "last first"])
def test_changes_of_one_record_are_put_back_to_what_was_there_before_them_all(
    changed_twice: list[str], staff: Caller, clock: SettableClock, order: str
) -> None:
    clock.advance(timedelta(minutes=1))
    first, last = changed_twice
    if order == "source":
        done = staff.post("submissions/withdraw", {"source_of": first}).json["withdrawn"]
        assert done == [last, first]
    else:
        for id in changed_twice if order == "first first" else (last, first):
            assert staff.post(f"submissions/{id}/undo").status_code == 200
    back = staff.get("partners/P1").json
    assert (back["city"], back["contact"]["email"]) == ("Molde", "real@fjord.example")
    assert [one["text"] for one in back["needs"]] == ["Fewer infections."]
    assert {part: (one["made_by"], one["made_at"][:16]) for part, one in back["provenance"].items()} == (
        dict.fromkeys(("profile", "contact", "needs.n1"), ("staff", "2026-03-02T08:00"))
    )


def test_a_part_of_which_another_strangers_change_stays_is_still_anyones(
    changed_twice: list[str], staff: Caller
) -> None:
    staff.post(f"submissions/{changed_twice[0]}/undo")
    after = staff.get("partners/P1").json
    assert after["contact"]["email"] == "mallory2@example.org"
    assert {after["provenance"][part]["made_by"] for part in ("profile", "contact", "needs.n3")} == {"anyone"}


@pytest.fixture
def changed(changing: str, staff: Caller) -> str:
    """A submission that changed the partner P1."""
    how = {"record_id": "P1", "record_version": 1, "fields": ["city", "contact", "needs", "not_to_meet"]}
    records(staff.post(f"submissions/{changing}/let-in", how))
    return changing


def test_a_strangers_contact_goes_although_staff_have_added_to_it(changed: str, staff: Caller) -> None:
    state = staff.get("partners/P1").json
    state["contact"]["phone"] = "+47 1"
    assert staff.put("partners/P1", state, If_Match='"2"').status_code == 200
    assert staff.post(f"submissions/{changed}/undo").json["records"] == []
    assert staff.get("partners/P1").json["contact"]["email"] == "real@fjord.example"


def test_a_withdrawn_record_is_put_back_too_and_comes_back_without_the_strangers_parts(
    changed: str, staff: Caller
) -> None:
    staff.post("partners/P1/withdraw", If_Match='"2"')
    assert staff.post(f"submissions/{changed}/undo").json["records"] == []
    assert staff.get("partners/P1").json["status"] == "withdrawn"
    assert staff.post("partners/P1/reopen", If_Match='"4"').status_code == 200
    after = staff.get("partners/P1").json
    assert (after["contact"]["email"], after["not_to_meet"]) == ("real@fjord.example", [])
    assert [one["text"] for one in after["needs"]] == ["Fewer infections."]
    assert "blocks" not in after["provenance"]


def test_what_was_changed_since_is_named_and_the_rest_is_put_back(changed: str, staff: Caller) -> None:
    state = staff.get("partners/P1").json
    state["contact"] = {"email": "third@fjord.example"}
    state["needs"][1]["text"] = "New beds, said better."
    state["not_to_meet"].append("C7")
    assert staff.put("partners/P1", state, If_Match='"2"').status_code == 200
    told = staff.post(f"submissions/{changed}/undo").json
    assert told["status"] == "waiting"
    assert [(one["id"], one["not_put_back"]) for one in told["records"]] == [("P1", ["contact", "needs"])]
    after = staff.get("partners/P1").json
    assert (after["city"], after["contact"]["email"]) == ("", "third@fjord.example")
    assert after["not_to_meet"] == ["C7"]
    assert [one["text"] for one in after["needs"]] == ["Fewer infections.", "New beds, said better."]
    bulk = staff.post("submissions/withdraw", {"ids": [changed]}).json
    left = {"submission": changed, "kind": "partners", "id": "P1", "fields": ["contact", "needs"]}
    assert bulk == {"withdrawn": [changed], "not_put_back": [left]}


def test_a_change_of_another_version_than_was_seen_is_refused(changing: str, staff: Caller) -> None:
    how = {"record_id": "P1", "record_version": 7, "fields": ["city"]}
    assert staff.post(f"submissions/{changing}/let-in", how).status_code == 412
    del how["record_version"]
    assert staff.post(f"submissions/{changing}/let-in", how).json["errors"][0]["field"] == "record_version"
    none = {"record_id": "P1", "record_version": 1, "fields": ["name"]}
    assert staff.post(f"submissions/{changing}/let-in", none).json["errors"][0]["field"] == "fields"


def test_a_refusal_has_a_reason_that_the_sender_reads_and_can_be_taken_back(
    anyone: Caller, staff: Caller, company: Profile
) -> None:
    answer = anyone.post("companies", company)
    id, link = answer.json["id"], answer.headers["Location"].removeprefix("/api/v1/")
    assert staff.post(f"submissions/{id}/refuse", {"reason": ""}).status_code == 422
    assert staff.post(f"submissions/{id}/refuse", {"reason": "No members in this field."}).status_code == 200
    shown = anyone.get(link).json
    assert (shown["status"], shown["reason"]) == ("not_taken", "No members in this field.")
    assert staff.post(f"submissions/{id}/refuse", {"reason": "Again."}).status_code == 409
    assert anyone.post(f"{link}/withdraw").status_code == 409
    assert staff.post(f"submissions/{id}/undo").json["status"] == "waiting"
    assert staff.post(f"submissions/{id}/undo").status_code == 409


def test_what_was_let_in_is_taken_back_with_the_records_that_it_made(
    anyone: Caller, staff: Caller, events: Callable[[], list[Event]]
) -> None:
    id = sent(anyone, "requests", ASKS)
    made = records(staff.post(f"submissions/{id}/let-in", {}))
    staff.post(f"submissions/{id}/undo")
    for kind in ("requests", "partners"):
        assert staff.get(f"{kind}/{made[kind]}").json["status"] == "withdrawn"
    assert [event.type for event in events()] == [
        "partner.created",
        "request.created",
        "request.withdrawn",
        "partner.withdrawn",
    ]


def test_a_withdrawal_that_is_taken_back_brings_back_what_was_let_in(anyone: Caller, staff: Caller) -> None:
    id = sent(anyone, "requests", ASKS)
    made = records(staff.post(f"submissions/{id}/let-in", {}))
    staff.post("submissions/withdraw", {"ids": [id]})
    back = staff.post(f"submissions/{id}/undo")
    assert (back.json["status"], records(back)) == ("let_in", made)
    assert staff.get(f"requests/{made['requests']}").json["status"] == "open"
    assert staff.get(f"partners/{made['partners']}").json["status"] == "active"
    assert staff.post(f"submissions/{id}/undo").json["status"] == "waiting"
    assert staff.get(f"partners/{made['partners']}").json["status"] == "withdrawn"


def test_a_withdrawal_that_is_taken_back_brings_back_nothing_that_staff_withdrew(
    anyone: Caller, staff: Caller, company: Profile
) -> None:
    id = sent(anyone, "companies", company)
    made = records(staff.post(f"submissions/{id}/let-in", {}))["companies"]
    staff.post(f"companies/{made}/withdraw", If_Match='"1"')
    staff.post("submissions/withdraw", {"ids": [id]})
    assert staff.post(f"submissions/{id}/undo").json["status"] == "waiting"
    assert staff.get(f"companies/{made}").json["status"] == "withdrawn"


@pytest.mark.parametrize("asked", ["undo", "withdraw"])
@pytest.mark.parametrize("kind", ["requests", "visits"])
def test_a_partner_that_others_are_for_is_not_taken_from_under_them(
    anyone: Caller, staff: Caller, partner: Profile, asked: str, kind: str
) -> None:
    del partner["id"]
    id = sent(anyone, "partners", partner)
    made = records(staff.post(f"submissions/{id}/let-in", {}))["partners"]
    may = {"title": "May", "direction": "incoming", "starts_on": "2026-05-04", "ends_on": "2026-05-05"}
    asks = may if kind == "visits" else {"needs": [{"text": "Fewer infections."}]}
    mine = staff.post(kind, {"id": "MINE", "partner_id": made, **asks})
    assert mine.status_code == 201, mine.text

    def take_back() -> Any:
        return (
            staff.post(f"submissions/{id}/undo")
            if asked == "undo"
            else staff.post("submissions/withdraw", {"ids": [id]})
        )

    refused = take_back()
    assert refused.status_code == 409
    assert "MINE" in refused.text
    assert staff.get(f"partners/{made}").json["status"] == "active"
    staff.post(f"{kind}/MINE/withdraw", If_Match='"1"')
    assert take_back().status_code == 200
    assert staff.get(f"partners/{made}").json["status"] == "withdrawn"


def test_all_that_came_from_one_source_is_withdrawn_at_once(
    app: Flask, anyone: Caller, staff: Caller, company: Profile
) -> None:
    flood = [sent(anyone, "companies", {**company, "name": f"Flood {number}"}) for number in range(5)]
    other = app.test_client().post(
        "/api/v1/companies", json=company, environ_base={"REMOTE_ADDR": "192.0.2.9"}
    )
    made = records(staff.post(f"submissions/{flood[0]}/let-in", {}))["companies"]
    assert staff.get(f"submissions?source_of={flood[1]}").json["total"] == 5
    done = staff.post("submissions/withdraw", {"source_of": flood[1]}).json["withdrawn"]
    assert sorted(done) == sorted(flood)
    assert staff.get(f"companies/{made}").json["status"] == "withdrawn"
    assert other.json is not None
    assert [one["id"] for one in staff.get("submissions?status=waiting").json["items"]] == [other.json["id"]]
    assert staff.post("submissions/withdraw", {"source_of": flood[1]}).json["withdrawn"] == []


def test_ticked_ones_are_withdrawn_and_unknown_ids_are_passed_over(
    anyone: Caller, staff: Caller, company: Profile
) -> None:
    ids = [sent(anyone, "companies", company) for _ in range(3)]
    assert staff.post("submissions/withdraw", {"ids": [*ids[:2], "nobody"]}).json["withdrawn"] == ids[:2]
    assert staff.post("submissions/withdraw", {}).status_code == 422


def test_what_is_decided_is_forgotten_after_thirty_days_and_what_waits_is_not(
    anyone: Caller, staff: Caller, company: Profile, clock: SettableClock, database: Database
) -> None:
    decided, waiting = (sent(anyone, "companies", company) for _ in range(2))
    staff.post(f"submissions/{decided}/refuse", {"reason": "No."})
    clock.advance(timedelta(days=29))
    assert forget_old(database, clock) == 0
    clock.advance(timedelta(days=2))
    assert forget_old(database, clock) > 0
    with database.reading() as connection:
        rows = connection.execute(sa.select(submissions.c.id, submissions.c.source)).all()
    assert [tuple(row) for row in rows] == [(waiting, None)]


def test_a_thousand_are_paged(anyone: Caller, staff: Caller, company: Profile, database: Database) -> None:
    sent(anyone, "companies", company)
    with database.writing() as connection:
        row = dict(connection.execute(sa.select(submissions)).mappings().one())
        connection.execute(
            sa.insert(submissions),
            [{**row, "id": f"s{number:04}", "token_digest": f"t{number}"} for number in range(1, 1000)],
        )
    page = staff.get("submissions?page=10&page_size=100").json
    assert (page["total"], len(page["items"])) == (1000, 100)
    assert page["items"][0]["from_source"] == 1000
