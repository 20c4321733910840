"""Loops run side by side, and one that ends takes the process along."""

import threading
import time
from collections.abc import Callable

import pytest

from shared.loops import Loop, due_work, run_loops


def _until_stopped(stop: threading.Event) -> None:
    stop.wait()


def test_loops_end_when_they_are_asked_to() -> None:
    stop = threading.Event()
    started = threading.Event()

    def start(stop: threading.Event) -> None:
        started.set()
        stop.wait()

    def ask() -> None:
        started.wait()
        stop.set()

    threading.Thread(target=ask).start()
    assert run_loops([Loop("first", start), Loop("second", _until_stopped)], stop) == 0


def test_many_loops_that_do_not_end_are_waited_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.loops.STOP_SECONDS", 1.0)
    never, stop = threading.Event(), threading.Event()
    stop.set()

    def stay(_stop: threading.Event) -> None:
        never.wait(600)

    began = time.monotonic()
    assert run_loops([Loop(str(n), stay) for n in range(100)], stop) == 1
    assert time.monotonic() - began < 50, "each has been waited for alone"
    never.set()


def test_a_loop_that_ends_by_itself_ends_all() -> None:
    stop = threading.Event()
    assert run_loops([Loop("short", lambda stop: None), Loop("long", _until_stopped)], stop) == 1
    assert stop.is_set()


def test_a_loop_that_raises_ends_all() -> None:
    def fail(stop: threading.Event) -> None:
        raise OSError("gone")

    assert run_loops([Loop("broken", fail), Loop("long", _until_stopped)], threading.Event()) == 1


def test_due_work_goes_on_while_there_is_work_and_outlives_a_failure() -> None:
    stop = threading.Event()
    left = [1, 2, 3]

    def step() -> bool:
        if len(left) == 2:
            left.pop()
            raise OSError("away for a moment")
        if not left:
            stop.set()
            return False
        left.pop()
        return True

    _run(due_work("worker", step, wake=0.01).run, stop)
    assert left == []


def _run(loop: Callable[[threading.Event], None], stop: threading.Event) -> None:
    thread = threading.Thread(target=loop, args=(stop,))
    thread.start()
    thread.join(200)
    assert not thread.is_alive()
