"""What was read of texts, kept in memory by the texts' digests: looking at a page again reads none of them again."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.matching.text.domain.concept_engine import Reading

MOST = 50_000
"""Mentions and passages that are kept: some 20 MB."""
PASSAGE = 6
"""A passage, with its vector, counts as so many mentions."""


@dataclass(frozen=True)
class How:
    """In which way a text was read: the same text, read the same way, says the same."""

    language: str
    closely: int = 0


class ReadTexts:
    """The readings of one engine that were used last; safe to share between threads. Of the texts only the
    words that name a concept are kept, with those around them."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[bytes, How], Reading] = OrderedDict()
        self._size = 0

    def get(self, text: str, how: How) -> Reading | None:
        """Return what was read of a text in this way, or None."""
        key = _key(text, how)
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
        return replace(found, text=text)

    def add(self, reading: Reading, how: How) -> Reading:
        """Keep a reading and return it; those that were not used for longest go."""
        key = _key(reading.text, how)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = replace(reading, text="")
                self._size += _size(reading)
            while self._size > self._most and self._kept:
                self._size -= _size(self._kept.popitem(last=False)[1])
        return reading


def _key(text: str, how: How) -> tuple[bytes, How]:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest(), how


def _size(reading: Reading) -> int:
    return 1 + len(reading.mentions) + PASSAGE * len(reading.passages)
