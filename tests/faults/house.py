"""A house of separate processes that can be killed one by one: services, mail server, event log."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from deploy.operations.backlog import backlog
from deploy.operations.databases import Databases, open_databases
from shared.event_log import open_event_log
from shared.event_log.port import EventLogError
from shared.events.catalogue import TOPICS
from shared.settings.registry import Settings, read_settings
from shared.storage.engine import Database
from tests.faults import audit
from tests.faults.history import Mail
from tests.faults.part import Part
from tests.faults.waiting import Cut, WaitedInVainError, Waiting
from tests.forker import Forker
from tests.plugins.kafka_broker import OwnBroker
from tests.plugins.postgres import PostgresServer

STAFF_TOKEN = "staff-token-for-tests"
PREFIX = "faults"
SERVICES = ("profiles", "matching", "notifications")


class House:
    """Everything that runs in one fault run. Use it as a context: nothing that it started stays behind.

    With a `forker` its processes are that one's: they start at once, and wait less for mails.
    """

    def __init__(
        self,
        folder: Path,
        ports: Sequence[int],
        broker: OwnBroker | None,
        moods: Sequence[str] = (),
        matching_workers: int = 1,
        postgres: PostgresServer | None = None,
        forker: Forker | None = None,
        cut: Cut | None = None,
    ) -> None:
        self.folder = folder
        self.broker = broker
        self.postgres = postgres
        self.waiting = Waiting(cut or Cut())
        self._forker = forker
        self.profiles_url, self.matching_url = (f"http://127.0.0.1:{port}" for port in ports[:2])
        self.ledger = folder / "mails.jsonl"
        self.ledger.touch()
        (folder / "moods").write_text(" ".join(moods))
        self.env = _environment(folder, broker, ports[2], postgres)
        self.settings: Settings = read_settings(self.env)
        self.workers = [f"work matching {number + 1}" for number in range(matching_workers)]
        # On PostgreSQL a second relay stands by.
        self.relays = [f"work profiles {number + 1}" for number in range(2 if postgres else 1)]
        mail_arguments = ("tests.faults.mail_server", str(ports[2]), str(self.ledger), str(folder / "moods"))
        self.parts = {
            "mail": Part("mail", mail_arguments, self.env, folder / "mail.output"),
            "web profiles": self._service("web profiles", ports[0]),
            "web matching": self._service("web matching", ports[1]),
            **{name: self._service(name) for name in (*self.relays, *self.workers)},
            "work notifications": self._service("work notifications"),
        }
        self.log = open_event_log(self.settings.event_log, PREFIX)
        self.databases: Databases | None = None

    def __enter__(self) -> House:
        """Make databases and topics, watch them, and start everything."""
        try:
            if self.postgres is not None:
                _make_databases(self.postgres)
            self._opening = open_databases(self.settings)
            self.databases = self._opening.__enter__()
            self.log.apply_topics(list(TOPICS))
            audit.watch_profiles(self.database("profiles"))
            audit.watch_matching(self.database("matching"))
            audit.watch_notifications(self.database("notifications"))
            if self.broker is None:
                for topic in TOPICS:
                    audit.watch_topic(self.folder / "events" / f"{PREFIX}.{topic}.sqlite")
            for part in self.parts.values():
                part.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        for part in self.parts.values():
            part.send(signal.SIGCONT)
            part.send(signal.SIGTERM)
        for part in self.parts.values():
            part.stop()
        self.log.close()
        if self.databases is not None:
            self._opening.__exit__(None, None, None)

    def database(self, service: str) -> Database:
        """Return a service's database, as this process has it open."""
        assert self.databases is not None
        return self.databases[service]

    def handslag(self, *arguments: str) -> dict[str, Any]:
        """Run a command to its end and give what it prints as JSON, with its exit code as `exit`."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            command = self._command("command", Path(folder) / "output", self.env, *arguments, "--json")
            command.start()
            try:
                what = f"`{' '.join(arguments)}` ends"
                self.waiting.until(what, lambda: not command.runs(), self.backlog, 0.25)
            finally:
                command.kill()
            lines = command.output.read_text().strip().splitlines()
        assert command.process is not None
        said = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {"error": "\n".join(lines)}
        return {**said, "exit": command.process.poll()}

    def backlog(self) -> dict[str, int] | None:
        """Count what is on its way; None while the event log does not say."""
        assert self.databases is not None
        try:
            return backlog(self.databases, self.log)
        except EventLogError:
            return None

    def settle(self, but: Collection[str] = ()) -> float:
        """Wait until nothing is on its way, and return how long that took; raises WaitedInVainError.

        It goes on for as long as ever less is on its way. `but` names stages of
        `deploy.operations.backlog.backlog` that are not waited for.
        """
        started = time.monotonic()
        last: list[dict[str, int] | None] = []
        least: list[int] = []

        def settled() -> bool:
            last.append(self.backlog())
            if last[-1] is not None:
                least[:] = [min([*least, sum(last[-1].values())])]
            # Twice: between two stages an event may be on neither count.
            return len(last) > 1 and all(_is_empty(one, but) for one in last[-2:])

        try:
            self.waiting.until("everything settles", settled, lambda: list(least), 0.25)
        except WaitedInVainError as error:
            raise WaitedInVainError(f"{error}; left: {last[-1]}") from error
        return time.monotonic() - started

    def start_again(self, what: str, start: Callable[[], None]) -> None:
        """Start a broker or a database that was killed, as often as its last life's rests are in its way."""

        def started() -> bool:
            try:
                start()
            except RuntimeError:
                return False
            return True

        self.waiting.until(f"{what} starts again", started, look=0.2)

    def mails(self) -> list[Mail]:
        """Read what the mail server took."""
        return [
            Mail(line["message_id"], line["to"][0].partition("+")[0], line["at"], line["mood"] != "silent")
            for line in self.mail_ledger()
            if line["mood"] != "refuse"
        ]

    def mail_ledger(self) -> list[dict[str, Any]]:
        """Read what the mail server wrote down: each mail that it took, and each that it dropped instead."""
        whole, _, _ = self.ledger.read_text().rpartition("\n")  # the last line may be half written
        return [json.loads(line) for line in whole.splitlines()]

    def said(self, most: int = 1500) -> str:
        """Return the last of what each process said."""
        parts = [
            f"--- {part.name}\n{part.output.read_text(errors='replace')[-most:]}"
            for part in self.parts.values()
            if part.output.exists()
        ]
        return "\n".join(parts)

    def _service(self, name: str, port: int = 8080) -> Part:
        output = self.folder / f"{name.replace(' ', '-')}.output"
        return self._command(name, output, {**self.env, "HANDSLAG_PORT": str(port)}, *name.split()[:2])

    def _command(self, name: str, output: Path, env: Mapping[str, str], *arguments: str) -> Part:
        whole = arguments if self._forker else ("deploy.command", *arguments)
        return Part(name, whole, env, output, self._forker)


def _is_empty(backlog: Mapping[str, int] | None, but: Collection[str]) -> bool:
    return backlog is not None and not any(count for stage, count in backlog.items() if stage not in but)


def _make_databases(postgres: PostgresServer) -> None:
    engine = sa.create_engine(postgres.url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for service in SERVICES:
                connection.exec_driver_sql(f"CREATE DATABASE {service}")
    finally:
        engine.dispose()


def _environment(
    folder: Path, broker: OwnBroker | None, smtp_port: int, postgres: PostgresServer | None
) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("HANDSLAG_")}
    given = {
        "STATE_DIR": str(folder),
        "SECRET_KEY": "secret-key-for-tests",
        "STAFF_TOKEN": STAFF_TOKEN,
        "EVENT_LOG": broker.url if broker else f"sqlite:///{folder}/events",
        "TOPIC_PREFIX": PREFIX,
        "SMTP": f"smtp://127.0.0.1:{smtp_port}",
        "TEXT_ENGINE": "concepts",
    }
    if postgres is not None:
        for service in SERVICES:
            url = postgres.url.set(database=service).render_as_string(hide_password=False)
            given[f"{service.upper()}_DATABASE"] = url
    return {**own, **{f"HANDSLAG_{name}": value for name, value in given.items()}}
