"""kafka-python's producer, made to end when it is told to, and to send only while somebody stands behind it."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

HELD_BACK_MS = 100
"""How often a producer that may not send looks whether it may again."""


class EndingProducer(KafkaProducer):  # type: ignore[misc]  # kafka-python has no types
    """A producer that can be given up.

    Closing kafka-python's own waits for what is on its way, and raises when that takes too long: its thread then
    goes on, and sends everything once the broker is back, maybe after another producer did.
    """

    def __init__(self, **configs: Any) -> None:
        self._given_up = False
        self._until = math.inf
        super().__init__(**configs)
        send_what_is_ready = self._sender._send_producer_data

        def send_in_time(now: float | None = None) -> Any:
            if _boot_seconds() > self._until and self._accumulator.has_undrained():
                return HELD_BACK_MS
            return send_what_is_ready(now)

        self._sender._send_producer_data = send_in_time

    def send_within(self, seconds: float) -> None:
        """Let what is ready be sent for so long; afterwards it is held back until this is called again.

        A process that was stopped, and wakes when others have done its work, thus sends nothing old after them.
        """
        self._until = _boot_seconds() + seconds

    def flush(self, timeout: float | None = None) -> None:
        """Wait for what is on its way, up to `timeout` seconds, unless it was given up."""
        if not self._given_up:
            super().flush(timeout)

    def end(self, seconds: float) -> None:
        """Close within about some seconds; what is not acknowledged by then is never sent any more."""
        if seconds > 0:
            with suppress(KafkaError):
                self.close(timeout=seconds)
                return
        self._given_up = True
        self.close(timeout=0)


def _boot_seconds() -> float:
    # Goes on while the machine sleeps.
    return time.clock_gettime(time.CLOCK_BOOTTIME)
