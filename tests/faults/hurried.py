"""The `handslag` command in processes that start at once, with shorter waits for mails: for the short runs.

A mail whose sender died is given to another after 20 seconds instead of a minute, and one that failed is tried again
after 5 instead of 30. Nothing else differs; the long runs use the command as it is.
"""

from __future__ import annotations

from datetime import timedelta

from services.notifications.deliveries.domain import delivery
from services.notifications.deliveries.store import queue
from tests.forker import serve

if __name__ == "__main__":
    queue.TAKEN_FOR = timedelta(seconds=20)
    delivery.FIRST_PAUSE = timedelta(seconds=5)
    serve()
