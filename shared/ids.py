"""Identifiers, as something that is handed in: only this module draws random ones."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from itertools import count

IdSource = Callable[[], str]
"""Gives a new identifier at each call, never the same twice."""

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What an identifier may look like: safe in URLs, file names, mail addresses and event keys."""


def random_ids() -> str:
    """Return a random identifier of 32 hexadecimal digits."""
    return uuid.uuid4().hex


def numbered_ids(prefix: str = "id-") -> IdSource:
    """Return a source of `prefix1`, `prefix2`, …: for tests and for results that must repeat."""
    numbers = count(1)
    return lambda: f"{prefix}{next(numbers)}"
