"""Making what stays as long as the process: modules that are imported late, tables that are read once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def making_what_lasts() -> Iterator[None]:
    """Have the garbage collector rest while the block, or the function that this decorates, makes what stays.

    It makes hundreds of thousands of objects and drops hardly any: looking for garbage among them again and again
    is a fifth of what an import costs, and half of what a thesaurus does.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
