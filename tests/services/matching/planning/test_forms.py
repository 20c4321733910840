"""What is ticked on the page of planned introductions comes back as it was written, and nothing else is taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.matching.planning.actions import Wanted
from services.matching.planning.forms import CHANGED, pair_value, wanted_of
from services.matching.refusals import Refusal, RefusedError

REQUEST = {"request_id": "R1", "report_version": 2, "title": "Sjukhuset söker"}


def test_pairs_of_one_report_are_wanted_together() -> None:
    values = [pair_value(REQUEST, {"matches": matches}) for matches in (["C1.n1", "C1.n2"], ["Ö.n1"])]
    values.append(pair_value({**REQUEST, "request_id": "R2"}, {"matches": ["C1.n1"]}))
    assert wanted_of(values) == [Wanted("R1", 2, ("C1.n1", "C1.n2", "Ö.n1")), Wanted("R2", 2, ("C1.n1",))]
    assert wanted_of([]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"request_id": ""}, {"request_id": 1}, {"report_version": 0}, {"report_version": "2"}, {"matches": []},
        {"matches": "C1.n1"}, {"matches": [1]}, {"note": "more"},
    ],
)  # fmt: skip
def test_what_no_checkbox_says_is_refused(wrong: dict[str, Any]) -> None:
    value = {"request_id": "R1", "report_version": 2, "matches": ["C1.n1"], **wrong}
    for ticked in (json.dumps(value), "{", "[]", "null", ""):
        with pytest.raises(RefusedError) as refused:
            wanted_of([ticked])
        assert (refused.value.kind, refused.value.template) == (Refusal.INVALID, CHANGED)
