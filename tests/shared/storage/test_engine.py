"""A service's database: whole transactions, many writers, nothing of what was erased."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from shared.storage.engine import Database, open_database

metadata = sa.MetaData()
counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url, metadata)
    with opened.writing() as connection:
        connection.execute(sa.insert(counters).values(name="a", number=0))
    yield opened
    opened.close()


def number(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(sa.select(counters.c.number)).scalar_one())


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail_in_the_middle() -> None:
        with database.writing() as connection:
            connection.execute(sa.update(counters).values(number=7))
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail_in_the_middle()
    assert number(database) == 0


def test_writers_wait_for_each_other_and_lose_nothing(database_url: str, database: Database) -> None:
    others = [open_database(database_url, metadata) for _ in range(3)]

    def count(mine: Database) -> None:
        for _ in range(25):
            with mine.writing() as connection:
                now = connection.execute(sa.select(counters.c.number).with_for_update()).scalar_one()
                connection.execute(sa.update(counters).values(number=now + 1))

    threads = [threading.Thread(target=count, args=(mine,)) for mine in (database, database, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert number(database) == 125


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.reading() as reader:
        before = reader.execute(sa.select(counters.c.number)).scalar_one()
        with database.writing() as writer:
            writer.execute(sa.update(counters).values(number=1))
        assert reader.execute(sa.select(counters.c.number)).scalar_one() == before
    assert number(database) == 1


def test_a_writer_that_finds_the_file_locked_says_so_and_can_try_again(tmp_path: Path) -> None:
    file = tmp_path / "one.sqlite"
    database = open_database(f"sqlite:///{file}", metadata)
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sa.exc.OperationalError, match="locked"), database.writing():
            pass
        other.execute("ROLLBACK")
    with database.writing() as connection:
        connection.execute(sa.insert(counters).values(name="a", number=1))
    assert number(database) == 1
    database.close()
    other.close()


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="must be a file"):
        open_database("sqlite://", metadata)
