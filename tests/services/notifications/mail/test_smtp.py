"""Sending to real SMTP servers: good ones, refusing ones, and ones that break."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from services.notifications.mail.building import (
    PermanentMailError,
    Sender,
    SettingsMailError,
    TemporaryMailError,
    build_mail,
)
from services.notifications.mail.smtp import SmtpServer, smtp_server
from tests.services.notifications.post_office import PostOffice


def mail(to: str = "kari@sykehus.example", text: str = "Hej\n") -> EmailMessage:
    sender = Sender("Organiser", "match@organiser.example")
    return build_mail(
        "d1", sender, "Kari", to, "sv", "Ämne", text, "<p>Hej</p>", datetime(2026, 3, 2, tzinfo=UTC)
    )


def test_a_mail_arrives_with_its_envelope(open_office: PostOffice) -> None:
    smtp_server(open_office.url).send(mail(text="Räksmörgås\n.\n..dots\n"))
    assert open_office.envelopes == [("match@organiser.example", ["kari@sykehus.example"])]
    assert open_office.texts()[0].splitlines() == ["Räksmörgås", ".", "..dots"]


def test_an_address_beyond_ascii_goes_by_smtputf8(open_office: PostOffice) -> None:
    smtp_server(open_office.url).send(mail("jürgen@klinik.example"))
    assert open_office.to() == ["jürgen@klinik.example"]


@pytest.mark.parametrize("code", [450, 451, 452, 421])
def test_a_4xx_to_the_recipient_is_temporary(open_office: PostOffice, code: int) -> None:
    open_office.answers["kari@sykehus.example"] = f"{code} come back later"
    with pytest.raises(TemporaryMailError, match=f"{code} come back later"):
        smtp_server(open_office.url).send(mail())


def test_a_5xx_to_the_recipient_is_permanent_and_does_not_name_the_address(open_office: PostOffice) -> None:
    open_office.answers["kari@sykehus.example"] = "550 <kari@sykehus.example> is unknown here"
    with pytest.raises(PermanentMailError, match=r"550 <\(address\)> is unknown"):
        smtp_server(open_office.url).send(mail())


@pytest.mark.parametrize(
    ("answer", "kind"), [("554 no", PermanentMailError), ("452 full", TemporaryMailError)]
)
def test_an_answer_to_the_text_itself_counts_likewise(
    open_office: PostOffice, answer: str, kind: type[Exception]
) -> None:
    open_office.at_data = answer
    with pytest.raises(kind, match=answer):
        smtp_server(open_office.url).send(mail())
    assert open_office.taken == []


def test_a_refused_sender_is_the_settings_fault(open_office: PostOffice) -> None:
    open_office.at_mail = "553 5.7.1 <match@organiser.example> rejected"
    with pytest.raises(SettingsMailError, match=r"HANDSLAG_MAIL_FROM: .* 553 5.7.1 <\(address\)>") as refused:
        smtp_server(open_office.url).send(mail())
    assert refused.value.every_mail


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (b"554 5.7.1 no service", SettingsMailError),
        (b"220 hi\r\n550 who are you", SettingsMailError),
        (b"421 too busy", TemporaryMailError),
    ],
)
def test_a_server_that_refuses_us_at_the_door_is_the_settings_fault_unless_it_is_busy(
    greeting: bytes, kind: type[Exception]
) -> None:
    def talk(connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        for answer in greeting.split(b"\r\n"):
            connection.sendall(answer + b"\r\n")
            lines.readline()
        if b"550" in greeting:
            connection.sendall(b"550 who are you\r\n")

    with broken_server(talk) as port, pytest.raises(TemporaryMailError) as refused:
        SmtpServer("smtp", "127.0.0.1", port, step_seconds=5).send(mail())
    assert type(refused.value) is kind


def test_tls_to_a_server_that_speaks_none_is_the_settings_fault(open_office: PostOffice) -> None:
    with pytest.raises(SettingsMailError, match="HANDSLAG_SMTP: no safe connection"):
        smtp_server(f"smtps://127.0.0.1:{open_office.port}").send(mail())


def test_a_server_that_is_away_is_a_temporary_failure(port: int) -> None:
    with pytest.raises(TemporaryMailError, match="cannot be reached"):
        smtp_server(f"smtp://127.0.0.1:{port}").send(mail())


def test_a_server_that_cannot_be_found_is_a_temporary_failure() -> None:
    with pytest.raises(TemporaryMailError, match="cannot be reached"):
        smtp_server("smtp://nowhere.invalid:25").send(mail())


def test_user_and_password_are_shown_to_the_server(post_office: PostOffice) -> None:
    def check(
        _server: object, _session: object, _envelope: object, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"us:er", b"p@ss"), handled=False)

    post_office.open(authenticator=check, auth_require_tls=False)
    smtp_server(f"smtp://us%3Aer:p%40ss@127.0.0.1:{post_office.port}").send(mail())
    assert len(post_office.taken) == 1
    with pytest.raises(SettingsMailError, match="user or the password of HANDSLAG_SMTP") as refused:
        smtp_server(f"smtp://us%3Aer:wrong@127.0.0.1:{post_office.port}").send(mail())
    assert "wrong" not in str(refused.value)


def test_a_server_without_tls_gets_no_mail_when_tls_is_asked_for(open_office: PostOffice) -> None:
    with pytest.raises(TemporaryMailError, match="STARTTLS"):
        smtp_server(f"smtp+starttls://127.0.0.1:{open_office.port}").send(mail())
    assert open_office.taken == []


@contextmanager
def broken_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection by a function that speaks SMTP as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _peer = listening.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(200)
        assert not thread.is_alive()


def _speak(connection: socket.socket, *answers: bytes) -> None:
    lines = connection.makefile("rb")
    for answer in answers:
        connection.sendall(answer + b"\r\n")
        if answer.startswith(b"354"):
            while lines.readline() not in {b".\r\n", b""}:
                pass
        else:
            lines.readline()


def test_a_server_that_says_nothing_is_given_up_after_its_time() -> None:
    over = threading.Event()

    def silent(_connection: socket.socket) -> None:
        over.wait(200)

    with broken_server(silent) as port:
        try:
            with pytest.raises(TemporaryMailError, match="timed out"):
                SmtpServer("smtp", "127.0.0.1", port, step_seconds=0.2).send(mail())
        finally:
            over.set()


def test_a_connection_that_breaks_before_the_server_took_the_mail_is_temporary() -> None:
    talk = lambda connection: _speak(connection, b"220 hi", b"250 hi", b"250 ok")  # noqa: E731
    with broken_server(talk) as port, pytest.raises(TemporaryMailError, match="broke"):
        SmtpServer("smtp", "127.0.0.1", port).send(mail())


def test_once_the_server_took_the_mail_a_broken_goodbye_does_not_matter() -> None:
    # Sending again because of it would be a second mail.
    def talk(connection: socket.socket) -> None:
        _speak(connection, b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"354 go")
        connection.sendall(b"250 taken\r\n")

    with broken_server(talk) as port:
        SmtpServer("smtp", "127.0.0.1", port).send(mail())


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", SmtpServer("smtp", "mail.example", 25)),
        ("smtp://u:p@mail.example:2525", SmtpServer("smtp", "mail.example", 2525, "u", "p")),
        ("smtp+starttls://mail.example", SmtpServer("smtp+starttls", "mail.example", 587)),
        ("smtps://mail.example", SmtpServer("smtps", "mail.example", 465)),
    ],
)
def test_urls_name_servers(url: str, server: SmtpServer) -> None:
    assert smtp_server(url) == server


@pytest.mark.parametrize(
    "url", ["", "http://mail.example", "smtp://", "mail.example:25", "smtp://mail:99999"]
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"HANDSLAG_SMTP|[Pp]ort"):
        smtp_server(url)


def test_a_password_is_not_shown_in_messages_about_the_server() -> None:
    assert "secret" not in repr(smtp_server("smtp://u:secret@mail.example"))
