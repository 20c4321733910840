"""The built-in mailbox: mails as files, whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.notifications.mail.building import Sender, TemporaryMailError, build_mail
from services.notifications.mail.mailbox import Mailbox
from services.notifications.mail.server import mail_server, mailbox_of
from services.notifications.mail.smtp import SmtpServer
from shared.settings.registry import for_tests

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def mail(delivery_id: str, subject: str = "Ämne", minutes: int = 0) -> EmailMessage:
    sender = Sender("Organiser", "match@organiser.example")
    at = AT + timedelta(minutes=minutes)
    return build_mail(delivery_id, sender, "Åsa", "asa@a.example", "sv", subject, "Hej\n", "<p>Hej</p>", at)


def test_mails_are_listed_newest_first(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mailbox")
    assert mailbox.mails() == []
    mailbox.send(mail("a", "Första"))
    mailbox.send(mail("b", "Andra", minutes=1))
    assert [(one.id, one.subject, one.to) for one in mailbox.mails()] == [
        ("b", "Andra", "Åsa <asa@a.example>"),
        ("a", "Första", "Åsa <asa@a.example>"),
    ]
    assert mailbox.mails()[1].sent_at == AT


def test_a_mail_sent_again_takes_its_own_place(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    mailbox.send(mail("a", "Första"))
    mailbox.send(mail("a", "Igen"))
    assert [one.subject for one in mailbox.mails()] == ["Igen"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.eml"]


def test_a_mail_is_read_back_whole(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    mailbox.send(mail("a"))
    back = mailbox.read("a")
    assert back is not None
    assert back["Message-ID"] == "<a@organiser.example>"
    assert mailbox.read("b") is None


@pytest.mark.parametrize("mail_id", ["../a", "a/../../a", "", ".", "a\x00"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, mail_id: str) -> None:
    (tmp_path / "a.eml").write_text("Subject: secret\n\n")
    assert Mailbox(tmp_path / "mailbox").read(mail_id) is None


def test_a_half_written_file_is_no_mail(tmp_path: Path) -> None:
    (tmp_path / ".x.part").write_text("Subject: half")
    assert Mailbox(tmp_path).mails() == []


def test_a_file_that_is_no_mail_of_ours_does_not_stop_the_list(tmp_path: Path) -> None:
    (tmp_path / "x.eml").write_bytes(b"\xff\xfe\x00Date: never\n\nDate: x")
    (tmp_path / "y.eml").write_bytes(b"Date: never\n\n")
    mailbox = Mailbox(tmp_path)
    mailbox.send(mail("a"))
    assert [one.id for one in mailbox.mails()] == ["a", "y", "x"]


def test_a_folder_that_cannot_be_written_is_a_temporary_failure(tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("a file stands in the folder's place")
    with pytest.raises(TemporaryMailError, match="cannot be written"):
        Mailbox(tmp_path / "mailbox").send(mail("a"))


def test_the_setting_decides_where_mail_goes(tmp_path: Path) -> None:
    here, away = for_tests(tmp_path), for_tests(tmp_path, smtp="smtp://mail.example:25")
    assert mail_server(here.smtp, here) == mailbox_of(here) == Mailbox(tmp_path / "mailbox")
    assert isinstance(mail_server(away.smtp, away), SmtpServer)
    assert mailbox_of(away) is None


def test_a_mail_is_removed_with_what_a_dead_process_left_of_it(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    for mail_id in ("a", "ab"):
        mailbox.send(mail(mail_id))
        (tmp_path / f".{mail_id}.eml.4711-1.part").write_text("Subject: half")
    mailbox.remove("a")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".ab.eml.4711-1.part", "ab.eml"]
