"""A real Apache Kafka broker for tests: one a run, in KRaft mode, on a free loopback port.

The jars come by Maven once and stay under `var/kafka-jars`; the fixture `topic_prefix` keeps tests apart. A test that
stops or kills a broker makes its own by `new_broker`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.free_ports import free_ports
from tests.plugins.run_parts import PARTS, part_of_the_run

ROOT = Path(__file__).resolve().parents[2]
POM = ROOT / "tests" / "kafka" / "pom.xml"
JARS = ROOT / "var" / "kafka-jars"
CLASSES = JARS / "classes.jsa"
"""The broker's classes as the first one had read them: with them a start takes half as long. Java looks whether they
fit it and the jars, and goes without where they do not."""
INSTALL = "apt-get install -y default-jre-headless maven"
START_SECONDS = 240
STOP_SECONDS = 60
OF_A_TEST = "test-"
"""What the name of a test's topic begins with."""

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{protocols}
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
num.partitions=3
default.replication.factor=1
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.cleaner.backoff.ms=1000
"""


@dataclass
class KafkaBroker:
    """Where a broker is: its folder, and its address."""

    folder: Path
    server: str

    @property
    def url(self) -> str:
        """The address as `HANDSLAG_EVENT_LOG` takes it."""
        return f"kafka://{self.server}"


class OwnBroker(KafkaBroker):
    """A broker of a test's own, with its own folder; `stop`, `kill` and `start` again keep its data and its port.

    `listeners` are further ones, by name, with their security protocol; `servers` has the address of each.
    `properties` are further lines of its settings, `format_options` go to the tool that formats its folder.
    """

    def __init__(
        self,
        folder: Path,
        listeners: Mapping[str, str] = MappingProxyType({}),
        properties: str = "",
        format_options: Sequence[str] = (),
    ) -> None:
        self.port, controller, *others = free_ports(2 + len(listeners))
        super().__init__(folder, f"127.0.0.1:{self.port}")
        self.servers = {name: f"127.0.0.1:{port}" for name, port in zip(listeners, others, strict=True)}
        self._process: subprocess.Popen[bytes] | None = None
        self._classes = f"-XX:SharedArchiveFile={CLASSES}" if CLASSES.exists() else "-Xshare:auto"
        self._settings = folder / "server.properties"
        addresses = {"PLAINTEXT": self.server, **self.servers}
        lines = _PROPERTIES.format(
            listeners=",".join(f"{name}://{server}" for name, server in addresses.items()),
            protocols="".join(f",{name}:{protocol}" for name, protocol in listeners.items()),
            controller=controller,
            data=folder / "data",
        )
        self._settings.write_text(lines + properties)
        cluster = uuid.uuid4().hex[:22]
        formatting = ("format", "-t", cluster, "-c", str(self._settings), *format_options)
        self._java("kafka.tools.StorageTool", *formatting).wait(START_SECONDS)

    def start(self) -> None:
        """Start the broker and wait until it answers requests; raises RuntimeError with its output."""
        self._process = self._java("kafka.Kafka", str(self._settings))
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                output = (self.folder / "output").read_text(errors="replace")
                raise RuntimeError(f"the Kafka broker did not start:\n{output[-4000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the broker as its operator would; nothing acknowledged is lost."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the broker in the middle of what it does."""
        self._end(signal.SIGKILL)

    def keep_classes(self, file: Path) -> None:
        """Start the broker and stop it, and have a file of the classes that it read."""
        self._classes = f"-XX:ArchiveClassesAtExit={file}"
        self.start()
        self.stop()

    def put_right(self) -> None:
        """Let the broker go on if it stands still, and start it if it is dead."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
        else:
            self.start()

    @property
    def pid(self) -> int:
        """The process id of the running broker."""
        assert self._process is not None, "the broker is not running"
        return self._process.pid

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

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "output").open("ab") as output:
            return subprocess.Popen(
                [
                    "java",
                    "-Xmx512m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    self._classes,
                    "-Xlog:disable",  # what Java says of the classes; its errors are told all the same
                    "-Xlog:all=error",
                    "-cp",
                    f"{JARS}/*",
                    *arguments,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C reaches the tests first, they stop the broker
            )

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.settimeout(1)
            # ApiVersions, version 0, correlation id 1, no client id: answered once the broker is up.
            connection.sendall(bytes([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255]))
            return len(connection.recv(4)) == 4
        return False


def fetch_jars() -> None:
    """Bring the broker's jars by Maven unless they are there; fails the test with what to install."""
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if "java" in missing or (missing and not JARS.exists()):
        pytest.fail(f"the Kafka tests need {' and '.join(missing)}: {INSTALL}", pytrace=False)
    if not JARS.exists():
        _bring_jars()
    if not CLASSES.exists() and os.access(JARS, os.W_OK) and os.access(JARS.parent, os.W_OK):
        _keep_classes()


def _bring_jars() -> None:
    JARS.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix="kafka-jars-", dir=JARS.parent))
    try:
        brought = subprocess.run(
            ["mvn", "-q", "-B", "-f", POM, "dependency:copy-dependencies", f"-DoutputDirectory={partial}"],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if brought.returncode != 0:
            pytest.fail(f"mvn could not bring the Kafka broker:\n{brought.stdout[-2000:]}", pytrace=False)
        with suppress(FileExistsError, OSError):  # another run may have been first
            os.rename(partial, JARS)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _keep_classes() -> None:
    with tempfile.TemporaryDirectory(prefix="kafka-classes-", dir=JARS.parent) as name:
        kept = Path(name) / CLASSES.name
        OwnBroker(Path(name)).keep_classes(kept)
        if kept.exists():
            kept.replace(CLASSES)  # another run may have been first: its are the same


def new_broker(
    folder: Path,
    listeners: Mapping[str, str] = MappingProxyType({}),
    properties: str = "",
    format_options: Sequence[str] = (),
) -> OwnBroker:
    """Make a broker in an empty folder and start it; the caller stops it."""
    fetch_jars()
    broker = OwnBroker(folder, listeners, properties, format_options)
    broker.start()
    return broker


@contextmanager
def _of_the_run(folder: Path) -> Iterator[dict[str, Any]]:
    broker = new_broker(folder)
    try:
        yield {"folder": str(broker.folder), "server": broker.server}
    finally:
        broker.stop()


PARTS["broker"] = _of_the_run


@pytest.fixture(scope="session")
def kafka_broker(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KafkaBroker]:
    """The broker of the run, which no test stops."""
    with part_of_the_run("broker", pytestconfig, tmp_path_factory) as known:
        yield KafkaBroker(Path(known["folder"]), known["server"])


@pytest.fixture
def topic_prefix() -> str:
    """A prefix that no other test uses."""
    return f"{OF_A_TEST}{uuid.uuid4().hex[:12]}"
