from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.matching.policies.labels import RULE_WORDS
from services.matching.scoring.domain.policy import STANDARD_POLICY, STANDARD_WEIGHTS
from tests.services.matching.matching_world import STAFF, MatchingWorld


def _page(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers=STAFF)
    assert answer.status_code == 200
    assert not re.search(r"<[^>]* style=|<style|<script(?![^>]* src=)|<[^>]* on\w+=", answer.text)
    return unescape(answer.text)


def _post(client: FlaskClient, path: str, **form: Any) -> Any:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/policies", headers=STAFF).text)
    assert token is not None
    return client.post(path, data={"csrf_token": token.group(1), **form}, headers=STAFF)


def _dials(**changes: Any) -> dict[str, Any]:
    weights = {f"weights.{part}": weight for part, weight in STANDARD_WEIGHTS.items()}
    return {**weights, **{name: getattr(STANDARD_POLICY, name) for name in RULE_WORDS}, **changes}


def _opened(client: FlaskClient) -> str:
    address: str = _post(client, "/policies/drafts", based_on=1).headers["Location"]
    return address


def test_the_list_says_what_is_active_and_what_to_do_next(client: FlaskClient) -> None:
    assert "nobody has activated another one yet" in _page(client, "/policies")
    assert "Det finns inget utkast. Öppna ett" in _page(client, "/policies?lang=sv")


def test_staff_turn_a_dial_see_what_changes_and_make_it_active(
    client: FlaskClient, scored: MatchingWorld
) -> None:
    draft = _opened(client)
    kept = _post(client, draft, version=1, **_dials(floor="99,5"))
    assert kept.status_code == 303
    shown = _page(client, kept.headers["Location"])
    assert 'name="floor" type="number" min="0" max="100" step="any" required value="99.5"' in shown
    assert "Company C1 leaves (was place" in shown
    asked = _post(client, f"{draft}/activate", version=2, active_version=1, note="Stricter")
    assert "Make the draft active?" in asked.text
    assert _post(client, f"{draft}/activate", version=2, active_version=1).status_code == 422
    answer = {"version": 2, "active_version": 1, "note": "Stricter", "confirmed": "yes"}
    assert _post(client, f"{draft}/activate", **answer).status_code == 303
    listed = _page(client, "/policies")
    assert "Active: version 2" in listed
    assert "Stricter" in listed
    assert _post(client, f"{draft}/activate", **answer).status_code == 404


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Fewest points of a match: 101 is out of range; give a number from 0 to 100."),
        ("sv", "Minsta poäng för en match: 101 ligger utanför det tillåtna; ange ett tal från 0 till 100."),
    ],
)
def test_a_dial_out_of_range_is_named_and_what_was_written_stays(
    client: FlaskClient, language: str, told: str
) -> None:
    answer = _post(client, f"{_opened(client)}?lang={language}", version=1, **_dials(floor=101, tail="x"))
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert told in page
    assert 'value="101"' in page
    assert 'value="x"' in page


def test_a_draft_that_somebody_else_changed_is_409_and_nothing_is_lost(client: FlaskClient) -> None:
    draft = _opened(client)
    assert _post(client, draft, version=1, **_dials(floor=77)).status_code == 303
    late = _post(client, draft, version=1, **_dials(floor=78))
    assert late.status_code == 409
    assert "You saw version 1 of this draft, it is at version 2 now" in unescape(late.text)
    assert 'name="floor" type="number" min="0" max="100" step="any" required value="78"' in late.text
    assert unescape(late.text).count("In the draft now: ") == 1
    assert "In the draft now: 77." in unescape(late.text)
    assert 'value="77.0"' in _page(client, draft)


def test_a_note_stays_written_when_the_activation_is_refused(client: FlaskClient) -> None:
    draft = _opened(client)
    _post(client, draft, version=1, **_dials(floor=77))
    late = {"version": 1, "active_version": 1, "note": "Stricter & fairer", "confirmed": "yes"}
    answer = _post(client, f"{draft}/activate", **late)
    assert answer.status_code == 409
    assert ">Stricter &amp; fairer</textarea>" in answer.text
    answer = _post(client, f"{draft}/activate", version=2, active_version=1, note="x" * 2001)
    assert answer.status_code == 422
    assert "The text has 2001 characters; at most 2000 are taken." in unescape(answer.text)
    assert f">{'x' * 2001}</textarea>" in answer.text


def test_discarding_is_asked_for_once_more(client: FlaskClient) -> None:
    draft = _opened(client)
    assert "Discard the draft?" in _post(client, f"{draft}/discard", version=1).text
    assert client.get(draft, headers=STAFF).status_code == 200
    assert _post(client, f"{draft}/discard", version=1, confirmed="yes").status_code == 303
    assert client.get(draft, headers=STAFF).status_code == 404
