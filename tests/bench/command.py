"""The bench as a command: the marks as a table, or as one JSON object on the last line."""

from __future__ import annotations

from pathlib import Path

import click

from shared.command_line import answer, fail, json_option, progress
from shared.event_log.port import EventLogError
from tests.bench.measure import BenchError
from tests.bench.run import run_bench, table


@click.command()
@click.option("--kafka", metavar="HOST:PORT", help="Measure on this Kafka broker too, in topics of its own.")
@click.option(
    "--sizes",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Measure the cost of 1,000 to 100,000 companies too, and draw it into FILE (SVG).",
)
@json_option
def bench(kafka: str | None, sizes: Path | None, as_json: bool) -> None:
    """Measure the speed of our parts beside bare peers; about eight minutes, in temporary folders."""
    try:
        result = run_bench(kafka, show=progress(), picture=sizes)
    except (BenchError, EventLogError, ValueError, OSError) as error:
        fail(str(error))
    answer(result, as_json, table(result))
