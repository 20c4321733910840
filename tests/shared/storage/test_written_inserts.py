"""Inserting by a statement that is written out once, on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from shared.storage.engine import Database, open_database
from shared.storage.written_inserts import Insert

metadata = sa.MetaData()
things = sa.Table(
    "things",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("order", sa.Text, nullable=False, unique=True),  # a word of SQL's own
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("note", sa.Text, nullable=True),
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url, metadata)
    yield opened
    opened.close()


def test_rows_are_inserted_as_they_are_given_whatever_the_order_of_their_names(database: Database) -> None:
    insert = Insert(things, "order", "size", "note")
    with database.writing() as connection:
        insert.execute(connection, {"order": "50% – 'å'", "size": 2**40, "note": None})
        insert.execute(connection, {"note": ":name ? %s", "size": 1, "order": "second"})
    with database.reading() as connection:
        rows = connection.execute(sa.select(things).order_by(things.c.number)).all()
    assert [tuple(row) for row in rows] == [
        (1, "50% – 'å'", 2**40, None),
        (2, "second", 1, ":name ? %s"),
    ]


def test_a_row_that_is_there_already_is_refused_as_by_any_statement(database: Database) -> None:
    insert = Insert(things, "order", "size")
    with database.writing() as connection:
        insert.execute(connection, {"order": "one", "size": 1})
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        insert.execute(connection, {"order": "one", "size": 2})


def test_a_column_that_is_missing_is_named(database: Database) -> None:
    with pytest.raises(KeyError, match="size"), database.writing() as connection:
        Insert(things, "order", "size").execute(connection, {"order": "one"})
