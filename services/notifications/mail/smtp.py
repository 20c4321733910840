"""Sending by SMTP, with the standard library."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from services.notifications.mail.building import (
    MailError,
    PermanentMailError,
    SettingsMailError,
    TemporaryMailError,
)
from services.notifications.mail.domain.safe_text import reason_line
from services.notifications.mail.domain.server_answers import FAULTS, Setting, Stage, setting_at_fault

STEP_SECONDS = 30.0
"""How long the server may take for each step but the last."""
FINAL_SECONDS = 600.0
"""How long it may take to confirm the mail: giving up earlier would send twice (RFC 5321, section 4.5.3.2.6)."""
GOODBYE_SECONDS = 5.0

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
AWAY = "the mail server cannot be reached just now"
REFUSED = "The mail server refused the mail"
INSECURE = "no safe connection to the mail server can be made"


@dataclass(frozen=True)
class SmtpServer:
    """A mail server by SMTP: in the clear, with STARTTLS, or with TLS from the start."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    step_seconds: float = STEP_SECONDS

    def send(self, message: EmailMessage) -> None:
        """Hand a mail over in a connection of its own."""
        with self._connected() as connection, _reasons():
            _transfer(connection, message)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Connect and sign in; what goes wrong here is the server's or the settings', never the recipient's."""
        try:
            connection = self._open()
        except smtplib.SMTPResponseException as error:
            raise _refused_at(Stage.SIGN_IN, error) from error
        except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
            raise _fault_of(Setting.SERVER, f"{INSECURE}: {_said(error)}", every_mail=True) from error
        except smtplib.SMTPServerDisconnected as error:
            raise _away(error) from error
        except (smtplib.SMTPException, ValueError) as error:
            raise _fault_of(
                Setting.SERVER, f"{FAULTS[Setting.SERVER]}: {_said(error)}", every_mail=True
            ) from error
        except OSError as error:
            raise _away(error) from error
        try:
            yield connection
        finally:
            # The mail's fate is settled: how the goodbye goes changes nothing.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                if connection.sock is not None:
                    connection.sock.settimeout(GOODBYE_SECONDS)
                    connection.quit()
            connection.close()

    def _open(self) -> smtplib.SMTP:
        if self.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.step_seconds, context=ssl.create_default_context()
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=self.step_seconds)
        try:
            connection.ehlo_or_helo_if_needed()
            if self.scheme == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            if self.user:
                connection.login(self.user, self.password)
        except BaseException:
            connection.close()
            raise
        return connection


def smtp_server(url: str) -> SmtpServer:
    """Read `smtp://`, `smtp+starttls://` or `smtps://[USER:PASSWORD@]HOST[:PORT]`.

    Raises ValueError for anything else.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(
            "HANDSLAG_SMTP must be smtp://, smtp+starttls:// or smtps:// and name a host, or be mailbox:"
        )
    return SmtpServer(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _transfer(connection: smtplib.SMTP, message: EmailMessage) -> None:
    sender = message["From"].addresses[0].addr_spec
    recipient = message["To"].addresses[0].addr_spec
    options = []
    if not (sender + recipient).isascii():
        if not connection.has_extn("smtputf8"):
            raise PermanentMailError(
                "The mail server takes no mail address with letters beyond A to Z before the @."
            )
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    _expect(Stage.SENDER, connection.mail(sender, options))
    _expect(Stage.RECIPIENT, connection.rcpt(recipient))
    if connection.sock is not None:
        connection.sock.settimeout(FINAL_SECONDS)
    try:
        answer = connection.data(message.as_bytes())
    except smtplib.SMTPDataError as error:
        answer = error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""
    _expect(Stage.CONTENT, answer)


def _expect(stage: Stage, answer: tuple[int, bytes]) -> None:
    code, text = answer
    if not 200 <= code < 300:
        raise _refused_at(stage, smtplib.SMTPResponseException(code, text))


def _refused_at(stage: Stage, error: smtplib.SMTPResponseException) -> MailError:
    """Return what a server's refusal means for the mail, with what the server said."""
    said = _said(error)
    setting = setting_at_fault(stage, error.smtp_code, said.partition(" ")[2])
    if isinstance(error, smtplib.SMTPAuthenticationError):
        # Without its words: some servers repeat what they were shown.
        refused = f"the mail server refused the user or the password of HANDSLAG_SMTP ({error.smtp_code})."
    elif setting:
        refused = f"{FAULTS[setting]}: {said}"
    else:
        refused = f"{REFUSED}: {said}"
    every_mail = stage in {Stage.SIGN_IN, Stage.SENDER}
    if setting:
        return _fault_of(setting, refused, every_mail)
    if stage is Stage.SIGN_IN:
        return _away(error)
    if every_mail or not 500 <= error.smtp_code < 600:
        return TemporaryMailError(reason_line(refused), every_mail)
    return PermanentMailError(reason_line(refused))


def _away(error: Exception) -> TemporaryMailError:
    """Return that the server is away or busy, with the setting that names it: it may name a wrong one."""
    return TemporaryMailError(reason_line(f"{Setting.SERVER}: {AWAY}: {_said(error)}"), every_mail=True)


def _fault_of(setting: Setting, reason: str, every_mail: bool) -> SettingsMailError:
    return SettingsMailError(reason_line(f"{setting}: {reason}"), every_mail)


@contextlib.contextmanager
def _reasons() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise TemporaryMailError(reason_line(f"{REFUSED}: {_said(error)}")) from error
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryMailError(
            reason_line(f"The connection to the mail server broke: {_said(error)}")
        ) from error


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
    return str(error) or type(error).__name__
