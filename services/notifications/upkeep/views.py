"""What notifications holds of an organisation, for who asks for it, and what an erasure has left to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from email.message import EmailMessage

from sqlalchemy.engine import Connection

from services.notifications.mail.headers import shown_header
from services.notifications.mail.mailbox import Mailbox
from services.notifications.mail.server import mailbox_of
from services.notifications.tables import contacts, deliveries
from services.notifications.upkeep import store
from shared.rights import Asked, Held, Kind


def knows(connection: Connection, kind: Kind, id: str) -> bool:
    """Say whether somebody of an organisation is known."""
    return bool(store.list_rows(connection, contacts, kind, id))


def held(connection: Connection, asked: Asked) -> Held:
    """Return its contact, its deliveries, and its mails where they go to the built-in mailbox."""
    mailbox = mailbox_of(asked.settings)
    told = store.list_rows(connection, deliveries, asked.kind, asked.id)
    return {
        "contacts": store.list_rows(connection, contacts, asked.kind, asked.id),
        "deliveries": told,
        "mails": [mail for one in told if (mail := _mail(mailbox, one["id"]))],
    }


def left(connection: Connection, telling: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Say what an erasure has left to do, by the ids of the introductions that tell of who is erased."""
    if with_words := store.count_with_words(connection, telling.get("introductions", ())):
        yield f"notifications has to read {with_words} introductions"
    elif mails := store.count_removals(connection):
        yield f"{mails} mails have to leave the mailbox"


def _mail(mailbox: Mailbox | None, delivery_id: str) -> Held | None:
    mail = mailbox.read(delivery_id) if mailbox else None
    if mail is None:
        return None
    return {
        "delivery_id": delivery_id,
        **{name.lower(): shown_header(mail, name) for name in ("Date", "To", "Subject")},
        "text": _text(mail),
    }


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return "" if part is None else str(part.get_content())
