"""What is shown of the mails: lines of `status`, gauges, what the others wait for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from services.notifications.deliveries.domain.delivery import Status
from services.notifications.deliveries.store.deliveries import count_by_status
from services.notifications.deliveries.views import Mails, count_mails
from services.notifications.mail.domain.server_answers import Setting
from services.notifications.upkeep import store
from shared.status import START, Circumstances, Line, Waiting
from shared.telemetry import metrics

WRITTEN_WITHIN = timedelta(minutes=6)
"""A little more than the five minutes for which an approval waits for all of its introductions."""
SENT_WITHIN = timedelta(minutes=2)
MOST_REASONS = 5


@dataclass(frozen=True)
class MailState:
    """The approvals whose mails are to be written, the mails that are to be sent, all deliveries."""

    approvals: Waiting
    queue: Waiting
    mails: tuple[Mails, ...] = ()


def look(connection: Connection) -> MailState:
    """Read what waits, and what became of all deliveries."""
    return MailState(
        store.approvals_to_write(connection), store.mails_to_send(connection), count_mails(connection)
    )


def waiting(connection: Connection) -> Mapping[str, int]:
    """Count the approvals to write and the mails to send."""
    return {
        "approvals to write": store.approvals_to_write(connection).number,
        "mails to send": count_by_status(connection).get(Status.QUEUED, 0),
    }


def mail_lines(found: MailState, now: Circumstances) -> Iterator[Line]:
    """Say what is to be written, and the deliveries by status and reason, with what to do about them."""
    advice = ""
    if found.approvals.number and not now.works:
        advice = f"Nobody writes these mails. {START.format('notifications')}"
    elif found.approvals.longer(WRITTEN_WITHIN, now.now):
        advice = "The work process of notifications runs and writes none: look at its log, and start it anew."
    since = found.approvals.since(now.now)
    yield Line("notifications", "approvals to write", found.approvals.number, since, advice)
    for status in (Status.SENT, Status.CANCELLED, Status.QUEUED, Status.WAITING, Status.FAILED):
        mails = [one for one in found.mails if one.status == status]
        most = sorted(mails, key=lambda one: -one.number)[:MOST_REASONS]
        for one in most:
            yield _mails_line(one, found.queue, now)
        others = sum(one.number for one in mails) - sum(one.number for one in most)
        if others:
            yield Line("notifications", f"mails {status}", others, "for other reasons")


def mail_samples(found: MailState, now: datetime) -> Iterator[tuple[metrics.Gauge, tuple[str, ...], float]]:
    """Return the gauges of approvals, queue and deliveries."""
    yield metrics.OPEN_APPROVALS, (), found.approvals.number
    yield metrics.APPROVALS_OLDEST, (), found.approvals.seconds(now)
    yield metrics.MAIL_QUEUE, (), found.queue.number
    yield metrics.MAIL_OLDEST, (), found.queue.seconds(now)
    counts: Counter[str] = Counter()
    for one in found.mails:
        counts[one.status] += one.number
    for status, number in sorted(counts.items()):
        yield metrics.DELIVERIES, (status,), number


def _to_mend(setting: Setting) -> str:
    if setting is Setting.SERVER:
        return f"Mend {setting}, and restart what reads it, or bring the server that it names back"
    return f"Mend {setting}, restart what reads it"


def _mails_line(mails: Mails, queue: Waiting, now: Circumstances) -> Line:
    advice = ""
    if mails.status == Status.WAITING:
        advice = "Add a contact with a mail address to the organisation's profile: its mails then go out by themselves."
    elif mails.status == Status.FAILED:
        advice = (
            "Mend what the reason names, then `handslag mails retry`, or the button on /mailbox, has all of them "
            "tried again; GET /api/v1/deliveries?status=failed lists them, POST /api/v1/deliveries/ID/retry sends "
            "one again."
        )
    elif mails.status == Status.QUEUED and not now.works:
        advice = f"Nobody sends these mails. {START.format('notifications')}"
    elif mails.setting:
        advice = (
            f"{_to_mend(mails.setting)}, and they go out by themselves within five minutes; "
            "`handslag mails retry`, or the button on /mailbox, has them tried at once. None is given up meanwhile."
        )
    elif mails.status == Status.QUEUED and mails.reason:
        advice = (
            "The mail server does not take them just now; they are tried again by themselves, for five days where it "
            "names the recipient. Look at the server, and at HANDSLAG_SMTP."
        )
    elif mails.status == Status.QUEUED and queue.longer(SENT_WITHIN, now.now):
        advice = "The work process of notifications runs and sends none: look at its log, and start it anew."
    note = mails.reason
    if mails.setting:
        note += f" ({Waiting(mails.number, mails.since).since(now.now)})"
    return Line("notifications", f"mails {mails.status}", mails.number, note, advice)
