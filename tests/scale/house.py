"""The compose file's own commands as local processes, on a real Kafka broker, PostgreSQL server and mail server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.operations.databases import Databases, open_databases
from shared.event_log import event_log_of
from shared.event_log.port import EventLog
from shared.settings.registry import Settings, read_settings
from tests.faults.waiting import wait_for
from tests.forker import Forked, Forker, Process
from tests.free_ports import free_ports
from tests.plugins.kafka_broker import OwnBroker, fetch_jars
from tests.plugins.postgres import USER, PostgresServer, new_server
from tests.scale.compose import (
    COMMAND,
    ROOT,
    Places,
    kafka_properties,
    make_databases,
    ours,
    proxy_command,
    read_compose,
)

STAFF_TOKEN = "staff-token-for-tests"
ANSWER_SECONDS = 180.0
OPERATE_SECONDS = 180.0


class Running:
    """One process in a group of its own; `start` again after `kill`. With a `forker` ours are forked by it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        output: Path,
        forker: Forker | None = None,
    ) -> None:
        self.name = name
        self.env = dict(env)
        self.output = output
        self._command = list(command)
        self._forker = forker if command[0] == str(COMMAND) else None
        self._process: Process | None = None
        self._asked: int | None = None

    def start(self) -> None:
        if self._forker is not None:
            self._process = Forked(self._forker, self._command[1:], self.env, self.output)
            return
        with self.output.open("ab") as file:
            self._process = subprocess.Popen(
                self._command,
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill the process and what it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # the group is ours alone: it has this number
            self._process.wait()

    def ask_to_end(self) -> None:
        """Ask the process to end, as compose does: once, for Python's own end has no ear for a second signal."""
        if self._process is not None and self._process.pid != self._asked:
            self._process.send_signal(signal.SIGTERM)
            self._asked = self._process.pid

    def stop(self, within: float = 15) -> int:
        """Ask the process to end and give its exit code; what is left is killed."""
        if self._process is None:
            return 0
        self.ask_to_end()
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            self.kill()

    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def megabytes(self) -> float:
        """Return the memory that the process and its children hold, in MB; 0 when it is gone."""
        if self._process is None:
            return 0.0
        pids = [self._process.pid]
        try:
            pids += map(int, Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text().split())
            return sum(_resident(pid) for pid in pids)
        except OSError:
            return 0.0

    def said(self) -> str:
        return self.output.read_text(errors="replace") if self.output.exists() else ""


class ComposeHouse:
    """All that runs: `parts` by name, several matching workers numbered; `url` is the proxy's."""

    def __init__(
        self,
        folder: Path,
        broker: OwnBroker,
        server: PostgresServer,
        matching: int,
        forker: Forker | None = None,
    ) -> None:
        self._forker = forker
        self.compose = read_compose()
        self.folder = folder
        self.broker = broker
        self.ledger = folder / "mails.jsonl"
        self.ledger.touch()
        (folder / "moods").touch()
        services = ours(self.compose)
        webs = [name for name in services if name.startswith("web-")]
        smtp, proxy, proxy_health, *ports = free_ports(3 + len(webs) + len(services) + matching)
        self.ports = dict(zip(webs, ports, strict=False))
        self._metrics_ports = ports[len(webs) :]
        self.url, self.proxy_health = f"http://127.0.0.1:{proxy}", f"http://127.0.0.1:{proxy_health}/"
        hosts = {
            "kafka:9092": broker.server,
            "postgres:5432": f"127.0.0.1:{server.port}",
            "mail:1025": f"127.0.0.1:{smtp}",
        }
        self.places = Places(folder, hosts)
        self.places.draw_secrets(staff_token=STAFF_TOKEN)
        make_databases(self.places, server._programs, server.port, USER)
        self.mail = self._running(
            "mail",
            [
                sys.executable,
                "-m",
                "tests.faults.mail_server",
                str(smtp),
                str(self.ledger),
                str(folder / "moods"),
            ],
            dict(os.environ),
        )
        configuration = self.places.proxy_configuration(self.ports, proxy, proxy_health)
        self.proxy = self._running("proxy", proxy_command(configuration), dict(os.environ))
        self.topics = self._service("topics", services["topics"], "topics")
        self._operator = self.places.environment(services["operator"], 0, 0)
        self.workers = [f"work-matching-{number + 1}" for number in range(matching)]
        self.parts: dict[str, Running] = {}
        for name, service in services.items():
            for part in self.workers if name == "work-matching" else [name]:
                if name not in ("topics", "operator"):
                    self.parts[part] = self._service(part, service, name)
        everything = {name: value for part in self.parts.values() for name, value in part.env.items()}
        self.settings: Settings = read_settings(everything)

    def start(self) -> None:
        """Start all in the order that the file asks for, and wait until the web processes answer."""
        self.mail.start()
        self.topics.start()
        wait_for("the topics are made", lambda: not self.topics.lives(), ANSWER_SECONDS)
        for part in (*self.parts.values(), self.proxy):
            part.start()
        for name in self.ports:
            wait_for(f"{name} is healthy", partial(self.healthy, name), ANSWER_SECONDS, 0.2)

    def stop(self) -> dict[str, int]:
        """End all, and give the exit codes of ours."""
        everything = [self.proxy, *self.parts.values(), self.topics, self.mail]
        for part in everything:
            part.ask_to_end()
        return {part.name: part.stop(within=60) for part in everything}

    def healthy(self, name: str) -> bool:
        """Run a part's health check as the file has it, in the part's own environment."""
        part = self.parts[name]
        service = self.compose["services"][name.rstrip("-0123456789")]
        how, *command = service["healthcheck"]["test"]
        assert how == "CMD", "a health check is a command, without a shell"
        command = [
            self.places.moved(word).replace("/state", part.env["HANDSLAG_STATE_DIR"]) for word in command
        ]
        done = subprocess.run(command, env=part.env, cwd=ROOT, capture_output=True, timeout=20, check=False)
        return done.returncode == 0

    def operate(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `handslag` with some words in the operator's environment, `/backups` being a folder of the house."""
        moved = [str(self.places.backups) if word == "/backups" else word for word in words]
        if self._forker is None:
            return subprocess.run(
                [str(COMMAND), *moved],
                env=self._operator,
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=OPERATE_SECONDS,
                check=False,
            )
        with TemporaryDirectory() as folder:
            output, errors = Path(folder) / "output", Path(folder) / "errors"
            process = Forked(self._forker, moved, self._operator, output, errors)
            try:
                code = process.wait(OPERATE_SECONDS)
            finally:
                process.kill()
            return subprocess.CompletedProcess(moved, code, output.read_text(), errors.read_text())

    def said(self, most: int = 2000) -> str:
        """Return the last of what each process said."""
        everything = [self.proxy, *self.parts.values(), self.topics, self.mail]
        return "\n".join(f"--- {part.name}\n{part.said()[-most:]}" for part in everything)

    def _service(self, part: str, service: Mapping[str, Any], name: str) -> Running:
        env = self.places.environment(service, self.ports.get(name, 0), self._metrics_ports.pop())
        return self._running(part, [str(COMMAND), *service["command"]], env)

    def _running(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Running:
        return Running(name, command, env, self.folder / f"{name}.output", self._forker)


@contextmanager
def compose_house(folder: Path, matching: int = 3, forker: Forker | None = None) -> Iterator[ComposeHouse]:
    """Start everything in a folder, and end it on leaving: nothing stays behind.

    Ours are started by the command itself, or forked by a `forker`, which takes less of the processor.
    """
    fetch_jars()
    with ExitStack() as stack:
        (folder / "kafka").mkdir()
        broker = OwnBroker(folder / "kafka")
        with (folder / "kafka" / "server.properties").open("a") as settings:
            settings.write(kafka_properties(read_compose()))
        stack.callback(broker.kill)
        broker.start()
        server = stack.enter_context(new_server())
        house = ComposeHouse(folder, broker, server, matching, forker)
        stack.callback(house.stop)
        house.start()
        yield house


@contextmanager
def watching(house: ComposeHouse) -> Iterator[tuple[Databases, EventLog]]:
    """Open the house's databases and event log for reading."""
    with (
        open_databases(house.settings) as databases,
        event_log_of(house.settings) as log,
    ):
        yield databases, log


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
