"""A database's tables are brought up step by step, once, and keep their rows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from shared.storage.engine import open_database
from shared.storage.migrations import newest, reached
from shared.storage.migrations.__main__ import write_step
from shared.storage.newer_database import NewerDatabaseError

pytestmark = pytest.mark.usefixtures("by_their_steps")
FIRST = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.create_table("things", sa.Column("id", sa.Text, primary_key=True), if_not_exists=True)
"""
SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
OLDEST_CODE = "0001"
def upgrade():
    op.add_column("things", sa.Column("colour", sa.Text, nullable=False, server_default="grey"))
"""


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/service.sqlite"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def metadata(tmp_path: Path) -> sa.MetaData:
    folder = tmp_path / "100% steps: all"
    folder.mkdir()
    (folder / "r0001_things.py").write_text(FIRST)
    made = sa.MetaData(info={"migrations": folder})
    sa.Table("things", made, sa.Column("id", sa.Text, primary_key=True))
    return made


@pytest.fixture
def second(metadata: sa.MetaData) -> Callable[[], None]:
    """Writes the second step."""
    step: Path = metadata.info["migrations"] / "r0002_colours.py"

    def write() -> None:
        step.write_text(SECOND)

    return write


def add_a_thing(url: str, metadata: sa.MetaData) -> None:
    with closing(open_database(url, metadata)) as database, database.writing() as connection:
        connection.execute(sa.text("INSERT INTO things (id) VALUES ('a')"))


def read_things(url: str, metadata: sa.MetaData) -> tuple[str | None, list[tuple[str, ...]]]:
    with closing(open_database(url, metadata)) as database, database.reading() as connection:
        rows = connection.execute(sa.text("SELECT * FROM things"))
        return reached(connection), [tuple(row) for row in rows]


def test_a_step_that_is_new_is_taken_once_and_the_rows_stay(
    database_url: str, metadata: sa.MetaData, second: Callable[[], None]
) -> None:
    add_a_thing(database_url, metadata)
    assert read_things(database_url, metadata) == ("0001", [("a",)])
    second()
    for _ in range(2):
        assert read_things(database_url, metadata) == ("0002", [("a", "grey")])


def test_tables_that_were_made_before_there_were_steps_are_taken_over(
    database_url: str, metadata: sa.MetaData, second: Callable[[], None]
) -> None:
    without_steps = sa.MetaData()
    metadata.tables["things"].to_metadata(without_steps)
    add_a_thing(database_url, without_steps)
    second()
    assert read_things(database_url, metadata) == ("0002", [("a", "grey")])


def test_old_code_that_can_do_without_a_step_works_on_the_newer_database(
    database_url: str, metadata: sa.MetaData, second: Callable[[], None]
) -> None:
    add_a_thing(database_url, metadata)
    second()
    assert read_things(database_url, metadata) == ("0002", [("a", "grey")])
    metadata.info["migrations"].joinpath("r0002_colours.py").unlink()
    assert read_things(database_url, metadata) == ("0002", [("a", "grey")])


def test_code_that_is_too_old_for_a_database_is_told_so_and_changes_nothing(
    database_url: str, metadata: sa.MetaData, second: Callable[[], None]
) -> None:
    add_a_thing(database_url, metadata)
    second()
    step: Path = metadata.info["migrations"] / "r0002_colours.py"
    step.write_text(SECOND.replace('OLDEST_CODE = "0001"', ""))
    third = step.with_name("r0003_nothing.py")
    third.write_text('revision, down_revision, OLDEST_CODE = "0003", "0002", "0001"\ndef upgrade(): pass\n')
    assert read_things(database_url, metadata) == ("0003", [("a", "grey")])
    third.unlink()
    assert read_things(database_url, metadata) == ("0003", [("a", "grey")])
    step.unlink()
    with pytest.raises(
        NewerDatabaseError, match=r"at step 0003, which code before step 0002 cannot use.*up to 0001"
    ):
        open_database(database_url, metadata)
    step.write_text(SECOND)
    assert read_things(database_url, metadata) == ("0003", [("a", "grey")])


def test_a_step_that_fails_leaves_nothing_of_itself(
    database_url: str, metadata: sa.MetaData, second: Callable[[], None]
) -> None:
    add_a_thing(database_url, metadata)
    second()
    step = metadata.info["migrations"] / "r0002_colours.py"
    step.write_text(SECOND + "    raise RuntimeError('in the middle')\n")
    with pytest.raises(RuntimeError, match="in the middle"):
        open_database(database_url, metadata)
    step.unlink()
    assert read_things(database_url, metadata) == ("0001", [("a",)])


@pytest.mark.parametrize("before", ["empty", "old"])
def test_processes_that_start_at_once_bring_a_database_up_once(
    before: str, database_url: str, metadata: sa.MetaData, second: Callable[[], None]
) -> None:
    if before == "old":
        add_a_thing(database_url, metadata)
    second()
    program = (
        "import sys, pathlib, sqlalchemy as sa\n"
        "from shared.storage.engine import open_database\n"
        "sys.stdin.readline()\n"
        "opened = open_database(sys.argv[1], sa.MetaData(info={'migrations': pathlib.Path(sys.argv[2])}))\n"
        "with opened.reading() as connection: connection.execute(sa.text('SELECT colour FROM things'))\n"
    )
    command = [sys.executable, "-c", program, database_url, str(metadata.info["migrations"])]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    assert [process.wait(200) for process in processes] == [0] * 4
    assert read_things(database_url, metadata) == ("0002", [("a", "grey")] if before == "old" else [])


def test_the_next_step_is_written_from_what_the_tables_are(
    metadata: sa.MetaData, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metadata.tables["things"].append_column(sa.Column("size", sa.Integer, nullable=True))
    write_step(metadata, "sizes of things")
    folder = metadata.info["migrations"]
    assert newest(folder) == "0002"
    assert (folder / "r0002_sizes_of_things.py").read_text().startswith('"""Sizes of things."""')
    assert read_things(f"sqlite:///{tmp_path}/service.sqlite", metadata) == ("0002", [])
