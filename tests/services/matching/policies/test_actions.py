from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.matching.introductions.actions import approve, cancel, reject
from services.matching.reports.store import due, reports
from services.matching.reports.worker import Scorer
from services.matching.scoring import store as policies
from services.matching.scoring.domain.policy import STANDARD_POLICY, STANDARD_WEIGHTS
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.storage.engine import Database
from tests.services.matching.matching_world import STAFF

BASE = "/api/v1/scoring-policies"
WEIGHTS = dict(STANDARD_WEIGHTS)


def _call(client: FlaskClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.open(BASE + path, method=method, json=body, headers={**STAFF, **named})


def _draft(client: FlaskClient, weights: Any = None, **rules: float) -> str:
    """Open a draft and change it once: it is then at version 2."""
    draft_id: str = _call(client, "POST", "/drafts", {}).json["id"]
    body = {"weights": weights or WEIGHTS, **rules}
    answer = _call(client, "PUT", f"/drafts/{draft_id}", body, If_Match='"1"')
    assert answer.status_code == 200, answer.json
    return draft_id


def _activate(client: FlaskClient, draft_id: str, seen: int = 2, active: int = 1, **headers: str) -> Any:
    body = {"note": "Stricter from now on.", "active_version": active}
    path = f"/drafts/{draft_id}/activate"
    return _call(client, "POST", path, body, **{"If_Match": f'"{seen}"', **headers})


def test_the_standard_policy_is_version_1_until_staff_activate_another(client: FlaskClient) -> None:
    listed = _call(client, "GET", "").json
    assert (listed["active_version"], listed["drafts"]) == (1, [])
    (only,) = listed["items"]
    assert (only["version"], only["active"], only["activated_at"]) == (1, True, None)
    assert only["weights"] == WEIGHTS
    assert only["floor"] == STANDARD_POLICY.floor


def test_only_staff_may_see_or_change_policies(client: FlaskClient) -> None:
    assert client.get(BASE).status_code == 401
    assert client.post(f"{BASE}/drafts", json={}).status_code == 401


def test_weights_are_scaled_to_sum_to_100(client: FlaskClient) -> None:
    shares = dict.fromkeys(WEIGHTS, 1.0) | {"concepts": 4.0}
    draft = _call(client, "GET", f"/drafts/{_draft(client, shares)}")
    assert round(sum(draft.json["weights"].values()), 6) == 100
    assert draft.json["weights"]["concepts"] == pytest.approx(4 * draft.json["weights"]["kind"], abs=0.1)


def test_a_rule_out_of_range_names_the_field_and_the_fix(client: FlaskClient) -> None:
    draft_id = _call(client, "POST", "/drafts", {}).json["id"]
    body = {"weights": {**WEIGHTS, "text": -1}, "floor": 101, "most_matches": 0}
    answer = _call(client, "PUT", f"/drafts/{draft_id}", body, If_Match='"1"')
    assert answer.status_code == 422
    told = {one["field"]: one for one in answer.json["errors"]}
    assert set(told) == {"weights.text", "floor", "most_matches"}
    assert told["floor"]["problem"] == "101 is out of range"
    assert told["most_matches"]["fix"] == "give a whole number from 1 to 50"


def test_a_whole_number_of_very_many_digits_is_refused(client: FlaskClient) -> None:
    draft_id = _call(client, "POST", "/drafts", {}).json["id"]
    headers = {**STAFF, "If-Match": '"1"', "Content-Type": "application/json"}
    start = json.dumps({"weights": WEIGHTS, "most_matches": 1})[:-1]
    said = {
        31: (422, "1.00e+31 is out of range"),
        400: (400, "A number has 401 digits; at most 32 are taken"),
    }
    for digits, (status, told) in said.items():
        body = f"{start}{'0' * digits}}}"
        answer = client.put(f"{BASE}/drafts/{draft_id}", data=body, headers=headers)
        assert (answer.status_code, told in answer.text) == (status, True)


def test_a_draft_that_changed_meanwhile_is_412_and_without_its_tag_428(client: FlaskClient) -> None:
    draft_id = _draft(client)
    body = {"weights": WEIGHTS}
    late = _call(client, "PUT", f"/drafts/{draft_id}", body, If_Match='"1"')
    assert (late.status_code, late.json["current_version"], late.headers["ETag"]) == (412, 2, '"2"')
    assert _call(client, "PUT", f"/drafts/{draft_id}", body).status_code == 428
    assert _call(client, "DELETE", f"/drafts/{draft_id}", If_Match='"1"').status_code == 412
    assert _activate(client, draft_id, seen=1).status_code == 412


def test_a_discarded_draft_is_gone(client: FlaskClient) -> None:
    draft_id = _draft(client)
    assert _call(client, "DELETE", f"/drafts/{draft_id}", If_Match='"2"').status_code == 204
    assert _call(client, "GET", f"/drafts/{draft_id}").status_code == 404
    assert _call(client, "DELETE", f"/drafts/{draft_id}", If_Match='"2"').status_code == 404
    assert _activate(client, draft_id).status_code == 404


def test_activating_needs_a_note(client: FlaskClient) -> None:
    path = f"/drafts/{_draft(client, floor=77)}/activate"
    for note in ("", "   "):
        answer = _call(client, "POST", path, {"note": note, "active_version": 1}, If_Match='"2"')
        assert answer.status_code == 422
        assert answer.json["errors"][0]["field"] == "note"


def test_activating_makes_open_reports_again_and_leaves_closed_ones(
    client: FlaskClient, scored: Any, scorer: Scorer, database: Database
) -> None:
    scored.request("R2", "P1")
    scorer.score_stale()
    scored.request("R2", "P1", status="closed")
    answer = _activate(client, _draft(client, floor=99))
    assert (answer.status_code, answer.json["version"], answer.json["active"]) == (201, 2, True)
    assert scorer.score_stale() == 1
    with database.reading() as connection:
        made = reports.get_report(connection, "R1")
        kept = reports.get_report(connection, "R2")
        assert policies.get_active_policy(connection).floor == 99
    assert made is not None
    assert kept is not None
    assert made.content.policy_version == 2
    assert [match.id for match in made.content.matches] == ["C2.n1"]
    assert kept.content.policy_version == 1
    old = _call(client, "GET", "/1").json
    assert (old["active"], old["floor"]) == (False, STANDARD_POLICY.floor)


def test_an_activation_fails_when_another_version_became_active(client: FlaskClient) -> None:
    first, second = _draft(client, floor=77), _draft(client, floor=78)
    assert _activate(client, first).status_code == 201
    late = _activate(client, second)
    assert (late.status_code, late.json["active_version"]) == (409, 2)
    assert _activate(client, second, active=2).status_code == 201


def test_an_activation_sent_again_under_its_key_makes_no_second_version(client: FlaskClient) -> None:
    draft_id = _draft(client, floor=77)
    first = _activate(client, draft_id, Idempotency_Key="once")
    again = _activate(client, draft_id, Idempotency_Key="once")
    assert first.json == again.json
    assert [one["version"] for one in _call(client, "GET", "").json["items"]] == [2, 1]


def test_a_draft_that_changes_nothing_is_not_activated(client: FlaskClient) -> None:
    assert _activate(client, _draft(client)).status_code == 409


def test_an_old_version_is_brought_back_by_a_draft_of_it(client: FlaskClient) -> None:
    assert _activate(client, _draft(client, floor=77)).status_code == 201
    draft = _call(client, "POST", "/drafts", {"based_on": 1})
    assert draft.json["floor"] == STANDARD_POLICY.floor
    assert _activate(client, draft.json["id"], seen=1, active=2).json["version"] == 3
    assert _call(client, "POST", "/drafts", {"based_on": 9}).status_code == 404


def test_a_report_that_was_being_made_under_the_old_policy_is_not_saved_as_current(
    client: FlaskClient, scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    scored.request("R1", "P1", text="Sterile processing of instruments")
    with database.writing() as connection:
        snapshot = scorer.read(due.claim_due(connection, clock(), 10))
    assert _activate(client, _draft(client, floor=77)).status_code == 201
    assert scorer.save(snapshot, scorer.compute(snapshot)) == 0
    assert scorer.score_stale() == 1


def test_a_preview_says_who_enters_and_leaves_and_keeps_nothing(
    client: FlaskClient, scored: Any, database: Database
) -> None:
    path = f"/drafts/{_draft(client, floor=99)}/preview"
    told = _call(client, "GET", path).json
    assert (told["active_version"], told["looked_at"], told["of"]) == (1, 1, 1)
    (one,) = told["requests"]
    assert [match["company_id"] for match in one["left"]] == ["C1"]
    assert one["entered"] == one["moved"] == []
    assert (one["covered_by_active"], one["covered_by_draft"], one["needs"]) == (1, 1, 1)
    with database.reading() as connection:
        report = reports.get_report(connection, "R1")
    assert report is not None
    assert report.stale_since is None
    assert len(report.content.matches) == 2


def test_a_preview_of_what_is_active_shows_no_change(client: FlaskClient, scored: Any) -> None:
    told = _call(client, "GET", f"/drafts/{_draft(client)}/preview").json
    assert (told["changed"], told["requests"]) == (0, [])


def test_a_preview_says_what_it_makes_of_past_decisions(
    client: FlaskClient, scored: Any, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    with database.writing() as connection:
        approve(connection, "R1", 1, ["C1.n1"], "", clock, ids)
        reject(connection, "R1", 1, ["C2.n1"], "Too small", clock)
    scored.request("R1", "P1", status="closed")
    told = _call(client, "GET", f"/drafts/{_draft(client, floor=99)}/preview").json
    assert (told["looked_at"], told["open_looked_at"]) == (1, 0)
    approved, rejected = told["agreement"]["approved"], told["agreement"]["rejected"]
    assert (approved["decided"], approved["active_share"], approved["draft_share"]) == (1, 1.0, 0.0)
    assert (rejected["decided"], rejected["active_share"], rejected["draft_share"]) == (1, 1.0, 1.0)
    scored.company("C1", status="withdrawn")
    told = _call(client, "GET", f"/drafts/{_draft(client)}/preview").json
    assert (told["agreement"]["approved"]["decided"], told["agreement"]["no_longer_there"]) == (0, 1)


def test_a_preview_leaves_out_approvals_that_were_cancelled(
    client: FlaskClient, scored: Any, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    with database.writing() as connection:
        made = approve(connection, "R1", 1, ["C1.n1", "C2.n1"], "", clock, ids).introductions
        cancel(connection, made[0]["id"], clock)
    agreement = _call(client, "GET", f"/drafts/{_draft(client)}/preview").json["agreement"]
    assert (agreement["approved"]["decided"], agreement["no_longer_there"]) == (1, 0)


def test_a_preview_says_how_many_requests_it_looked_at(client: FlaskClient, scored: Any) -> None:
    for number in range(2, 5):
        scored.request(f"R{number}", "P1")
    told = _call(client, "GET", f"/drafts/{_draft(client)}/preview?requests=2").json
    assert (told["looked_at"], told["of"]) == (2, 4)
