"""What `handslag status` says: which figures need attention, and what it tells one to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.operations.machine_state import MachineState, ServiceState
from deploy.operations.status_lines import LEAST_DISK, as_json, as_table, lines_of
from services.matching.reports.store.due import DueCounts
from services.matching.upkeep.report_status import REPORTS_TO_MAKE
from services.notifications.deliveries.views import Mails
from services.notifications.upkeep.mail_status import MailState
from shared.clock import to_text
from shared.status import Line, Waiting

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NOTHING = Waiting(0, None)
QUIET = ServiceState(working=True, outbox=NOTHING, refused=0, dead=0)
SERVICES = ("profiles", "matching", "notifications")
WELL = MachineState(
    services=dict.fromkeys(SERVICES, QUIET),
    lag={"matching": 0, "notifications": 0},
    work={
        "matching": DueCounts(0, None, 0, 0),
        "notifications": MailState(NOTHING, NOTHING, (Mails("sent", "", 60), Mails("cancelled", "", 1))),
    },
    disk_free=10 * LEAST_DISK,
)


def ago(**by: float) -> str:
    return to_text(NOW - timedelta(**by))


def alarms(state: MachineState) -> list[Line]:
    return [line for line in lines_of(state, NOW) if line.attention]


def changed(state: MachineState, reports: DueCounts | None = None, **changes: Any) -> MachineState:
    """Change a state: the reports to make, of the mails `approvals`, `queue` and `mails`, or a field of the state."""
    of_mails = {name: changes.pop(name) for name in ("approvals", "queue", "mails") if name in changes}
    work = {
        "matching": reports or state.work["matching"],
        "notifications": replace(state.work["notifications"], **of_mails),
    }
    return replace(state, work=work, **changes)


def with_service(name: str, **changes: Any) -> MachineState:
    return replace(WELL, services={**WELL.services, name: replace(QUIET, **changes)})


def with_nobody_at_work() -> MachineState:
    return replace(WELL, services=dict.fromkeys(SERVICES, replace(QUIET, working=False)))


def test_a_machine_on_which_nothing_waits_is_well() -> None:
    assert alarms(WELL) == []
    assert as_table(lines_of(WELL, NOW)).endswith("All is well.")
    assert as_json(lines_of(WELL, NOW))["well"] is True


def test_a_machine_that_stands_idle_is_well_while_nothing_waits() -> None:
    assert alarms(with_nobody_at_work()) == []


def test_what_has_just_begun_to_wait_needs_nobody() -> None:
    busy = changed(
        with_service("profiles", outbox=Waiting(500, ago(seconds=20))),
        lag={"matching": 300, "notifications": 5},
        reports=DueCounts(30, ago(seconds=40), 0, 0),
        approvals=Waiting(3, ago(minutes=4)),
        queue=Waiting(7, ago(seconds=30)),
        mails=(Mails("queued", "", 7),),
    )
    assert alarms(busy) == []


@pytest.mark.parametrize(
    ("changes", "what", "words"),
    [
        ({"outbox": Waiting(2, ago(minutes=2))}, "outbox", "publishes nothing"),
        ({"outbox": Waiting(2, ago(seconds=2)), "working": False}, "outbox", "handslag work profiles"),
        ({"refused": 1}, "refused events", "can never take"),
        ({"dead": 3}, "dead letters", "handslag dead list --service profiles"),
    ],
)
def test_a_service_that_needs_attention(changes: dict[str, Any], what: str, words: str) -> None:
    (line,) = alarms(with_service("profiles", **changes))
    assert (line.service, line.what) == ("profiles", what)
    assert words in line.advice


@pytest.mark.parametrize(
    ("changes", "what", "words"),
    [
        ({"lag": {"matching": 9}, "still": frozenset({"matching"})}, "events to read", "look again"),
        (
            {"reports": DueCounts(3, ago(minutes=9), 0, 0), "still": frozenset({REPORTS_TO_MAKE})},
            "reports to make",
            "makes none",
        ),
        ({"reports": DueCounts(3, ago(minutes=9), 0, 1)}, "reports failed", "log of matching"),
        ({"approvals": Waiting(1, ago(minutes=7))}, "approvals to write", "writes none"),
        ({"mails": (Mails("waiting", "No contact …", 2),)}, "mails waiting", "Add a contact"),
        ({"mails": (Mails("failed", "550 no such user", 2),)}, "mails failed", "/retry"),
        ({"mails": (Mails("queued", "the server is away", 2),)}, "mails queued", "HANDSLAG_SMTP"),
        (
            {"mails": (Mails("queued", "", 2),), "queue": Waiting(2, ago(minutes=3))},
            "mails queued",
            "sends none",
        ),
        ({"disk_free": LEAST_DISK - 1}, "disk free", "make room"),
        ({"away": {"event log": "no broker answers"}}, "event log", "Nothing is lost"),
        ({"away": {"matching database": "it does not answer"}}, "database", "handslag settings"),
    ],
)
def test_what_needs_attention_comes_with_what_to_do(changes: dict[str, Any], what: str, words: str) -> None:
    (line,) = alarms(changed(WELL, **changes))
    assert line.what == what
    assert words in line.advice


def test_whatever_waits_while_nobody_works_needs_attention_at_once() -> None:
    state = changed(
        with_nobody_at_work(),
        lag={"matching": 1, "notifications": 0},
        reports=DueCounts(1, ago(seconds=1), 0, 0),
        approvals=Waiting(1, ago(seconds=1)),
        queue=Waiting(1, ago(seconds=1)),
        mails=(Mails("queued", "", 1),),
    )
    found = alarms(state)
    assert [line.what for line in found] == [
        "events to read",
        "reports to make",
        "approvals to write",
        "mails queued",
    ]
    assert all("handslag work" in line.advice for line in found)


def test_while_the_event_log_is_away_an_old_outbox_is_said_to_go_out_by_itself() -> None:
    state = replace(
        with_service("profiles", outbox=Waiting(2, ago(hours=2))), away={"event log": "no broker answers"}
    )
    outbox = next(line for line in alarms(state) if line.what == "outbox")
    assert outbox.note == "the oldest for 2 h"
    assert "by themselves" in outbox.advice


def test_requests_whose_partner_is_withdrawn_are_told_of_and_need_nobody() -> None:
    state = changed(WELL, reports=DueCounts(0, None, 4, 0))
    assert alarms(state) == []
    assert any(line.what == "reports waiting" and line.value == 4 for line in lines_of(state, NOW))


def test_many_reasons_are_cut_to_the_most_frequent_and_all_are_counted() -> None:
    mails = tuple(Mails("failed", f"reason {number}", number) for number in range(1, 9))
    lines = [line for line in lines_of(changed(WELL, mails=mails), NOW) if line.what == "mails failed"]
    assert [line.value for line in lines] == [8, 7, 6, 5, 4, 6]
    assert sum(int(line.value) for line in lines) == sum(range(1, 9))


def test_the_table_marks_what_needs_attention_and_says_below_what_to_do() -> None:
    table = as_table(lines_of(with_service("matching", dead=3), NOW)).splitlines()
    place = next(number for number, row in enumerate(table) if row.startswith("!"))
    assert table[place].split() == ["!", "matching", "dead", "letters", "3"]
    assert "handslag dead list --service matching" in table[place + 1]
    assert table[-1] == "1 thing needs attention."
    assert max(map(len, table)) <= 120
