"""A real SMTP server in the test's own process, and what it took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


def plain_text(mail: EmailMessage) -> str:
    """Return a mail's plain text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def read_back(mail: EmailMessage) -> EmailMessage:
    """Write a mail out and read it as a recipient's program does."""
    back = message_from_bytes(mail.as_bytes(), policy=default)
    assert isinstance(back, EmailMessage)
    return back


@dataclass
class PostOffice:
    """A real SMTP server's memory: what it took, and what it answers to whom."""

    port: int
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    at_mail: str = "250 ok"
    at_data: str = "250 taken"
    asked: int = 0
    controller: Any = None

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self) -> list[str]:
        """Whom the taken mails went to."""
        return sorted(recipient for _sender, recipients in self.envelopes for recipient in recipients)

    def texts(self) -> list[str]:
        """The plain texts of the taken mails."""
        return [plain_text(mail) for mail in self.taken]

    async def handle_MAIL(  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.asked += 1
        if self.at_mail.startswith("250"):
            envelope.mail_from = address
        return self.at_mail

    async def handle_RCPT(  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.at_data.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            message = message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
            self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        return self.at_data

    def open(self, **options: Any) -> None:
        """Start to listen."""
        self.controller = _Counter(
            self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True, **options
        )
        self.controller.start()

    def shut(self) -> None:
        """Stop listening, when all connections have ended."""
        if self.controller is not None:
            wait_until(lambda: all(session.transport is None for session in self.controller.sessions))
            self.controller.stop()
            self.controller = None


class _Counter(Controller):
    """A controller that knows the connections it has had: one that is cut off would be left unclosed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sessions: list[SMTP] = []

    def factory(self) -> SMTP:
        session: SMTP = super().factory()  # type: ignore[no-untyped-call]  # aiosmtpd is untyped
        self.sessions.append(session)
        return session


def wait_until(condition: Callable[[], bool], seconds: float = 200.0) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
