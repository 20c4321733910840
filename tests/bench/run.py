"""The whole bench: every mark in turn, each in a folder of its own that is removed again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench import (
    candidates,
    capacities,
    consuming,
    embedded_log,
    end_to_end,
    one_change,
    posting,
    rebuilding,
    shortcuts,
    sizes,
)
from tests.bench.measure import Mark

MARKS: Mapping[str, Callable[[Path], Mark | list[Mark]]] = {
    "embedded log": embedded_log.measure,
    "candidates": candidates.measure,
    "one changed company": one_change.measure,
    "introductions under capacities": capacities.measure,
    "shortcuts": shortcuts.measure,
    "consuming": consuming.measure,
    "rebuilding": rebuilding.measure,
    "posting": posting.measure,
    "end to end": end_to_end.measure,
}
"""What is measured without a broker, in this order."""


def run_bench(
    kafka: str | None, show: Callable[[str], None] = lambda line: None, picture: Path | None = None
) -> dict[str, Any]:
    """Measure every mark, those on Kafka only with a broker at `kafka` (HOST:PORT).

    With `picture` the cost of growing numbers of companies too, as `sizes` and drawn into that file (SVG).

    Everything is on this machine and in temporary folders. Raises BenchError, EventLogError or OSError when one
    cannot be taken: a part of the marks is not the bench.
    """
    marks: list[Mark] = []
    for name, measure in MARKS.items():
        show(f"measuring: {name}")
        with tempfile.TemporaryDirectory(prefix="handslag-bench-") as folder:
            measured = measure(Path(folder))
        marks += measured if isinstance(measured, list) else [measured]
    if kafka:
        # Imported here, so that the bench of one machine needs no Kafka client.
        from tests.bench import kafka as on_kafka

        show("measuring: Kafka")
        with tempfile.TemporaryDirectory(prefix="handslag-bench-") as folder:
            marks += on_kafka.measure(Path(folder), kafka)
        show("measuring: end to end, Kafka")
        with tempfile.TemporaryDirectory(prefix="handslag-bench-") as folder:
            marks.append(end_to_end.measure(Path(folder), kafka))
    result: dict[str, Any] = {"marks": [row(mark) for mark in marks]}
    if picture:
        result["sizes"] = sizes.measure_sizes(show)
        picture.write_text(sizes.picture(result["sizes"]), encoding="utf-8")
    return result


def row(mark: Mark) -> dict[str, Any]:
    """Return a mark as `python -m tests.bench --json` prints it."""
    return {
        "name": mark.name,
        "ratio": round(mark.ratio, 3),
        "mark": mark.mark,
        "held": mark.held,
        "unit": mark.unit,
        "note": mark.note,
    }


def table(result: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Write the marks as a readable table, each with its note below."""
    lines = [f"{'':42}{'ratio':>8}{'mark':>8}"]
    for one in result["marks"]:
        held = "held" if one["held"] else "missed"
        lines.append(f"{one['name']:42}{one['ratio']:8.2f}{one['mark']:8.2f}  {held}, of {one['unit']}")
        lines += [f"    {part}" for part in one["note"].split("; ")]
    if "sizes" in result:
        lines += ["", sizes.sizes_table(result["sizes"])]
    return "\n".join(lines)
