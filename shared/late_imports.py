"""Imports that wait until they are needed: a command that reads one table does not pay for the web."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def late_imports() -> Iterator[None]:
    """Import what the block names, and have the garbage collector rest meanwhile.

    Modules make hundreds of thousands of objects and drop hardly any: looking for garbage among them again and again
    is a fifth of what their import costs.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
