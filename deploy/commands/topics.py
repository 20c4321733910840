"""`handslag topics`: looking after the event log's topics."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from shared.command_line import answer, fail, json_option, own_settings

if TYPE_CHECKING:
    from shared.event_log.port import TopicState

PARTITIONS = 3


@click.group()
def topics() -> None:
    """Look after the event log's topics."""


@topics.command(name="apply")
@click.option(
    "--partitions",
    default=PARTITIONS,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Partitions of a new topic.",
)
@click.option(
    "--replication",
    type=click.IntRange(1, 10),
    help="Copies of a new topic on Kafka; by default as many as the cluster says.",
)
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 when something is to be changed.")
@json_option
def topics_apply(partitions: int, replication: int | None, check: bool, as_json: bool) -> None:
    """Create the topics that are missing, and mend those that are not compacted or kept as they must be.

    Partitions of a topic that is there stay as many as they are.
    """
    from shared.event_log import event_log_of
    from shared.event_log.port import EventLogError
    from shared.events.catalogue import TOPICS

    settings = own_settings()
    try:
        with event_log_of(settings) as event_log:
            states = event_log.settle_topics(list(TOPICS), partitions, replication, change=not check)
    except EventLogError as error:
        fail(str(error))
    well = all(state.outcome in ("created", "changed", "kept") for state in states)
    created = [state.topic for state in states if state.outcome == "created"]
    rows = [dataclasses.asdict(state) for state in states]
    answer({"created": created, "well": well, "topics": rows}, as_json, _table(states))
    sys.exit(0 if well else 1)


def _table(states: Sequence[TopicState]) -> str:
    wide = max(len(state.topic) for state in states)
    lines = []
    for state in states:
        lines.append(f"{state.topic:<{wide}}  {state.outcome:<8}  {state.partitions} partitions")
        lines += [f"{'':<{wide}}  {text}" for text in (*state.differences, *state.notes)]
    return "\n".join(lines)
