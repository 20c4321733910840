"""What is kept of texts is bounded, whatever texts come: their number, their length, and the memory of it all."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.words.kept import LONGEST, kept

ROOT = Path(__file__).parents[3]
MOST_BYTES = 128 << 20
"""Of one function, at the worst: a container of half a gigabyte holds the few that one process fills."""


def functions_that_keep() -> Iterator[tuple[str, str, int]]:
    """Yield module, name and number of each function whose results are kept."""
    for folder in ("services", "shared", "deploy"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            functions = [
                node
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, ast.FunctionDef)
            ]
            for node in functions:
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "kept":
                        (most,) = mark.args
                        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                        yield module, node.name, ast.literal_eval(most)


def size_of(value: Any) -> int:
    """Count the bytes of a value with all that it holds."""
    parts = value if isinstance(value, tuple | list | frozenset | set) else ()
    return sys.getsizeof(value) + sum(map(size_of, parts))


WORST = [
    "".join(chr(0x4E00 + 7 * place) for place in range(LONGEST)),
    "".join(chr(ord("a") + place * place % 26) for place in range(LONGEST)),
    "\U00010400" * LONGEST,
    "\ufdfa" * LONGEST,
    ("ab " * LONGEST)[:LONGEST],
    ("a " * LONGEST)[:LONGEST],
    ("a,b;" * LONGEST)[:LONGEST],
    ("a.b/" * LONGEST)[:LONGEST],
]


def test_so_many_are_kept_and_no_more() -> None:
    asked: list[str] = []

    @kept(3)
    def work(text: str) -> int:
        asked.append(text)
        return len(text)

    for text in ("a", "b", "c", "a", "d", "b"):
        work(text)
    assert asked == ["a", "b", "c", "d", "b"]


def test_a_long_text_is_worked_out_each_time_and_pushes_nothing_out() -> None:
    asked: list[str] = []

    @kept(1)
    def work(text: str) -> int:
        asked.append(text)
        return len(text)

    long = "a" * (LONGEST + 1)
    for text in ("b", long, long, "b"):
        work(text)
    assert asked == ["b", long, long]


@pytest.mark.parametrize(("module", "name", "most"), list(functions_that_keep()))
def test_what_one_function_keeps_fits_into_memory(module: str, name: str, most: int) -> None:
    work: Callable[[str], Any] = getattr(importlib.import_module(module), name).__wrapped__
    worst = max(sys.getsizeof(text) + size_of(work(text)) for text in WORST)
    assert worst * most <= MOST_BYTES, f"{worst} bytes each"
