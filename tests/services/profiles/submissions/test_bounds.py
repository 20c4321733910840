"""What strangers may leave here is bounded: one submission, those of a source in a day, and all that wait."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from services.profiles.submissions.domain.rates import MOST_BYTES, MOST_WAITING, RATES
from services.profiles.tables import submissions
from shared.clock import SettableClock
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller, Profile


def large(bytes_at_most: int) -> dict[str, Any]:
    """Make the largest company of which no more bytes than that are kept."""
    body: dict[str, Any] = {"name": "Norrsken", "country": "Sweden", "capabilities": []}
    offer = {"text": "å" * 2_000, "evidence": "e" * 1_000}
    while len(json.dumps(body, ensure_ascii=False).encode()) <= bytes_at_most:
        body["capabilities"].append(offer | {"title": f"Offer {len(body['capabilities'])}"})
    body["capabilities"].pop()
    return body


def fill(database: Database, number: int) -> None:
    """Keep so many submissions that wait, of a source each."""
    row = {
        "kind": "companies", "status": "waiting", "received_at": "2026-03-01T08:00:00.000000Z", "name": "Larmet",
        "name_folded": "larmet", "email": "", "reason": "", "records": "[]", "sent": "{}",
    }  # fmt: skip
    rows = [
        {**row, "id": f"s{place}", "token_digest": f"t{place}", "source": f"f{place}"}
        for place in range(number)
    ]
    with database.writing() as connection:
        connection.execute(sa.insert(submissions), rows)


def test_what_is_larger_than_a_submission_may_be_is_not_kept(anyone: Caller, staff: Caller) -> None:
    answer = anyone.post("companies", large(2 * MOST_BYTES))
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
    assert str(MOST_BYTES) in answer.json["detail"]
    assert staff.get("submissions").json["total"] == 0
    assert staff.post("companies", large(2 * MOST_BYTES)).status_code == 201, "staff may"


def test_the_largest_that_is_kept_can_be_let_in(anyone: Caller, staff: Caller) -> None:
    kept = anyone.post("companies", large(MOST_BYTES))
    assert kept.status_code == 202
    assert staff.post(f"submissions/{kept.json['id']}/let-in", {}).status_code == 200
    asks = {"partner": {"name": "Fjord", "country": "Norway"}, "needs": []}
    for offer in large(MOST_BYTES - 500)["capabilities"]:
        asks["needs"].append({"text": offer["text"], "requirements": offer["evidence"]})  # type: ignore[attr-defined]
    kept = anyone.post("requests", asks)
    assert kept.status_code == 202, kept.text
    assert staff.post(f"submissions/{kept.json['id']}/let-in", {}).status_code == 200


def test_a_source_may_send_so_much_in_a_day(anyone: Caller, app: Flask, clock: SettableClock) -> None:
    most = RATES[-1].most_characters
    assert most
    body = large(MOST_BYTES)
    size = len(json.dumps(body, ensure_ascii=False))
    for _ in range(-(-most // size)):
        assert anyone.post("companies", body).status_code == 202
        clock.advance(timedelta(seconds=10))
    small = {"name": "Norrsken", "description": "Larm."}
    refused = anyone.post("companies", small)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > timedelta(hours=23).total_seconds()
    other = app.test_client()
    other.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert other.post("/api/v1/companies", json=small).status_code == 202
    clock.advance(timedelta(days=1))
    assert anyone.post("companies", small).status_code == 202


def test_while_too_much_waits_nothing_is_kept(
    anyone: Caller, staff: Caller, app: Flask, database: Database, company: Profile
) -> None:
    fill(database, MOST_WAITING - 1)
    kept = anyone.post("companies", company)
    assert kept.status_code == 202
    refused = anyone.post("companies", company)
    assert (refused.status_code, refused.mimetype) == (503, "application/problem+json")
    assert "Retry-After" in refused.headers
    client = app.test_client()
    token = re.search(
        r'name="csrf_token" value="([^"]*)"', client.get("/submit/company").get_data(as_text=True)
    )
    assert token
    form = {"name": "Norrsken", "country": "Sweden", "text_1": "Bed sensors.", "email": "a@norrsken.example"}
    answer = client.post("/submit/company", data={**form, "csrf_token": token[1]})
    assert answer.status_code == 503
    assert "Bed sensors." in answer.get_data(as_text=True)
    assert staff.post(f"submissions/{kept.json['id']}/refuse", {"reason": "No."}).status_code == 200
    assert anyone.post("companies", company).status_code == 202


def test_the_list_leaves_out_what_was_sent(anyone: Caller, staff: Caller, company: Profile) -> None:
    id = anyone.post("companies", company).json["id"]
    (listed,) = staff.get("submissions").json["items"]
    assert listed["id"] == id
    assert "submitted" not in listed
    assert staff.get(f"submissions/{id}").json["submitted"]["name"] == company["name"]
