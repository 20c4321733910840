"""Sending what is queued: once, to the right people, and again when the server was away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.notifications.deliveries.actions import retry_deliveries, retry_delivery
from services.notifications.deliveries.worker.remover import MailRemover
from services.notifications.mail.building import MailServer
from services.notifications.mail.mailbox import Mailbox
from services.notifications.mail.smtp import smtp_server
from services.notifications.tables import deliveries
from services.notifications.upkeep.mail_status import look, mail_lines
from shared.status import Circumstances, Line
from tests.services.notifications.post_office import PostOffice
from tests.services.notifications.world import World, introduction_state


def approved(world: World, *companies: str, language: str = "sv") -> None:
    """Have companies approved for a partner; all contacts are known."""
    world.organisation("partner", "P1", "kari@sykehus.example", language="no", contact_name="Kari")
    for company in companies:
        world.organisation("company", company, f"{company}@firm.example", language=language)
        world.introduction(company, size=len(companies))
    world.compose()


def test_each_side_gets_one_mail_in_its_language(world: World, open_office: PostOffice) -> None:
    approved(world, "C1", "C2")
    world.send(smtp_server(open_office.url))
    assert open_office.to() == ["C1@firm.example", "C2@firm.example", "kari@sykehus.example"]
    by_recipient = {mail["To"].addresses[0].addr_spec: mail for mail in open_office.taken}
    texts = dict(zip(by_recipient, open_office.texts(), strict=True))
    company, partner = by_recipient["C1@firm.example"], by_recipient["kari@sykehus.example"]
    assert company["Content-Language"] == "sv"
    assert "Ni gör det som de söker." in texts["C1@firm.example"]
    assert partner["Content-Language"] == "en"
    assert str(partner["To"]) == "Kari <kari@sykehus.example>"
    text = texts["kari@sykehus.example"]
    assert "Företaget C1" in text
    assert "Företaget C2" in text
    assert set(world.statuses().values()) == {"sent"}
    assert [kind for kind, _id, _version in world.events()] == ["delivery.queued"] * 3 + ["delivery.sent"] * 3


def test_a_sent_mail_is_not_sent_again_whatever_is_heard_again(world: World, open_office: PostOffice) -> None:
    for _again in range(3):
        approved(world, "C1")
        world.send(smtp_server(open_office.url))
    assert len(open_office.taken) == 2


def test_a_mail_without_a_contact_waits_and_goes_when_there_is_one(
    world: World, open_office: PostOffice
) -> None:
    world.introduction("C1")
    world.compose()
    world.send(smtp_server(open_office.url))
    assert open_office.taken == []
    world.organisation("company", "C1", "asa@firm.example")
    world.compose()
    world.send(smtp_server(open_office.url))
    assert open_office.to() == ["asa@firm.example"]


def test_a_latecomer_after_the_partners_mail_goes_in_a_further_mail(
    world: World, open_office: PostOffice
) -> None:
    world.organisation("partner", "P1", "kari@sykehus.example")
    world.introduction("C1", size=2)
    world.clock.advance(timedelta(minutes=5))
    world.compose()
    world.send(smtp_server(open_office.url))
    world.introduction("C2", size=2)
    world.compose()
    world.send(smtp_server(open_office.url))
    told = open_office.texts()
    assert ["Företaget C1" in text for text in told] == [True, False]
    assert ["Företaget C2" in text for text in told] == [False, True]
    assert len({mail["Message-ID"] for mail in open_office.taken}) == 2


def test_a_server_that_is_away_loses_nothing_and_gets_all_when_it_is_back(
    world: World, post_office: PostOffice
) -> None:
    approved(world, "C1")
    server = smtp_server(post_office.url)
    world.send(server)
    assert world.statuses() == {"C1": "queued", "P1": "queued"}
    assert all("cannot be reached" in one.reason for one in world.deliveries())
    post_office.open()
    world.send(server)
    assert post_office.taken == []
    world.clock.advance(timedelta(seconds=30))
    world.send(server)
    assert post_office.to() == ["C1@firm.example", "kari@sykehus.example"]
    # One mail at a time finds out whether the server is back.
    assert [(one.status, one.attempts, one.reason) for one in world.deliveries()] == [
        ("sent", 2, ""),
        ("sent", 1, ""),
    ]


def test_a_server_that_is_away_for_weeks_is_told_of_once_and_no_mail_is_given_up(
    world: World, post_office: PostOffice
) -> None:
    approved(world, "C1", "C2")
    server = smtp_server(post_office.url)
    for _day in range(14):
        world.send(server)
        assert set(world.statuses().values()) == {"queued"}
        world.clock.advance(timedelta(days=1))
    assert len(world.events()) == 6, "queued, and queued with the reason, for three mails"
    [line] = status_of(world)
    assert line.note.startswith("HANDSLAG_SMTP: the mail server cannot be reached just now: ")
    assert "bring the server that it names back" in line.advice
    post_office.open()
    world.send(server)
    assert set(world.statuses().values()) == {"sent"}


@pytest.mark.parametrize("answer", ["451 4.3.0 try again later", "421 too busy"])
def test_a_server_that_puts_off_our_sender_for_a_week_fails_no_mail(
    world: World, open_office: PostOffice, answer: str
) -> None:
    approved(world, "C1")
    open_office.at_mail = answer
    for _day in range(7):
        world.send(smtp_server(open_office.url))
        world.clock.advance(timedelta(days=1))
    assert set(world.statuses().values()) == {"queued"}


def test_a_recipient_that_is_put_off_for_days_is_told_of_once_and_given_up_after_five(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1")
    open_office.answers["C1@firm.example"] = "451 greylisted, come back later"
    server = smtp_server(open_office.url)
    start = world.clock()
    while world.clock() - start < timedelta(days=5):
        world.send(server)
        assert world.statuses() == {"C1": "queued", "P1": "sent"}
        world.clock.advance(timedelta(hours=6))
    told = len(world.events())
    assert told == 4  # queued twice, sent, and queued with the reason
    world.send(server)
    assert world.statuses() == {"C1": "failed", "P1": "sent"}
    failed = world.deliveries()[0]
    assert "Given up after five days" in failed.reason
    assert failed.attempts == 21


def test_a_busy_server_gets_the_mail_later(world: World, open_office: PostOffice) -> None:
    approved(world, "C1")
    open_office.answers["C1@firm.example"] = "451 greylisted, come back later"
    server = smtp_server(open_office.url)
    world.send(server)
    assert world.statuses() == {"C1": "queued", "P1": "sent"}
    del open_office.answers["C1@firm.example"]
    world.clock.advance(timedelta(minutes=1))
    world.send(server)
    assert world.statuses() == {"C1": "sent", "P1": "sent"}


def partners_text(open_office: PostOffice) -> str:
    """Return the text of the one mail to the partner."""
    recipients = [mail["To"].addresses[0].addr_spec for mail in open_office.taken]
    return " ".join(open_office.texts()[recipients.index("kari@sykehus.example")].split())


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        (None, ""),
        ("a@b\u200bc.example", ""),
        ("asa@firm.example", "550 no such user"),
    ],
)
def test_a_partner_is_not_told_of_mails_to_a_company_that_cannot_be_written_to(
    world: World, open_office: PostOffice, address: str | None, answer: str
) -> None:
    world.organisation("partner", "P1", "kari@sykehus.example", language="no")
    for company, contact in (("C1", address), ("C2", "berit@firm.example")):
        world.organisation("company", company, contact)
        world.introduction(company, size=2)
    world.compose()
    if answer and address:
        open_office.answers[address] = answer
    world.send(smtp_server(open_office.url))
    assert "We are writing to" not in partners_text(open_office)


def test_a_partner_is_told_of_mails_to_companies_that_can_be_written_to(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1", "C2")
    world.send(smtp_server(open_office.url))
    assert "We are writing to them as well." in partners_text(open_office)


def test_what_an_introduction_says_of_procurement_and_distributors_reaches_the_mails(
    world: World, open_office: PostOffice
) -> None:
    world.organisation("partner", "P1", "kari@sykehus.example")
    state = introduction_state("C1", "P1", "A1", 1)
    approval = {**state["approval"], "procurement_stage": "tender_open"}
    company = {**state["company"], "distributors": ["Salg AS"]}
    world.hear("introductions", "R-P1.C1", {**state, "approval": approval, "company": company})
    world.compose()
    world.send(smtp_server(open_office.url))
    assert "upphandling är öppen" in partners_text(open_office)
    assert "Salg AS" in partners_text(open_office)


SENDER_REFUSED = "553 5.7.1 <match@organiser.example>: Sender address rejected: not owned by user"


def status_of(world: World) -> list[Line]:
    """Say what `handslag status` says of the mails in the queue."""
    with world.database.reading() as connection:
        found = look(connection)
    lines = mail_lines(found, Circumstances(works=True, still=frozenset(), now=world.clock()))
    return [line for line in lines if line.what == "mails queued"]


@pytest.mark.parametrize(
    ("answer", "setting"),
    [
        (SENDER_REFUSED, "HANDSLAG_MAIL_FROM"),
        ("550 5.1.8 unknown domain", "HANDSLAG_MAIL_FROM"),
        ("530 5.7.0 Must issue a STARTTLS command first", "HANDSLAG_SMTP"),
    ],
)
def test_a_server_that_refuses_our_sender_for_an_hour_fails_no_mail_and_gets_all_once_it_is_mended(
    world: World, open_office: PostOffice, answer: str, setting: str
) -> None:
    approved(world, "C1", "C2", "C3")
    open_office.at_mail = answer
    server = smtp_server(open_office.url)
    for _minute in range(60):
        world.send(server)
        assert set(world.statuses().values()) == {"queued"}
        world.clock.advance(timedelta(minutes=1))
    [line] = status_of(world)
    assert (line.value, line.attention) == (4, True)
    assert line.note.startswith(f"{setting}: ")
    assert answer[:9] in line.note
    assert "the oldest for 60 min" in line.note
    assert f"Mend {setting}" in line.advice
    # One mail at a time finds out, so that a wrong password does not lock the account.
    assert open_office.asked < 20
    assert len(world.events()) == 8, "queued, and queued with the reason, for four mails"

    open_office.at_mail = "250 ok"
    world.clock.advance(timedelta(minutes=5))
    world.send(server)
    assert set(world.statuses().values()) == {"sent"}
    assert len(open_office.taken) == 4
    assert status_of(world) == []


def test_a_setting_at_fault_for_weeks_fails_no_mail(world: World, open_office: PostOffice) -> None:
    approved(world, "C1")
    open_office.at_mail = SENDER_REFUSED
    server = smtp_server(open_office.url)
    for _day in range(14):
        world.send(server)
        world.clock.advance(timedelta(days=1))
    assert set(world.statuses().values()) == {"queued"}


def test_a_relay_that_is_denied_waits_for_the_setting_and_stops_no_other_mail(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1", "C2")
    open_office.answers["C1@firm.example"] = "554 5.7.1 <C1@firm.example>: Relay access denied"
    server = smtp_server(open_office.url)
    world.send(server)
    assert world.statuses() == {"C1": "queued", "C2": "sent", "P1": "sent"}
    assert world.deliveries()[0].reason.startswith("HANDSLAG_SMTP: ")
    open_office.answers.clear()
    world.clock.advance(timedelta(minutes=5))
    world.send(server)
    assert world.statuses()["C1"] == "sent"


def test_a_policy_against_our_domain_is_the_senders_at_the_text_too(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1")
    open_office.at_data = "550 5.7.26 unauthenticated: DMARC"
    world.send(smtp_server(open_office.url))
    assert set(world.statuses().values()) == {"queued"}
    assert [line.note.partition(":")[0] for line in status_of(world)] == ["HANDSLAG_MAIL_FROM"]


def test_one_call_has_all_tried_again_that_failed_or_wait_for_one_reason(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1", "C2", "C3")
    for company in ("C1", "C2"):
        open_office.answers[f"{company}@firm.example"] = "550 no such user"
    open_office.answers["C3@firm.example"] = "554 we want none of these"
    server = smtp_server(open_office.url)
    world.send(server)
    assert sorted(world.statuses().values()) == ["failed", "failed", "failed", "sent"]
    open_office.answers.clear()
    with world.database.writing() as connection:
        reason = "The mail server refused the mail: 550 no such user"
        assert retry_deliveries(connection, world.clock(), reason) == 2
    world.send(server)
    assert world.statuses() == {"C1": "sent", "C2": "sent", "C3": "failed", "P1": "sent"}
    with world.database.writing() as connection:
        assert retry_deliveries(connection, world.clock()) == 1
        assert retry_deliveries(connection, world.clock(), "another reason") == 0
    world.send(server)
    assert set(world.statuses().values()) == {"sent"}


def test_one_call_hurries_what_waits_for_a_setting(world: World, open_office: PostOffice) -> None:
    approved(world, "C1")
    open_office.at_mail = SENDER_REFUSED
    server = smtp_server(open_office.url)
    world.send(server)
    open_office.at_mail = "250 ok"
    with world.database.writing() as connection:
        assert retry_deliveries(connection, world.clock()) == 2
    world.send(server)
    assert set(world.statuses().values()) == {"sent"}


def test_a_refused_recipient_fails_alone_and_staff_can_have_it_tried_again(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1")
    open_office.answers["C1@firm.example"] = "550 <C1@firm.example> no such user"
    server = smtp_server(open_office.url)
    world.send(server)
    assert world.statuses() == {"C1": "failed", "P1": "sent"}
    failed = world.deliveries()[0]
    assert failed.reason == "The mail server refused the mail: 550 <(address)> no such user"
    world.clock.advance(timedelta(days=1))
    world.send(server)
    assert world.statuses()["C1"] == "failed"

    open_office.answers.clear()
    with world.database.writing() as connection:
        retry_delivery(connection, failed.id, world.clock())
    world.send(server)
    assert world.statuses() == {"C1": "sent", "P1": "sent"}


@pytest.mark.parametrize("address", ["not an address", "a@b\r\nBcc: eve@evil.example", "asa@", "ü@ü@ü", ""])
def test_an_address_that_is_none_fails_and_stops_nothing_else(
    world: World, open_office: PostOffice, address: str
) -> None:
    approved(world, "C1", "C2")
    world.organisation("company", "C1", address)
    world.compose()
    world.send(smtp_server(open_office.url))
    assert open_office.to() == ["C2@firm.example", "kari@sykehus.example"]
    failed = world.deliveries()[0]
    # Without any address there is no contact: then it waits.
    assert failed.status == ("failed" if address else "waiting")
    assert "mail address" in failed.reason


def test_a_company_cancelled_after_queueing_is_left_out_and_gets_no_mail(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1", "C2")
    world.introduction("C1", size=2, status="cancelled")
    # No composer in between: the sender itself must see it.
    world.send(smtp_server(open_office.url))
    assert open_office.to() == ["C2@firm.example", "kari@sykehus.example"]
    assert not any("Företaget C1" in text for text in open_office.texts())
    assert world.statuses() == {"C1": "cancelled", "C2": "sent", "P1": "sent"}
    assert world.deliveries()[-1].introduction_ids == ("R-P1.C2",)


def test_a_contact_gone_after_queueing_makes_the_mail_wait_again(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1")
    world.organisation("company", "C1", None)
    world.send(smtp_server(open_office.url))
    assert open_office.to() == ["kari@sykehus.example"]
    assert world.statuses()["C1"] == "waiting"


class Killed(BaseException):
    """The process dies."""


class DiesAfterSending:
    """Hands mails to a real server, and dies before anybody can note it."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    def send(self, message: EmailMessage) -> None:
        self.server.send(message)
        raise Killed


def test_after_a_death_between_sending_and_noting_the_mail_comes_again_with_the_same_message_id(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1")
    server = smtp_server(open_office.url)
    with pytest.raises(Killed):
        world.worker(DiesAfterSending(server)).step()
    world.send(server)
    # The other mail went; the one in the dead process's hands is left alone until it lets go.
    assert len(open_office.taken) == 2
    world.clock.advance(timedelta(seconds=60))
    world.send(server)
    ids = [mail["Message-ID"] for mail in open_office.taken]
    assert len(ids) == 3
    assert len(set(ids)) == 2
    assert set(world.statuses().values()) == {"sent"}


@contextmanager
def unable_to_note(world: World) -> Iterator[None]:
    with world.database.writing() as connection:
        connection.execute(sa.text("ALTER TABLE told RENAME TO told_elsewhere"))
    try:
        yield
    finally:
        with world.database.writing() as connection:
            connection.execute(sa.text("ALTER TABLE told_elsewhere RENAME TO told"))


def test_a_mail_is_not_sent_again_because_noting_it_failed(world: World, open_office: PostOffice) -> None:
    approved(world, "C1")
    worker = world.worker(smtp_server(open_office.url))
    with unable_to_note(world):
        for _again in range(3):
            with pytest.raises(sa.exc.DBAPIError, match="told"):
                worker.step()
        assert len(open_office.taken) == 1
    while worker.step():
        pass
    assert len(open_office.taken) == 2
    assert set(world.statuses().values()) == {"sent"}


def test_a_mail_in_hand_is_not_taken_by_another_worker_nor_cancelled(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1")
    office, seen = smtp_server(open_office.url), []

    class WhileSending:
        """While this mail is being sent, another worker does all that is due, and everything is cancelled."""

        def send(self, message: EmailMessage) -> None:
            seen.append(message["Message-ID"])
            world.introduction("C1", status="cancelled")
            world.compose()
            world.send(office)
            office.send(message)

    world.worker(WhileSending()).step()
    assert [mail["Message-ID"] for mail in open_office.taken] == seen
    assert sorted(world.statuses().values()) == ["cancelled", "sent"]


def test_a_mail_that_leaves_while_its_delivery_is_cancelled_counts_as_sent(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1")
    office = smtp_server(open_office.url)

    class Slow:
        """So slow that the hold on the mail runs out."""

        def send(self, message: EmailMessage) -> None:
            world.clock.advance(timedelta(minutes=2))
            world.introduction("C1", status="cancelled")
            world.compose()
            office.send(message)

    world.worker(Slow()).step()
    assert sorted(world.statuses().values()) == ["cancelled", "sent"]


def test_what_a_server_chokes_on_is_tried_again_and_stops_nothing_else(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1")
    office = smtp_server(open_office.url)

    class Chokes:
        """Breaks on one recipient in a way nobody foresaw."""

        def send(self, message: EmailMessage) -> None:
            if "C1@" in message["To"]:
                raise RuntimeError("unforeseen")
            office.send(message)

    world.send(Chokes())
    assert world.statuses() == {"C1": "queued", "P1": "sent"}
    world.clock.advance(timedelta(minutes=1))
    world.send(office)
    assert world.statuses() == {"C1": "sent", "P1": "sent"}


def test_an_erased_recipients_mails_leave_the_built_in_mailbox(world: World, state_dir: Path) -> None:
    approved(world, "C1")
    mailbox = Mailbox(state_dir / "mailbox")
    world.send(mailbox)
    assert len(mailbox.mails()) == 2
    world.hear("companies", "C1", None)
    remover = MailRemover(world.database, mailbox, world.clock)
    assert remover.step()
    assert not remover.step()
    assert [one.to for one in mailbox.mails()] == ["Kari <kari@sykehus.example>"]


def test_no_address_and_no_name_of_a_contact_is_kept_with_a_delivery(
    world: World, open_office: PostOffice
) -> None:
    approved(world, "C1")
    open_office.answers["C1@firm.example"] = "550 C1@firm.example: refused, call Kari"
    world.send(smtp_server(open_office.url))
    with world.database.reading() as connection:
        rows = [str(tuple(row)) for row in connection.execute(sa.select(deliveries))]
    assert not any("@" in row for row in rows)
