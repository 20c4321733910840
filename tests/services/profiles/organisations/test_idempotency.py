"""A submission that is sent again under its key has its effect once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from flask import Flask

from shared.clock import SettableClock
from shared.events.event import Event
from tests.services.profiles.caller import STAFF, Caller, Profile


def test_the_same_key_and_body_gives_the_same_answer_and_no_second_effect(
    staff: Caller, company: Profile, events: Callable[[], list[Event]]
) -> None:
    del company["id"]
    first = staff.post("companies", company, Idempotency_Key="k1")
    second = staff.post("companies", company, Idempotency_Key="k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.data == first.data
    assert [second.headers[name] for name in ("Location", "ETag")] == [
        first.headers[name] for name in ("Location", "ETag")
    ]
    assert len(events()) == 1


def test_the_same_key_with_another_body_is_refused(staff: Caller, company: Profile) -> None:
    staff.post("companies", company, Idempotency_Key="k1")
    answer = staff.post("companies", {**company, "city": "Umeå"}, Idempotency_Key="k1")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_a_refused_submission_leaves_its_key_free(staff: Caller, company: Profile) -> None:
    refused = staff.post("companies", {**company, "description": ""}, Idempotency_Key="k1")
    assert refused.status_code == 422
    assert staff.post("companies", company, Idempotency_Key="k1").status_code == 201


def test_a_key_is_kept_for_a_day(staff: Caller, company: Profile, clock: SettableClock) -> None:
    del company["id"]
    first = staff.post("companies", company, Idempotency_Key="k1").json["id"]
    clock.advance(timedelta(hours=23))
    assert staff.post("companies", company, Idempotency_Key="k1").json["id"] == first
    clock.advance(timedelta(hours=2))
    assert staff.post("companies", company, Idempotency_Key="k1").json["id"] != first


def test_the_same_key_many_times_at_once_has_one_effect_and_one_answer(
    app: Flask, company: Profile, events: Callable[[], list[Event]]
) -> None:
    del company["id"]
    at_once = Barrier(6)

    def post(_: int) -> tuple[int, bytes]:
        client = app.test_client()
        at_once.wait()
        answer = client.post("/api/v1/companies", json=company, headers={**STAFF, "Idempotency-Key": "k1"})
        return answer.status_code, answer.data

    with ThreadPoolExecutor(6) as threads:
        answers = set(threads.map(post, range(6)))
    assert [status for status, _ in answers] == [201]
    assert len(events()) == 1
