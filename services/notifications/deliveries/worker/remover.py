"""The worker that removes the mails to an erased organisation from the built-in mailbox."""

from __future__ import annotations

from services.notifications.deliveries.store import queue
from services.notifications.deliveries.store.removals import delete_removals, list_removals
from services.notifications.mail.mailbox import Mailbox
from shared.clock import Clock
from shared.storage.engine import Database

BATCH = 100


class MailRemover:
    """Removes the listed mails; `mailbox` is None where mails go to a server, out of reach."""

    def __init__(self, database: Database, mailbox: Mailbox | None, clock: Clock) -> None:
        self._database = database
        self._mailbox = mailbox
        self._clock = clock

    def step(self) -> bool:
        """Remove what is due, and tell whether there was anything."""
        now = self._clock()
        with self._database.reading() as connection:
            noted = list_removals(connection, BATCH)
            # A mail that is just being written would come back after its removal.
            due = [one for one in noted if not queue.is_taken(connection, one, now)]
        if self._mailbox is not None:
            for mail_id in due:
                self._mailbox.remove(mail_id)
        if due:
            with self._database.writing() as connection:
                delete_removals(connection, due)
        return bool(due)
