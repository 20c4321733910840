"""What was worked out of a word, kept for when it comes again: not of long ones, which would fill memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

Made = TypeVar("Made")

LONGEST = 100
"""Characters of a word or name that is kept; longer ones are worked out each time."""


def kept(most: int) -> Callable[[Callable[[str], Made]], Callable[[str], Made]]:
    """Have a function of a text keep what it returned for the latest `most` texts of up to `LONGEST` characters."""

    def keep(work: Callable[[str], Made]) -> Callable[[str], Made]:
        remembered = lru_cache(maxsize=most)(work)

        @wraps(work)
        def asked(text: str) -> Made:
            return remembered(text) if len(text) <= LONGEST else work(text)

        return asked

    return keep
