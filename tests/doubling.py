"""Whether work grows with what it is given and not with its square: twice as much takes at most 2.5 times as long."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

Given = TypeVar("Given")

MOST = 2.5
NOTHING_SECONDS = 0.001
"""Less than this is not told from the machine's noise, whatever the ratio."""
TRIES = 5


def assert_linear(work: Callable[[Given], object], make: Callable[[int], Given], size: int) -> None:
    """Fail when the work on `make(size)` takes more than 2.5 times as long as on `make(size // 2)`.

    Only this thread's own seconds of processor count. What is linear and was disturbed is tried again; what is
    quadratic takes four times as long each time. `size` is the largest that the limits allow, or more.
    """
    half, whole = make(size // 2), make(size)
    told = []
    work(half)  # what is made once is not counted
    for _ in range(TRIES):
        short, long = _seconds(work, half), _seconds(work, whole)
        if long <= MOST * short + NOTHING_SECONDS:
            return
        told.append(f"{short:.4f} s and {long:.4f} s")
    raise AssertionError(f"half as much and all of it took {'; '.join(told)}")


def _seconds(work: Callable[[Given], object], given: Given) -> float:
    # The collector of garbage looks at all of a process's objects at moments of its own.
    gc.disable()
    try:
        begun = time.thread_time()
        work(given)
        return time.thread_time() - begun
    finally:
        gc.enable()
