"""Staff tokens that were wrong: counted, logged once a burst, and answered with 429 when one address sends many.

A right token is always let in, so that nobody else can keep the owner out; tokens are long and random, so that guessing
is hopeless at any rate. Each process counts for itself. No address is kept or logged: a keyed digest stands for it.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import threading
import time
from collections.abc import Callable

from shared.telemetry import metrics

log = logging.getLogger(__name__)

MOST = 20
"""Wrong tokens of one address in a window; more are refused unread."""
WINDOW_SECONDS = 60.0
MOST_SOURCES = 10_000
"""Whose counts are kept at a time; when there are more, all begin anew."""


def source_digest(secret: str, address: str | None) -> str:
    """Return what stands for who sends: a keyed digest of the address, of an IPv6 address its network of 64 bits.

    32 hexadecimal digits; without the secret nobody can tell the address.
    """
    try:
        given = ipaddress.ip_address((address or "").partition("%")[0])
        if isinstance(given, ipaddress.IPv6Address):
            given = given.ipv4_mapped or given
        bits = 64 if given.version == 6 else 32
        text = str(ipaddress.ip_network(f"{given}/{bits}", strict=False).network_address)
    except ValueError:
        text = ""
    return hmac.new(secret.encode(), f"source:{text}".encode(), hashlib.sha256).hexdigest()[:32]


class WrongTokens:
    """The wrong tokens of this process; safe to share between threads. `now` counts seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[float, int]] = {}

    def count(self, source: str, service: str) -> int:
        """Count a wrong token of a source; return 0, or the seconds to wait where it has sent too many."""
        metrics.WRONG_TOKENS.add(1, service)
        with self._lock:
            now = self._now()
            began, count = self._counts.get(source, (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, count = now, 0
            if source not in self._counts and len(self._counts) >= MOST_SOURCES:
                self._counts.clear()
            self._counts[source] = (began, count + 1)
        if count + 1 <= MOST:
            return 0
        if count == MOST:
            log.warning("one address has sent more than %d wrong staff tokens within a minute", MOST)
        return max(1, round(began + WINDOW_SECONDS - now))
