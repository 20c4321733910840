"""Building a well-formed mail, and the port through which it leaves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Protocol

from services.notifications.mail.domain.safe_text import name_line, one_line

# Quoted-printable and base64 pass every server; 8 bits need one that says it takes them.
_POLICY = SMTP.clone(cte_type="7bit")
_POLICY_UTF8 = SMTPUTF8.clone(cte_type="7bit")

_LOCAL_PART = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+)*"
)
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


MOST_ADDRESS = 500
"""Characters of an address that is looked at; no server takes so many."""


class AddressError(ValueError):
    """A mail address that no server would take; the message says what is wrong, without the address."""


class MailError(Exception):
    """A mail that was not taken; the message says why."""


class TemporaryMailError(MailError):
    """Not taken just now, and worth another try: the server is away, busy or not set up right."""


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
    name, address = parseaddr(mail_from)
    return Sender(name_line(name) or name_line(organiser_name), check_address(address))


def check_address(address: str) -> str:
    """Check a mail address and return it with its domain in ASCII (internationalised domains by IDNA).

    Raises AddressError for what is no address: quoted local parts and address literals are not taken.
    """
    if len(address) > MOST_ADDRESS or one_line(address) != address:
        raise AddressError("the mail address has white space or characters that cannot be seen in it")
    local, at, domain = address.rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or len(local.encode("utf-8")) > 64:
        raise AddressError("the mail address has no valid part before the @")
    try:
        plain = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressError("the mail address has no valid domain after the @") from error
    labels = plain.split(".")
    if len(labels) < 2 or len(plain) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise AddressError("the mail address has no valid domain after the @")
    return f"{local}@{plain}"


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
    address = check_address(to_address)
    message = EmailMessage(policy=_POLICY if address.isascii() else _POLICY_UTF8)
    try:
        message["From"] = _mailbox(sender.name, sender.address)
        message["To"] = _mailbox(to_name, address)
        message["Reply-To"] = _mailbox(sender.name, sender.address)
    except (MessageError, ValueError, IndexError) as error:
        raise AddressError("the mail address cannot be written into a mail") from error
    message["Subject"] = one_line(subject, 200)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(delivery_id, sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, subtype="plain", charset="utf-8", cte="quoted-printable")
    message.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
    # Last: what starts with Content- would move into the first part while the parts are put together.
    message["Content-Language"] = language
    return message


def delivery_id_of(message: EmailMessage) -> str:
    """Return the id of the delivery that a mail of ours belongs to, from its Message-ID."""
    return str(message["Message-ID"]).strip().strip("<>").partition("@")[0]


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(display_name=name_line(name), username=local, domain=domain)


def message_id(delivery: str, sender_domain: str) -> str:
    """Derive a mail's Message-ID: the same at every attempt. `sender_domain` is in ASCII."""
    return f"<{delivery}@{sender_domain}>"
