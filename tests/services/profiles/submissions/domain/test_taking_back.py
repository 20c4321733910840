"""What of a stranger's change is put back, and what is left because it says something else since."""

from __future__ import annotations

from typing import Any

import pytest

from services.profiles.submissions.domain.submission import RecordOf
from services.profiles.submissions.domain.taking_back import put_back

REAL, EVIL = {"email": "real@a.example"}, {"email": "evil@a.example"}
N1, N2 = {"id": "n1", "text": "one"}, {"id": "n2", "text": "two"}


@pytest.mark.parametrize(
    ("field", "before", "after", "now", "then", "whole"),
    [
        ("city", "Molde", "Bergen", "Bergen", "Molde", True),
        ("city", "Molde", "Bergen", "Molde", "Molde", True),
        ("city", "Molde", "Bergen", "Oslo", "Oslo", False),
        ("contact", REAL, EVIL, {"email": "Evil@a.example", "phone": "1"}, REAL, True),
        ("contact", REAL, EVIL, {"email": "third@a.example"}, {"email": "third@a.example"}, False),
        ("contact", REAL, EVIL, None, None, False),
        ("contact", None, EVIL, EVIL, None, True),
        ("not_to_meet", ["C9"], ["C1"], ["C1", "C5"], ["C5", "C9"], True),
        ("not_to_meet", [], ["C1"], ["C5"], ["C5"], True),
        ("needs", [N1], [N1, N2], [N1, N2, {"id": "n3", "text": "three"}], [N1, {"id": "n3", "text": "three"}], True),
        ("needs", [N1], [N1, N2], [N1, {**N2, "text": "other"}], [N1, {**N2, "text": "other"}], False),
        ("needs", [N1], [N1, N2], [N2], [N2], False),
        ("exclusive_distributors", {}, {"NO": "a"}, {"NO": "b"}, {"NO": "b"}, False),
    ],
)  # fmt: skip
def test_each_field_goes_back_unless_it_says_something_else_since(
    field: str, before: Any, after: Any, now: Any, then: Any, whole: bool
) -> None:
    record = RecordOf("partners", "P1", 2, made=False, before={field: before}, after={field: after})
    back = put_back(record, {field: now})
    assert back.fields.get(field, now) == then
    assert back.left == (set() if whole else {field})
