"""A run that ends before its end: what was judged by then keeps its verdict, and nothing else is called broken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.__main__ import BROKEN, HELD, NOT_JUDGED, verdict
from tests.faults.fault_run import Plan
from tests.faults.history import (
    History,
    Letter,
    Mail,
    Settled,
    Stored,
    Submission,
    Verdict,
    Version,
    check,
    merged,
)
from tests.faults.nemesis import plan_blows
from tests.faults.outcome import Outcome, Step
from tests.faults.table import Row, Word, rows, table
from tests.faults.waiting import Cut, CutOffError, WaitedInVainError, Waiting
from tests.forker import ROOT

V1, V2, SENT = Version("companies", "c", 1), Version("companies", "c", 2), Version("deliveries", "m", 2)
BAD = Letter("matching", "companies", b"x", b"{", ())
WHOLE = History(
    submissions=[Submission("one", "companies", True, "c", 1), Submission("two", "companies", True, "c", 2)],
    stored=[Stored("one", "companies", "c", 1), Stored("two", "companies", "c", 2)],
    published=[V1, V2, SENT],
    effects={"matching": [V1, V2, SENT]},
    reads={"matching": frozenset({"companies", "deliveries"})},
    approvals=[("c", "p")],
    mails=[Mail("m1", "c", 1.0), Mail("m2", "p", 2.0)],
    bad=[BAD],
    letters=[BAD],
)
ON_THEIR_WAY = {
    "a write is not published": replace(
        WHOLE, published=[V1, SENT], waiting=[V2], effects={"matching": [V1, SENT]}
    ),
    "an effect is still to come": replace(WHOLE, effects={"matching": [V1, SENT]}),
    "a delivery is still to be published": replace(WHOLE, waiting=[Version("deliveries", "m", 3)]),
    "a mail is still to be sent": replace(WHOLE, mails=WHOLE.mails[:1]),
    "an approval is still to be answered": replace(WHOLE, approvals=[]),
    "a bad event is still to be read": replace(WHOLE, letters=[]),
    "a write is still to be answered": replace(
        WHOLE, submissions=[replace(WHOLE.submissions[0], acknowledged=False)]
    ),
}
STEPS = Plan(seed=1, kills=1, window=True, turns=1).steps(postgres=False)
JUDGED_AFTER = {
    "1 acknowledged is never lost": Step.CALM,
    "2 effects once": Step.AGAIN,
    "3 order per key": Step.CALM,
    "4 the event log may be away": Step.AWAY,
    "5 bad events stop nobody": Step.BAD,
    "6 rebuilt the same": Step.REBUILD,
    "7 one mail a recipient": Step.REST,
    "half requests starve nobody": Step.HALVES,
    "a full disk is said": Step.DISK,
}


def cut_off(step: Step, seen: Verdict) -> Outcome:
    """Make the outcome of a run that was cut off in a step."""
    done = STEPS[: STEPS.index(step)]
    return Outcome(1, STEPS, done, f"cut off while {step} (SIGTERM)", seen)


def words(outcome: Outcome) -> dict[str, Row]:
    return {row.promise.removeprefix("run: "): row for row in rows({"run": outcome}, whole=False)}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("history", ON_THEIR_WAY.values(), ids=ON_THEIR_WAY)
def test_what_is_on_its_way_at_a_cut_is_neither_lost_nor_doubled(step: Step, history: History) -> None:
    found = words(cut_off(step, check(history, Settled.NOTHING)))
    assert Word.BROKEN not in {row.word for row in found.values()}, table(list(found.values()))


@pytest.mark.parametrize("step", STEPS)
def test_a_cut_in_a_step_leaves_open_what_is_judged_later_and_says_why(step: Step) -> None:
    found = words(cut_off(step, check(WHOLE, Settled.NOTHING)))
    for promise, after in JUDGED_AFTER.items():
        judged = STEPS.index(after) < STEPS.index(step)
        assert found[promise].word is (Word.HELD if judged else Word.NOT_JUDGED), promise
        assert (f"not judged: cut off while {step}" in found[promise].counted) is not judged


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("promise", "history"),
    [
        ("1 acknowledged is never lost", replace(WHOLE, stored=WHOLE.stored[:1])),
        ("2 effects once", replace(WHOLE, effects={"matching": [V1, V2, V2]})),
        ("2 effects once", replace(WHOLE, stored=[*WHOLE.stored, Stored("one", "companies", "d", 1)])),
        ("3 order per key", replace(WHOLE, effects={"matching": [V2, V1]})),
        ("3 order per key", replace(WHOLE, published=[V2, V1])),
        ("5 bad events stop nobody", replace(WHOLE, letters=[BAD, BAD])),
        ("7 one mail a recipient", replace(WHOLE, mails=[*WHOLE.mails, Mail("m1", "c", 5.0)])),
    ],
)
def test_what_nothing_can_mend_is_broken_at_a_cut_too(step: Step, promise: str, history: History) -> None:
    assert words(cut_off(step, check(history, Settled.NOTHING)))[promise].word is Word.BROKEN


def test_what_was_found_once_everything_had_settled_stays_found() -> None:
    lost = check(replace(WHOLE, effects={"matching": [V1]}), Settled.ALL_BUT_MAILS)
    seen = merged(lost, check(WHOLE, Settled.NOTHING))
    assert words(cut_off(Step.AGAIN, seen))["1 acknowledged is never lost"].word is Word.BROKEN


def test_what_tells_of_a_mail_may_still_come_when_all_but_mails_has_settled() -> None:
    history = replace(WHOLE, effects={"matching": [V1, V2]}, waiting=[SENT], mails=[])
    assert check(history, Settled.ALL_BUT_MAILS).broken() == []
    assert len(check(history).broken()) == 3


def test_a_run_that_is_not_begun_has_no_verdict_at_all() -> None:
    outcome = Outcome(1, STEPS, ended="cut off before it began (SIGTERM)")
    found = words(outcome)
    assert {found[promise].word for promise in JUDGED_AFTER} == {Word.NOT_JUDGED}
    assert "cut off before it began" in found["2 effects once"].counted


def test_too_few_kills_of_a_run_that_was_cut_off_are_no_broken_promise() -> None:
    done = Outcome(1, STEPS, STEPS, "", check(WHOLE), Counter({"work matching": 80}))
    cut = replace(cut_off(Step.BLOWS, check(WHOLE, Settled.NOTHING)))
    by_name = {row.promise: row for row in rows({"embedded": done, "kafka": cut}, whole=True)}
    assert by_name["all: kills"].word is Word.NOT_JUDGED
    assert by_name["all: rebalances of Kafka's group"].word is Word.NOT_JUDGED
    by_name = {row.promise: row for row in rows({"embedded": done, "kafka": done}, whole=True)}
    assert by_name["all: kills"].word is Word.BROKEN


def test_the_exit_code_tells_held_broken_and_cut_off_apart() -> None:
    done = Outcome(1, STEPS, STEPS, "", check(WHOLE))
    cut = cut_off(Step.AGAIN, check(WHOLE, Settled.NOTHING))
    broken = replace(cut, faults=["a web process ended"])
    for outcomes, code, said in (
        ({"embedded": done}, HELD, "All promises held"),
        ({"embedded": done, "kafka": cut}, NOT_JUDGED, "no promise was found broken"),
        ({"embedded": done, "kafka": broken}, BROKEN, "BROKEN"),
    ):
        found = verdict(outcomes, rows(outcomes, whole=False))
        assert found[0] == code
        assert said in found[1]
    assert len({HELD, BROKEN, NOT_JUDGED, 2}) == 4


def test_a_wait_goes_on_for_as_long_as_something_moves() -> None:
    looks = Counter[str]()

    def done() -> bool:
        looks["done"] += 1
        return looks["done"] == 40

    assert Waiting(Cut(), patience=0.1).until("forty looks", done, lambda: looks["done"], look=0.01)


def test_a_wait_for_what_stands_still_is_in_vain() -> None:
    with pytest.raises(WaitedInVainError, match="nothing moved: a miracle"):
        Waiting(Cut(), patience=0.05).until("a miracle", lambda: False, lambda: 3, look=0.01)


def test_a_cut_ends_every_wait_with_its_first_reason() -> None:
    cut = Cut()
    cut.ask("SIGINT")
    cut.ask("SIGTERM")
    with pytest.raises(CutOffError, match="SIGINT"):
        Waiting(cut).until("a miracle", lambda: False)
    assert Waiting(cut).until("what is there already", lambda: True)


def test_a_seed_deals_the_same_blows_and_as_many_kills_as_are_asked_for() -> None:
    for seed in range(50):
        blows = plan_blows(seed, 60, 6, broker=True, postgres=True, parts=8, pauses=True)
        assert blows == plan_blows(seed, 60, 6, broker=True, postgres=True, parts=8, pauses=True)
        assert 60 <= sum(blow.kills for blow in blows) < 60 + 8
        assert {"broker", "PostgreSQL"} <= {blow.target for blow in blows[:5]}
    assert {"full disk"} <= {
        blow.target for blow in plan_blows(1, 1, 6, broker=False, postgres=False, parts=6)
    }


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The command of the long runs, once its house stands."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults", "--log", "embedded", "--seed", "1", "--kills", "30"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            said = []
            for line in process.stdout:
                said.append(line)
                if "started" in line:
                    break
            assert "started" in "".join(said), said
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


def test_the_long_run_ends_with_its_table_when_it_is_asked_to(
    begun: subprocess.Popen[str], tmp_path: Path
) -> None:
    begun.send_signal(signal.SIGTERM)
    assert begun.stdout is not None
    said = begun.stdout.read()
    assert begun.wait() == NOT_JUDGED, said
    assert "2 effects once" in said
    assert "not judged: cut off while" in said
    assert "(SIGTERM)" in said
    assert "BROKEN" not in said
    assert list(tmp_path.glob("handslag-faults-*")) == [], "nothing that it made stays behind"
