"""What `handslag status` says of a machine: a line for each thing that can pile up, with what to do where it does."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime, timedelta

from deploy.operations.machine_state import MachineState
from deploy.services import SERVICES
from shared.status import START, Circumstances, Line

PUBLISHED_WITHIN = timedelta(minutes=1)
LEAST_DISK = 1 << 30
WIDTH = 100
SHORT_NOTE = 40
OWNERS = (*SERVICES, "event log", "machine")


def lines_of(state: MachineState, now: datetime) -> list[Line]:
    """Return every line about a machine, service by service."""
    lines = [
        *_services(state, now),
        *_event_log(state),
        *_work(state, now),
        *_disk(state),
    ]
    return sorted(lines, key=lambda line: OWNERS.index(line.service))


def as_json(lines: list[Line]) -> dict[str, object]:
    """Return the lines as one JSON object; `well` is true when none needs attention."""
    return {
        "well": not any(line.attention for line in lines),
        "attention": sum(line.attention for line in lines),
        "lines": [{**vars(line), "attention": line.attention} for line in lines],
    }


def as_table(lines: list[Line]) -> str:
    """Write the lines as a table for people; a `!` marks those that need attention, with what to do below them."""
    service = max(len(line.service) for line in lines)
    what = max(len(line.what) for line in lines)
    value = max(len(str(line.value)) for line in lines)
    written: list[str] = []
    for line in lines:
        mark = "!" if line.attention else " "
        row = f"{mark} {line.service:<{service}}  {line.what:<{what}}  {line.value!s:>{value}}"
        short = len(line.note) <= SHORT_NOTE
        written.append(f"{row}  {line.note}".rstrip() if short else row)
        indent = " " * (service + 4)
        for text in (line.advice,) if short else (line.note, line.advice):
            written += textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
    count = sum(line.attention for line in lines)
    end = f"{count} thing{'s need' if count > 1 else ' needs'} attention." if count else "All is well."
    return "\n".join([*written, "", end])


def _services(state: MachineState, now: datetime) -> Iterator[Line]:
    for name, problem in state.away.items():
        service, _, what = name.rpartition(" ")
        if what == "database":
            advice = "Start what is missing, or correct the setting; `handslag settings` shows what is read."
            yield Line(service, what, "away", problem, advice)
    for service, found in state.services.items():
        yield Line(service, "work process", "active" if found.working else "none")
        yield Line(
            service, "outbox", found.outbox.number, found.outbox.since(now), _outbox(state, service, now)
        )
        refused = "" if not found.refused else (
            "The event log can never take these events; they stay in the outbox, and the log of the work process "
            "says why. Change each of their profiles once more (shorter texts), which publishes its newest state."
        )  # fmt: skip
        yield Line(service, "refused events", found.refused, "", refused)
        letters = "" if not found.dead else (
            f"See them with `handslag dead list --service {service}`, mend the cause, then `handslag dead replay`, "
            "or give one up with `handslag dead discard`."
        )  # fmt: skip
        yield Line(service, "dead letters", found.dead, "", letters)


def _outbox(state: MachineState, service: str, now: datetime) -> str:
    found = state.services[service]
    if not found.outbox.number:
        return ""
    if not found.working:
        return f"Nobody publishes these events. {START.format(service)}"
    if found.outbox.longer(PUBLISHED_WITHIN, now):
        if "event log" in state.away:
            return "The events are kept and go out by themselves when the event log is back."
        return (
            f"The work process of {service} runs and publishes nothing: look at its log, and start it anew."
        )
    return ""


def _event_log(state: MachineState) -> Iterator[Line]:
    if "event log" in state.away:
        advice = (
            "Start the event log, or correct HANDSLAG_EVENT_LOG; where it is new, `handslag topics apply` makes its "
            "topics. Nothing is lost meanwhile: submissions go on and wait in the outboxes."
        )
        yield Line("event log", "event log", "away", state.away["event log"], advice)
    for group, number in state.lag.items():
        advice = ""
        if number and not _works(state, group):
            advice = f"Nobody reads these events. {START.format(group)}"
        elif group in state.still:
            advice = (
                f"The work process of {group} runs and these events did not become fewer: look again in a minute. If "
                "its log says that consuming halts, mend the cause of the dead letters and start it anew."
            )
        yield Line(group, "events to read", number, "", advice)


def _work(state: MachineState, now: datetime) -> Iterator[Line]:
    for name, service in SERVICES.items():
        if service.parts.watching and name in state.work:
            circumstances = Circumstances(_works(state, name), state.still, now)
            yield from service.parts.watching.lines(state.work[name], circumstances)


def _disk(state: MachineState) -> Iterator[Line]:
    if state.disk_free is None:
        return
    advice = ""
    if state.disk_free < LEAST_DISK:
        advice = (
            "The disk under HANDSLAG_STATE_DIR is nearly full: make room. When it is full, submissions are refused "
            "with 503; nothing that was accepted is lost."
        )
    yield Line("machine", "disk free", f"{state.disk_free / (1 << 30):.1f} GiB", "", advice)


def _works(state: MachineState, service: str) -> bool:
    return service in state.services and state.services[service].working
