"""The built-in mailbox: mails as `.eml` files in a folder, for demonstrations and for looking at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path

from services.notifications.mail.building import TemporaryMailError, delivery_id_of
from services.notifications.mail.domain.safe_text import reason_line
from services.notifications.mail.headers import shown_header
from shared.ids import ID_PATTERN
from shared.storage.whole_file import remove_whole, write_whole

SCHEME = "mailbox:"
SUFFIX = ".eml"


@dataclass(frozen=True)
class KeptMail:
    """A line of the mailbox's list; `id` is the delivery's. `sent_at` is None where the file has no date."""

    id: str
    sent_at: datetime | None
    to: str
    subject: str


@dataclass(frozen=True)
class Mailbox:
    """A folder of mails, one file a delivery: sent again, a mail takes its own place."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        """Keep a mail on disk; it is there whole, or not at all."""
        target = self._path(delivery_id_of(message))
        if target is None:
            raise ValueError("a mail in the mailbox needs a Message-ID that starts with its delivery's id")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(target, message.as_bytes())
        except OSError as error:
            said = error.strerror or type(error).__name__
            raise TemporaryMailError(
                reason_line(f"The mailbox folder cannot be written: {said}."), every_mail=True
            ) from error

    def mails(self) -> list[KeptMail]:
        """List the mails, newest first."""
        kept = [_headers(path) for path in self._files()]
        return sorted(kept, key=lambda mail: (_moment(mail), mail.id), reverse=True)

    def read(self, mail_id: str) -> EmailMessage | None:
        """Return the mail of a delivery, or None when it is not here."""
        content = self.read_bytes(mail_id)
        if content is None:
            return None
        message = message_from_bytes(content, policy=default)
        return message if isinstance(message, EmailMessage) else None

    def read_bytes(self, mail_id: str) -> bytes | None:
        """Return the bytes of a mail's file, or None when it is not here."""
        path = self._path(mail_id)
        try:
            return None if path is None else path.read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, mail_id: str) -> None:
        """Remove a mail, if it is here, half written ones of a process that died included."""
        path = self._path(mail_id)
        if path is not None:
            remove_whole(path)

    def _path(self, mail_id: str) -> Path | None:
        return self.folder / f"{mail_id}{SUFFIX}" if ID_PATTERN.fullmatch(mail_id) else None

    def _files(self) -> Iterator[Path]:
        with suppress(FileNotFoundError):
            yield from self.folder.glob(f"*{SUFFIX}")


def _headers(path: Path) -> KeptMail:
    with path.open("rb") as file:
        headers = BytesHeaderParser(policy=default).parse(file)
    date = headers["Date"]
    try:
        sent_at = None if date is None else parsedate_to_datetime(str(date))
    except ValueError:
        sent_at = None
    return KeptMail(
        path.name.removesuffix(SUFFIX), sent_at, shown_header(headers, "To"), shown_header(headers, "Subject")
    )


def _moment(mail: KeptMail) -> float:
    return mail.sent_at.timestamp() if mail.sent_at else 0.0
