"""What the measuring of the largest inputs calls a failure."""

from __future__ import annotations

import pytest

from tests.bench import largest
from tests.bench.largest import CASES, REFUSED, Cost, line

CASE = CASES["csv-rows"]


@pytest.mark.parametrize(
    ("megabytes", "note", "problem"),
    [
        (400, "47.6 MB: 100,000 rows taken, 0 rejected", ""),
        (600, "47.6 MB: 100,000 rows taken, 0 rejected", "TOO MUCH"),
        (400, f"1.0 MB: {REFUSED}has more than 200 columns", "REFUSED"),
    ],
)
def test_what_needs_too_much_or_was_refused_fails(
    megabytes: float,
    note: str,
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cost = Cost(CASE, 1.0, megabytes, 512, note)
    assert cost.problem == problem
    assert problem in line(cost)
    assert note in line(cost)
    monkeypatch.setattr(largest, "measure", lambda name, compose: cost)
    assert largest.main(["csv-rows"]) == bool(problem)
    assert note in capsys.readouterr().out
