"""The whole bench: every mark in turn, each in a folder of its own that is removed again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.bench import candidates, consuming, embedded_log, end_to_end, posting, rebuilding
from deploy.bench.measure import Mark

MARKS: Mapping[str, Callable[[Path], Mark]] = {
    "embedded log": embedded_log.measure,
    "candidates": candidates.measure,
    "consuming": consuming.measure,
    "rebuilding": rebuilding.measure,
    "posting": posting.measure,
    "end to end": end_to_end.measure,
}
"""What is measured without a broker, in this order."""


def run_bench(kafka: str | None, show: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Measure every mark, those on Kafka only with a broker at `kafka` (HOST:PORT).

    Everything is on this machine and in temporary folders. Raises BenchError, EventLogError or OSError when one
    cannot be taken: a part of the marks is not the bench.
    """
    marks: list[Mark] = []
    for name, measure in MARKS.items():
        show(f"measuring: {name}")
        with tempfile.TemporaryDirectory(prefix="handslag-bench-") as folder:
            marks.append(measure(Path(folder)))
    if kafka:
        # Imported here, so that the bench of one machine needs no Kafka client.
        from deploy.bench import kafka as on_kafka

        show("measuring: Kafka")
        with tempfile.TemporaryDirectory(prefix="handslag-bench-") as folder:
            marks += on_kafka.measure(Path(folder), kafka)
        show("measuring: end to end, Kafka")
        with tempfile.TemporaryDirectory(prefix="handslag-bench-") as folder:
            marks.append(end_to_end.measure(Path(folder), kafka))
    return {"marks": [row(mark) for mark in marks]}


def row(mark: Mark) -> dict[str, Any]:
    """Give a mark as `handslag bench --json` prints it."""
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
    return "\n".join(lines)
