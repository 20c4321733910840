"""A house of separate processes that can be killed one by one: services, mail server, event log."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
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
from tests.faults.part import ROOT, Part
from tests.plugins.kafka_broker import KafkaBroker
from tests.plugins.postgres import PostgresServer

STAFF_TOKEN = "staff-token-for-tests"
PREFIX = "faults"
SERVICES = ("profiles", "matching", "notifications")


class WaitedInVainError(Exception):
    """What was waited for did not come about in time."""


def wait_for(what: str, condition: Callable[[], Any], seconds: float, look: float = 0.05) -> Any:
    """Look every `look` seconds until a condition gives something true, and return it; raises WaitedInVainError."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise WaitedInVainError(f"waited {seconds:.0f} s in vain: {what}")
        pause.wait(look)
    return found


def free_ports(count: int) -> list[int]:
    """Find loopback ports that nothing listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


class House:
    """Everything that runs in one fault run. Use it as a context: nothing that it started stays behind."""

    def __init__(
        self,
        folder: Path,
        ports: Sequence[int],
        broker: KafkaBroker | None,
        moods: Sequence[str] = (),
        matching_workers: int = 1,
        postgres: PostgresServer | None = None,
        hurried: bool = False,
    ) -> None:
        self.folder = folder
        self.broker = broker
        self.postgres = postgres
        self._command = "tests.faults.hurried" if hurried else "deploy.command"
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
        self._clock = threading.Event()

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
        """Give a service's database, as this process has it open."""
        assert self.databases is not None
        return self.databases[service]

    def handslag(self, *arguments: str, timeout: float = 120) -> dict[str, Any]:
        """Run a command to its end and give what it prints as JSON, with its exit code as `exit`."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy.command", *arguments, "--json"],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        lines = done.stdout.strip().splitlines()
        said = json.loads(lines[-1]) if lines else {"error": done.stderr.strip()}
        return {**said, "exit": done.returncode}

    def backlog(self) -> dict[str, int] | None:
        """Count what is on its way; None while the event log does not say."""
        assert self.databases is not None
        try:
            return backlog(self.databases, self.log)
        except EventLogError:
            return None

    def settle(self, seconds: float, but: Collection[str] = ()) -> float:
        """Wait until nothing is on its way, and return how long that took; raises WaitedInVainError.

        `but` names stages of `deploy.operations.backlog.backlog` that are not waited for.
        """
        started = time.monotonic()
        last: list[dict[str, int] | None] = []

        def settled() -> bool:
            last.append(self.backlog())
            # Twice: between two stages an event may be on neither count.
            return len(last) > 1 and all(_is_empty(one, but) for one in last[-2:])

        try:
            wait_for("everything settles", settled, seconds, 0.25)
        except WaitedInVainError as error:
            raise WaitedInVainError(f"{error}; left: {last[-1]}") from error
        return time.monotonic() - started

    def breathe(self, seconds: float) -> None:
        """Let everybody go on for a while."""
        self._clock.wait(seconds)

    def mails(self) -> list[Mail]:
        """Read what the mail server took."""
        return [
            Mail(line["message_id"], line["to"][0].partition("+")[0], line["at"], line["mood"] != "silent")
            for line in self.mail_ledger()
            if line["mood"] != "refuse"
        ]

    def mail_ledger(self) -> list[dict[str, Any]]:
        """Read what the mail server wrote down: each mail that it took, and each that it dropped instead."""
        return [json.loads(line) for line in self.ledger.read_text().splitlines()]

    def said(self, most: int = 1500) -> str:
        """Give the last of what each process said."""
        parts = [
            f"--- {part.name}\n{part.output.read_text(errors='replace')[-most:]}"
            for part in self.parts.values()
            if part.output.exists()
        ]
        return "\n".join(parts)

    def _service(self, name: str, port: int = 8080) -> Part:
        kind, service = name.split()[:2]
        env = {**self.env, "HANDSLAG_PORT": str(port)}
        output = self.folder / f"{name.replace(' ', '-')}.output"
        return Part(name, (self._command, kind, service), env, output)


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
    folder: Path, broker: KafkaBroker | None, smtp_port: int, postgres: PostgresServer | None
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
