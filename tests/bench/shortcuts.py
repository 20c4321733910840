"""Our own shortcuts beside the libraries that they go around, which decide wherever a shortcut is in doubt.

Each shortcut stands in the house for what this shows: one that gains nothing any more is to be taken out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from shared.event_log.port import Record
from shared.events import envelope
from shared.events.compiled_states import compiled_loader
from shared.events.envelope import to_message
from shared.events.states import Company
from shared.events.usual_headers import read_usual
from shared.storage.written_inserts import Insert
from tests.bench.measure import BenchError, Mark, in_turn, timed
from tests.bench.samples import company_events

EVENTS = 1_000
REPETITIONS = 7
LEAST = 1.5
"""Times as fast, below which a shortcut is not worth its lines."""


def measure(folder: Path) -> list[Mark]:
    """Measure in memory. Raises BenchError when a shortcut gives other than what it goes around."""
    messages = [to_message(event) for event in company_events(EVENTS, seed=1)]
    records = [
        Record(one.topic, 0, number, one.key, one.value, one.headers, 0)
        for number, one in enumerate(messages)
    ]
    states = [json.loads(one.value or b"") for one in messages]
    compiled, schema = compiled_loader(envelope.schema_of(Company)), envelope.schema_of(Company)
    return [
        _mark(
            "states, compiled from their schema",
            [partial(compiled, one) for one in states],
            [partial(schema.load, one) for one in states],
            "companies' states as events carry them; peer: the same schema's own load (marshmallow)",
        ),
        _mark(
            "headers as we write them",
            [partial(read_usual, one.headers) for one in records],
            [partial(envelope.read_by_sdk, one) for one in records],
            "the headers of one event each; peer: the CloudEvents SDK",
        ),
        _inserts(),
    ]


def _mark(
    name: str, ours: Sequence[Callable[[], object]], peer: Sequence[Callable[[], object]], note: str
) -> Mark:
    for one, other in zip(ours, peer, strict=True):
        if one() != other():
            raise BenchError(f"{name}: the shortcut gives other than its peer")
    both = in_turn(
        timed(lambda: [one() for one in ours]), timed(lambda: [one() for one in peer]), REPETITIONS
    )
    return Mark(name, both.ratio, LEAST, "readings", f"{both.rates(len(ours))}; {note}")


def _again(work: Callable[[], object]) -> None:
    for _ in range(EVENTS):
        work()


def _inserts() -> Mark:
    """Measure rows into a table of seven columns, which SQLite keeps in memory."""
    table = sa.Table("rows", sa.MetaData(), *(sa.Column(name, sa.Text) for name in "abcdefg"))
    row = dict.fromkeys("abcdefg", "what a column holds")
    engine = sa.create_engine("sqlite://")
    written, statement = Insert(table, *table.c.keys()), sa.insert(table).inline()
    with engine.begin() as connection:
        table.create(connection)
        both = in_turn(
            timed(lambda: _again(partial(written.execute, connection, row))),
            timed(lambda: _again(partial(connection.execute, statement, row))),
            REPETITIONS,
        )
        found = connection.execute(sa.select(sa.func.count(), sa.func.count(sa.distinct(table.c.a)))).one()
    if tuple(found) != (2 * EVENTS * (REPETITIONS + 1), 1):
        raise BenchError("not every row was inserted as it was given")
    note = f"{both.rates(EVENTS)}; rows of {len(row)} columns, SQLite in memory; peer: sqlalchemy.insert"
    return Mark("inserts that are written out once", both.ratio, LEAST, "rows", note)
