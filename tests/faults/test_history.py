"""The checker finds each kind of fault, and finds none where there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.history import History, Letter, Mail, Stored, Submission, Version, check

V1, V2 = Version("companies", "c", 1), Version("companies", "c", 2)
OTHER = Version("companies", "d", 1)
BAD = Letter("matching", "companies", b"x", b"{", (("ce_id", b"1"),))

GOOD = History(
    submissions=[
        Submission("one", "companies", True, "c", 1),
        Submission("two", "companies", True, "c", 2),
        Submission("three", "companies", True, "d", 1),
        Submission("never answered", "companies", False),
    ],
    stored=[
        Stored("one", "companies", "c", 1),
        Stored("two", "companies", "c", 2),
        Stored("three", "companies", "d", 1),
    ],
    published=[V1, V1, OTHER, V2, V1, V2],
    effects={"matching": [V1, OTHER, V2]},
    reads={"matching": frozenset({"companies"})},
    approvals=[("c", "p"), ("d", "p")],
    mails=[Mail("m1", "c", 1.0), Mail("m2", "p", 2.0), Mail("m3", "d", 3.0), Mail("m4", "p", 4.0)],
    bad=[BAD],
    letters=[BAD],
)


def test_a_good_history_has_no_fault() -> None:
    verdict = check(GOOD)
    assert verdict.broken() == []
    assert verdict.counted["acknowledged"] == 3
    assert verdict.counted["in doubt"] == 1
    assert verdict.counted["published again"] == 3


def test_a_version_that_was_overtaken_while_nobody_read_is_not_lost() -> None:
    assert check(replace(GOOD, effects={"matching": [OTHER, V2]})).broken() == []


@pytest.mark.parametrize(
    ("where", "history"),
    [
        ("lost between client and store", replace(GOOD, stored=GOOD.stored[:2])),
        (
            "lost between client and store",
            replace(GOOD, stored=[*GOOD.stored[:2], Stored("three", "partners", "d", 1)]),
        ),
        ("lost between store and topic", replace(GOOD, published=[V1, V2], effects={"matching": [V1, V2]})),
        (
            "lost between store and topic",
            replace(GOOD, published=[OTHER, V2], effects={"matching": [OTHER, V2]}),
        ),
        ("lost waiting in an outbox", replace(GOOD, waiting=[V2])),
        ("lost effects in matching", replace(GOOD, effects={"matching": [V1, OTHER]})),
        ("lost effects in matching", replace(GOOD, effects={"matching": [V1, V2]})),
        ("lost mails", replace(GOOD, mails=GOOD.mails[:3])),
        ("lost bad events", replace(GOOD, letters=[])),
        ("lost bad events", replace(GOOD, letters=[replace(BAD, value=b"{}")])),
        ("duplicated submissions", replace(GOOD, stored=[*GOOD.stored, Stored("one", "companies", "e", 1)])),
        ("duplicated submissions", replace(GOOD, stored=[*GOOD.stored, Stored("two", "companies", "c", 3)])),
        ("duplicated effects in matching", replace(GOOD, effects={"matching": [V1, OTHER, V2, V2]})),
        ("duplicated mails", replace(GOOD, mails=[*GOOD.mails, Mail("m5", "c", 5.0)])),
        ("duplicated mails outside", replace(GOOD, mails=[*GOOD.mails, Mail("m1", "c", 5.0)])),
        ("duplicated dead letters", replace(GOOD, letters=[BAD, BAD])),
        ("inverted on the topics", replace(GOOD, published=[V2, V1, OTHER])),
        ("inverted effects in matching", replace(GOOD, effects={"matching": [V2, OTHER, V1]})),
    ],
)
def test_each_kind_of_fault_is_found_and_named(where: str, history: History) -> None:
    assert any(fault.startswith(where) for fault in check(history).broken()), check(history).broken()


def test_a_fault_of_one_kind_is_not_counted_as_another() -> None:
    assert len(check(replace(GOOD, effects={"matching": [V1, OTHER, V2, V2]})).broken()) == 1
    assert len(check(replace(GOOD, mails=[*GOOD.mails, Mail("m1", "c", 5.0)])).broken()) == 1


@pytest.mark.parametrize(("death", "excused"), [(0.5, False), (3.0, True), (6.0, False)])
def test_a_mail_may_repeat_only_when_its_sender_died_in_between(death: float, excused: bool) -> None:
    history = replace(GOOD, mails=[*GOOD.mails, Mail("m1", "c", 5.0)], sender_deaths=[death])
    verdict = check(history)
    assert (not verdict.broken()) is excused
    assert verdict.counted["mails repeated in the window"] == 1


def test_a_mail_may_repeat_when_the_server_never_said_that_it_took_it() -> None:
    mails = [replace(GOOD.mails[0], told=False), *GOOD.mails[1:], Mail("m1", "c", 5.0)]
    assert check(replace(GOOD, mails=mails)).broken() == []
