"""Staff tokens that were wrong: counted, logged once a burst, and answered with 429 when one address sends many.

A right token is always let in, so that nobody else can keep the owner out; tokens are long and random, so that guessing
is hopeless at any rate. Each process counts for itself. No address is kept or logged: `sender_digest` stands for it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from shared.telemetry import metrics
from shared.web.bursts import Bursts

log = logging.getLogger(__name__)

MOST = 20
"""Wrong tokens of one address in a window; more are refused unread."""
WINDOW_SECONDS = 60.0


class WrongTokens(Bursts):
    """The wrong tokens of this process; safe to share between threads. `now` counts seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(MOST, WINDOW_SECONDS, now)

    def count(self, source: str, service: str) -> int:
        """Count a wrong token of a source (`sender_digest`); return the seconds that it has to wait, 0 as a rule."""
        metrics.WRONG_TOKENS.add(1, service)
        asked = self.add(source)
        if asked.is_first:
            log.warning("one address has sent more than %d wrong staff tokens within a minute", MOST)
        return asked.seconds
