"""The `handslag` command with shorter waits for mails, for the short runs: `python -m tests.faults.hurried work …`.

A mail whose sender died is given to another after 20 seconds instead of a minute, and one that failed is tried again
after 5 instead of 30. Nothing else differs; the long runs use the command as it is.
"""

from __future__ import annotations

from datetime import timedelta

from deploy.command import main
from services.notifications.deliveries.domain import delivery
from services.notifications.deliveries.store import queue

if __name__ == "__main__":
    queue.TAKEN_FOR = timedelta(seconds=20)
    delivery.FIRST_PAUSE = timedelta(seconds=5)
    main()
