"""The worker that sends queued mails.

A step takes a due mail, hands it to the server and records the outcome; no transaction is open during the second part.
An outcome that cannot be recorded is kept, and recorded before anything else is sent: a mail is handed over twice only
if the process dies in between, and then with the same Message-ID.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum

from sqlalchemy.engine import Connection

from services.notifications.contacts.domain.contact import Contact, Side
from services.notifications.contacts.store import get_contact
from services.notifications.deliveries.domain.delivery import (
    CANCELLED,
    Delivery,
    Status,
    moved,
    no_contact,
    patience_is_over,
    pause_after,
)
from services.notifications.deliveries.store import approvals, queue
from services.notifications.deliveries.store import deliveries as store
from services.notifications.mail.building import (
    MailError,
    MailServer,
    PermanentMailError,
    Sender,
    SettingsMailError,
    TemporaryMailError,
    build_mail,
)
from services.notifications.mail.domain.composing import compose, mail_language
from services.notifications.mail.domain.introduction import Introduction
from services.notifications.mail.rendering import render
from shared.clock import Clock, to_text
from shared.ids import IdSource
from shared.storage.engine import Database
from shared.telemetry import metrics, traces
from shared.words.addresses import AddressError, read_address

log = logging.getLogger(__name__)


class Fate(StrEnum):
    """What came of handing a mail over."""

    SENT = "sent"
    POSTPONED = "postponed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Task:
    """A mail that was taken: its delivery, whom it goes to, what it tells of, and which of these can be written to."""

    delivery: Delivery
    contact: Contact
    introductions: tuple[Introduction, ...]
    reachable: frozenset[str]
    traceparent: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a mail that was handed over.

    `to_mend`: a setting of ours or the mail server is at fault; `every_mail`: and every other mail would meet the same.
    """

    task: Task
    fate: Fate
    reason: str = ""
    to_mend: bool = False
    every_mail: bool = False


class MailWorker:
    """Sends one due mail at a step. Each thread has a worker of its own."""

    def __init__(
        self,
        database: Database,
        server: MailServer,
        sender: Sender,
        clock: Clock,
        ids: IdSource,
        renew_seconds: float = 15.0,
    ) -> None:
        self._database = database
        self._server = server
        self._sender = sender
        self._clock = clock
        self._name = ids()
        self._renew_seconds = renew_seconds
        self._unrecorded: Outcome | None = None
        for fate in Fate:
            metrics.MAILS.add(0, fate.value)

    def step(self) -> bool:
        """Send the mail that has been due longest, and tell whether there was any."""
        if self._unrecorded is None:
            with self._database.reading() as connection:
                if not queue.is_due(connection, self._clock()):
                    return False
            with self._database.writing() as connection:
                task, found = self._take(connection)
            if task is None:
                return found
            with (
                self._taken(task.delivery.id),
                traces.carried_on("notifications send mail", task.traceparent, "client"),
            ):
                self._unrecorded = self._hand_over(task)
                traces.note(delivery_id=task.delivery.id, outcome=self._unrecorded.fate.value)
        with (
            traces.carried_on("notifications record mail", self._unrecorded.task.traceparent),
            self._database.writing() as connection,
        ):
            self._record(connection, self._unrecorded)
        metrics.MAILS.add(1, self._unrecorded.fate.value)
        self._unrecorded = None
        return True

    def _take(self, connection: Connection) -> tuple[Task | None, bool]:
        """Take a due mail, and tell whether there was one: it may turn out not to be sendable."""
        now = self._clock()
        delivery = queue.take_due(connection, self._name, now)
        if delivery is None:
            return None, False
        contact = get_contact(connection, delivery.side, delivery.organisation_id)
        told = approvals.list_told_introductions(connection, delivery)
        if told and contact is not None:
            traceparent = approvals.get_traceparent(connection, delivery.approval_id)
            return Task(
                delivery, contact, tuple(told), _reachable(connection, delivery, told), traceparent
            ), True
        queue.delete(connection, delivery.id)
        if told:
            reason = no_contact(delivery.side, delivery.organisation_id)
            store.save_delivery(connection, moved(delivery, Status.WAITING, to_text(now), reason))
        else:
            store.save_delivery(connection, moved(delivery, Status.CANCELLED, to_text(now), CANCELLED))
        return None, True

    def _hand_over(self, task: Task) -> Outcome:
        try:
            message = self._write(task)
        except AddressError as error:
            return Outcome(task, Fate.REFUSED, f"The contact's mail address {error}. Mend it, then retry.")
        except Exception:  # one mail that cannot be written must not stop the others
            log.exception("the mail of delivery %s cannot be written", task.delivery.id)
            return Outcome(
                task, Fate.REFUSED, "The mail could not be written; the log of the service says why."
            )
        try:
            self._server.send(message)
        except TemporaryMailError as error:
            to_mend = error.every_mail or isinstance(error, SettingsMailError)
            return Outcome(task, Fate.POSTPONED, str(error), to_mend, error.every_mail)
        except MailError as error:
            fate = Fate.REFUSED if isinstance(error, PermanentMailError) else Fate.POSTPONED
            return Outcome(task, fate, str(error))
        except Exception:  # the same for one that a server or its library chokes on: it is tried again
            log.exception("the mail of delivery %s could not be sent", task.delivery.id)
            return Outcome(
                task, Fate.POSTPONED, "Sending failed unforeseen; the log of the service says why."
            )
        return Outcome(task, Fate.SENT)

    def _write(self, task: Task) -> EmailMessage:
        delivery, contact = task.delivery, task.contact
        language = mail_language(contact.language)
        said = compose(
            delivery.template,
            delivery.side,
            task.introductions,
            contact.name,
            language,
            self._sender.name,
            self._sender.address,
            task.reachable,
        )
        rendered = render(said)
        return build_mail(
            delivery.id,
            self._sender,
            contact.name or said.organisation,
            contact.email,
            language,
            rendered.subject,
            rendered.text,
            rendered.html,
            self._clock(),
        )

    def _record(self, connection: Connection, outcome: Outcome) -> None:
        now = self._clock()
        delivery = store.get_delivery(connection, outcome.task.delivery.id, lock=True)
        if delivery is None or delivery.status == Status.SENT:
            return
        attempts = delivery.attempts + 1
        if outcome.fate is Fate.SENT:
            told = tuple(one.id for one in outcome.task.introductions)
            queue.delete(connection, delivery.id)
            sent = moved(delivery, Status.SENT, to_text(now), attempts=attempts, introduction_ids=told)
            store.save_delivery(connection, sent)
        elif delivery.status == Status.QUEUED:
            self._record_failure(connection, replace(delivery, attempts=attempts), outcome)

    def _record_failure(self, connection: Connection, delivery: Delivery, outcome: Outcome) -> None:
        now = self._clock()
        # While a setting or the server is at fault no mail's patience is used up.
        first = None if outcome.to_mend else queue.get_first_attempt(connection, delivery.id) or now
        given_up = outcome.fate is Fate.POSTPONED and first is not None and patience_is_over(first, now)
        if outcome.fate is Fate.REFUSED or given_up:
            reason = f"Given up after five days. {outcome.reason}" if given_up else outcome.reason
            queue.delete(connection, delivery.id)
            store.save_delivery(connection, moved(delivery, Status.FAILED, to_text(now), reason))
            return
        due = now + pause_after(delivery.attempts, outcome.to_mend)
        queue.put_back(connection, delivery.id, due, first)
        if outcome.every_mail:
            self._hold_others(connection, delivery.id, outcome.reason, due)
        if delivery.reason == outcome.reason:
            # Days of the same answer are no news: only the count is kept.
            store.save_attempts(connection, delivery)
        else:
            store.save_delivery(connection, moved(delivery, Status.QUEUED, to_text(now), outcome.reason))

    def _hold_others(self, connection: Connection, tried: str, reason: str, due: datetime) -> None:
        """Have the mails that are due before `due` wait, too: one mail at a time finds out whether all can go."""
        now = self._clock()
        for other in store.list_due_deliveries(connection, now, due, lock=True):
            if other.id == tried:
                continue
            queue.put_back(connection, other.id, due, first_attempt=None)
            if other.reason != reason:
                store.save_delivery(connection, moved(other, Status.QUEUED, to_text(now), reason))

    @contextmanager
    def _taken(self, delivery_id: str) -> Iterator[None]:
        """Renew the taking of a mail for as long as its sending lasts."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(self._renew_seconds):
                try:
                    with self._database.writing() as connection:
                        queue.renew(connection, delivery_id, self._name, self._clock())
                except Exception:  # the next renewal may succeed; the sending goes on either way
                    log.exception("the taking of delivery %s could not be renewed", delivery_id)

        thread = threading.Thread(target=renew, name="renew mail", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _reachable(connection: Connection, delivery: Delivery, told: Iterable[Introduction]) -> frozenset[str]:
    """Return the ids of the organisations told of that can be written to, as far as is known."""
    other = delivery.side.other
    return frozenset(
        one for one in {told_of.of(other).id for told_of in told} if _can_reach(connection, other, one)
    )


def _can_reach(connection: Connection, side: Side, organisation_id: str) -> bool:
    contact = get_contact(connection, side, organisation_id)
    if contact is None:
        return False
    try:
        read_address(contact.email)
    except AddressError:
        return False
    last = store.get_last_tried(connection, side, organisation_id)
    return last is None or last.status == Status.SENT
