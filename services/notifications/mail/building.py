"""Building a well-formed mail, and the port through which it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Protocol

from services.notifications.mail.domain.safe_text import MOST_SUBJECT, name_line, one_line
from services.notifications.mail.headers import address_header, plain_header, text_header
from shared.words.addresses import read_address, read_named_address

# Quoted-printable and base64 pass every server; 8 bits need one that says it takes them.
_POLICY = SMTP.clone(cte_type="7bit")
_POLICY_UTF8 = SMTPUTF8.clone(cte_type="7bit")


class MailError(Exception):
    """A mail that was not taken; the message says why."""


class TemporaryMailError(MailError):
    """Not taken just now, and worth another try: the server is away, busy or not set up right.

    `every_mail`: it came before a recipient was named, so that every other mail would meet the same. It is no
    recipient's fault, and no mail is given up for it.
    """

    def __init__(self, reason: str, every_mail: bool = False) -> None:
        super().__init__(reason)
        self.every_mail = every_mail


class SettingsMailError(TemporaryMailError):
    """Not taken because of a setting of ours, which the message names; it is taken once that is mended."""


class PermanentMailError(MailError):
    """Refused for good: another try would be refused too."""


class MailServer(Protocol):
    """Where mails go."""

    def send(self, message: EmailMessage) -> None:
        """Hand a mail over; once this returns, the server has it for good.

        May block as long as mail protocols allow: ten minutes and more. Raises TemporaryMailError or
        PermanentMailError when the server has not taken it.
        """


@dataclass(frozen=True)
class Sender:
    """Whom mails come from and answers go to: the organiser."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The address's domain, in ASCII."""
        return self.address.rpartition("@")[2]


def read_sender(mail_from: str, organiser_name: str) -> Sender:
    """Read the organiser's address from settings; its own name in `mail_from` counts before `organiser_name`.

    Raises AddressError.
    """
    named = read_named_address(mail_from)
    return Sender(name_line(named.name) or name_line(organiser_name), named.address.sent)


def build_mail(
    delivery_id: str,
    sender: Sender,
    to_name: str,
    to_address: str,
    language: str,
    subject: str,
    text: str,
    html: str,
    at: datetime,
) -> EmailMessage:
    """Build a mail with a plain and an HTML alternative of the same content, in UTF-8.

    Names and subject may hold anything: they are made into one safe line. The Message-ID follows from
    `delivery_id`, so that it is the same at every attempt. Raises AddressError for a bad `to_address`.
    """
    address = read_address(to_address).sent
    message = EmailMessage(policy=_POLICY if f"{address}{sender.address}".isascii() else _POLICY_UTF8)
    message["From"] = address_header("From", name_line(sender.name), sender.address)
    message["To"] = address_header("To", name_line(to_name), address)
    message["Reply-To"] = address_header("Reply-To", name_line(sender.name), sender.address)
    message["Subject"] = text_header("Subject", one_line(subject, MOST_SUBJECT))
    message["Date"] = format_datetime(at)
    message["Message-ID"] = plain_header("Message-ID", message_id(delivery_id, sender.domain))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, subtype="plain", charset="utf-8", cte="quoted-printable")
    message.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
    # Last: what starts with Content- would move into the first part while the parts are put together.
    message["Content-Language"] = language
    return message


def delivery_id_of(message: EmailMessage) -> str:
    """Return the id of the delivery that a mail of ours belongs to, from its Message-ID."""
    return str(message["Message-ID"]).strip().strip("<>").partition("@")[0]


def message_id(delivery: str, sender_domain: str) -> str:
    """Derive a mail's Message-ID: the same at every attempt. `sender_domain` is in ASCII."""
    return f"<{delivery}@{sender_domain}>"
