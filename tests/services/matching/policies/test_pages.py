from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from services.matching.policies.labels import RULE_WORDS
from services.matching.scoring.domain.policy import STANDARD_POLICY, STANDARD_WEIGHTS
from tests.browser import Browser
from tests.services.matching.matching_world import MatchingWorld


def _page(browser: Browser, path: str) -> str:
    said = browser.open(path)
    assert not re.search(r"<[^>]* style=|<style|<script(?![^>]* src=)|<[^>]* on\w+=", browser.page)
    return said


def _dials(**changes: Any) -> dict[str, Any]:
    weights = {f"weights.{part}": weight for part, weight in STANDARD_WEIGHTS.items()}
    return {**weights, **{name: getattr(STANDARD_POLICY, name) for name in RULE_WORDS}, **changes}


def _opened(browser: Browser) -> str:
    """Open a draft of the standard policy, and return its address; its page is open then."""
    browser.open("/policies")
    address = browser.press("Open a draft of it").headers["Location"]
    browser.open(address)
    return address


def test_the_list_says_what_is_active_and_what_to_do_next(browser: Browser) -> None:
    assert "nobody has activated another one yet" in _page(browser, "/policies")
    assert "Det finns inget utkast. Öppna ett" in _page(browser, "/policies?lang=sv")


def test_staff_turn_a_dial_see_what_changes_and_make_it_active(
    browser: Browser, scored: MatchingWorld
) -> None:
    draft = _opened(browser)
    kept = browser.fill(floor="99,5").press("Keep, and see what would change")
    assert kept.status_code == 303
    shown = _page(browser, kept.headers["Location"])
    assert 'name="floor" type="number" min="0" max="100" step="any" required value="99.5"' in shown
    assert "Company C1 leaves (was place" in shown
    assert browser.press("Make active…").status_code == 422
    browser.open(draft)
    browser.fill(note="Stricter").press("Make active…")
    assert "Make the draft active?" in browser.said
    assert browser.press("Yes, make it active").status_code == 303
    listed = _page(browser, "/policies")
    assert "Active: version 2" in listed
    assert "Stricter" in listed
    answer = {"version": 2, "active_version": 1, "note": "Stricter", "confirmed": "yes"}
    assert browser.send(f"{draft}/activate", **answer).status_code == 404


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Fewest points of a match: 101 is out of range; give a number from 0 to 100."),
        ("sv", "Minsta poäng för en match: 101 ligger utanför det tillåtna; ange ett tal från 0 till 100."),
    ],
)
def test_a_dial_out_of_range_is_named_and_what_was_written_stays(
    browser: Browser, language: str, told: str
) -> None:
    answer = browser.send(f"{_opened(browser)}?lang={language}", version=1, **_dials(floor=101, tail="x"))
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert told in page
    assert 'value="101"' in page
    assert 'value="x"' in page


def test_a_draft_that_somebody_else_changed_is_409_and_nothing_is_lost(browser: Browser) -> None:
    draft = _opened(browser)
    assert browser.send(draft, version=1, **_dials(floor=77)).status_code == 303
    late = browser.send(draft, version=1, **_dials(floor=78))
    assert late.status_code == 409
    assert "You saw version 1 of this draft, it is at version 2 now" in unescape(late.text)
    assert 'name="floor" type="number" min="0" max="100" step="any" required value="78"' in late.text
    assert unescape(late.text).count("In the draft now: ") == 1
    assert "In the draft now: 77." in unescape(late.text)
    assert 'value="77.0"' in _page(browser, draft)


def test_a_note_stays_written_when_the_activation_is_refused(browser: Browser) -> None:
    draft = _opened(browser)
    browser.send(draft, version=1, **_dials(floor=77))
    late = {"version": 1, "active_version": 1, "note": "Stricter & fairer", "confirmed": "yes"}
    answer = browser.send(f"{draft}/activate", **late)
    assert answer.status_code == 409
    assert ">Stricter &amp; fairer</textarea>" in answer.text
    answer = browser.send(f"{draft}/activate", version=2, active_version=1, note="x" * 2001)
    assert answer.status_code == 422
    assert "The text has 2001 characters; at most 2000 are taken." in unescape(answer.text)
    assert f">{'x' * 2001}</textarea>" in answer.text


def test_discarding_is_asked_for_once_more(browser: Browser) -> None:
    draft = _opened(browser)
    browser.press("Discard the draft…")
    assert "Discard the draft?" in browser.said
    browser.open(draft)
    browser.press("Discard the draft…")
    assert browser.press("Yes, discard it").status_code == 303
    browser.open(draft, 404)
