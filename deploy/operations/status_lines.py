"""What `handslag status` says of a machine: a line for each thing that can pile up, with what to do where it does."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from deploy.operations.machine_state import REPORTS, Mails, Stock, Waiting
from shared.clock import from_text

PUBLISHED_WITHIN = timedelta(minutes=1)
REPORTED_WITHIN = timedelta(minutes=5)
WRITTEN_WITHIN = timedelta(minutes=6)
"""A little more than the five minutes for which an approval waits for all of its introductions."""
SENT_WITHIN = timedelta(minutes=2)
LEAST_DISK = 1 << 30
MOST_REASONS = 5
WIDTH = 100
SHORT_NOTE = 40
OWNERS = ("profiles", "matching", "notifications", "event log", "machine")
START = "Start `handslag serve`, or `handslag work {}` where the services run apart."


@dataclass(frozen=True)
class Line:
    """One thing: whose it is, what it is, how many or in which state; `advice` only where it needs attention."""

    service: str
    what: str
    value: int | str
    note: str = ""
    advice: str = ""

    @property
    def attention(self) -> bool:
        """Say whether somebody has to do something."""
        return bool(self.advice)


def lines_of(stock: Stock, now: datetime) -> list[Line]:
    """Give every line about a machine, service by service."""
    lines = [
        *_services(stock, now),
        *_event_log(stock),
        *_reports(stock, now),
        *_notifications(stock, now),
        *_disk(stock),
    ]
    return sorted(lines, key=lambda line: OWNERS.index(line.service))


def as_json(lines: list[Line]) -> dict[str, object]:
    """Give the lines as one JSON object; `well` is true when none needs attention."""
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


def _services(stock: Stock, now: datetime) -> Iterator[Line]:
    for name, problem in stock.away.items():
        service, _, what = name.rpartition(" ")
        if what == "database":
            advice = "Start what is missing, or correct the setting; `handslag settings` shows what is read."
            yield Line(service, what, "away", problem, advice)
    for service, found in stock.services.items():
        yield Line(service, "work process", "active" if found.working else "none")
        yield Line(
            service, "outbox", found.outbox.number, _since(found.outbox, now), _outbox(stock, service, now)
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


def _outbox(stock: Stock, service: str, now: datetime) -> str:
    found = stock.services[service]
    if not found.outbox.number:
        return ""
    if not found.working:
        return f"Nobody publishes these events. {START.format(service)}"
    if _older(found.outbox, now, PUBLISHED_WITHIN):
        if "event log" in stock.away:
            return "The events are kept and go out by themselves when the event log is back."
        return (
            f"The work process of {service} runs and publishes nothing: look at its log, and start it anew."
        )
    return ""


def _event_log(stock: Stock) -> Iterator[Line]:
    if "event log" in stock.away:
        advice = (
            "Start the event log, or correct HANDSLAG_EVENT_LOG; where it is new, `handslag topics apply` makes its "
            "topics. Nothing is lost meanwhile: submissions go on and wait in the outboxes."
        )
        yield Line("event log", "event log", "away", stock.away["event log"], advice)
    for group, number in stock.lag.items():
        advice = ""
        if number and not _works(stock, group):
            advice = f"Nobody reads these events. {START.format(group)}"
        elif group in stock.still:
            advice = (
                f"The work process of {group} runs and these events did not become fewer: look again in a minute. If "
                "its log says that consuming halts, mend the cause of the dead letters and start it anew."
            )
        yield Line(group, "events to read", number, "", advice)


def _reports(stock: Stock, now: datetime) -> Iterator[Line]:
    found = stock.reports
    if found is None:
        return
    advice = ""
    if found.to_make and not _works(stock, "matching"):
        advice = f"Nobody makes these reports. {START.format('matching')}"
    elif REPORTS in stock.still and _older(Waiting(found.to_make, found.oldest), now, REPORTED_WITHIN):
        advice = "The work process of matching runs and makes none: look at its log, and start it anew."
    yield Line("matching", "reports to make", found.to_make, "", advice)
    failed = "" if not found.failed else (
        "These reports could not be made and are tried again each minute. The log of matching's work process says "
        "why; a request that is changed is tried at once."
    )  # fmt: skip
    yield Line("matching", "reports failed", found.failed, "", failed)
    if found.without_partner:
        yield Line(
            "matching", "reports waiting", found.without_partner, "their partners are unknown or withdrawn"
        )


def _notifications(stock: Stock, now: datetime) -> Iterator[Line]:
    if stock.approvals is None or stock.queue is None:
        return
    works, advice = _works(stock, "notifications"), ""
    if stock.approvals.number and not works:
        advice = f"Nobody writes these mails. {START.format('notifications')}"
    elif _older(stock.approvals, now, WRITTEN_WITHIN):
        advice = "The work process of notifications runs and writes none: look at its log, and start it anew."
    yield Line(
        "notifications", "approvals to write", stock.approvals.number, _since(stock.approvals, now), advice
    )
    for status in ("sent", "cancelled", "queued", "waiting", "failed"):
        mails = [one for one in stock.mails if one.status == status]
        most = sorted(mails, key=lambda one: -one.number)[:MOST_REASONS]
        for one in most:
            yield _mails(one, stock, works, now)
        others = sum(one.number for one in mails) - sum(one.number for one in most)
        if others:
            yield Line("notifications", f"mails {status}", others, "for other reasons")


def _mails(mails: Mails, stock: Stock, works: bool, now: datetime) -> Line:
    assert stock.queue is not None
    advice = ""
    if mails.status == "waiting":
        advice = "Add a contact with a mail address to the organisation's profile: its mails then go out by themselves."
    elif mails.status == "failed":
        advice = (
            "Mend what the reason names, then retry each: GET /api/v1/deliveries?status=failed lists them, "
            "POST /api/v1/deliveries/ID/retry sends one again."
        )
    elif mails.status == "queued" and not works:
        advice = f"Nobody sends these mails. {START.format('notifications')}"
    elif mails.status == "queued" and mails.reason:
        advice = (
            "The mail server does not take them; they are tried again by themselves for five days. Look at the "
            "server, and at HANDSLAG_SMTP."
        )
    elif mails.status == "queued" and _older(stock.queue, now, SENT_WITHIN):
        advice = "The work process of notifications runs and sends none: look at its log, and start it anew."
    return Line("notifications", f"mails {mails.status}", mails.number, mails.reason, advice)


def _disk(stock: Stock) -> Iterator[Line]:
    if stock.disk_free is None:
        return
    advice = ""
    if stock.disk_free < LEAST_DISK:
        advice = (
            "The disk under HANDSLAG_STATE_DIR is nearly full: make room. When it is full, submissions are refused "
            "with 503; nothing that was accepted is lost."
        )
    yield Line("machine", "disk free", f"{stock.disk_free / (1 << 30):.1f} GiB", "", advice)


def _works(stock: Stock, service: str) -> bool:
    return service in stock.services and stock.services[service].working


def _older(waiting: Waiting, now: datetime, than: timedelta) -> bool:
    return bool(waiting.number) and waiting.oldest is not None and now - from_text(waiting.oldest) > than


def _since(waiting: Waiting, now: datetime) -> str:
    """Say how old the oldest is, roughly."""
    if not waiting.number or waiting.oldest is None:
        return ""
    seconds = max(0, int((now - from_text(waiting.oldest)).total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"the oldest for {seconds // length} {unit}"
    return f"the oldest for {seconds} s"
