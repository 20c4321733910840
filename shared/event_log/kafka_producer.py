"""kafka-python's producer, made to end when it is told to."""

from __future__ import annotations

from contextlib import suppress

from kafka import KafkaProducer
from kafka.errors import KafkaError


class EndingProducer(KafkaProducer):  # type: ignore[misc]  # kafka-python has no types
    """A producer that can be given up.

    Closing kafka-python's own waits for what is on its way, and raises when that takes too long: its thread then
    goes on, and sends everything once the broker is back, maybe after another producer did.
    """

    _given_up = False

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
