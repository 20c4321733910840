"""docs/operating.md, followed from the top: every command in it does what is written there.

Blocks marked `console` are run in order, in one shell's environment: a line with `$ ` is a command, one with `> `
goes on with it, the others are what it prints, where `…` stands for anything. Only what means another machine is
replaced: folders, ports, servers, and the commands of the system that a test must not use.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from shared.event_log import open_event_log
from shared.event_log.port import Message
from tests.end_to_end.conftest import wait_for
from tests.forker import ROOT
from tests.free_ports import free_port
from tests.plugins.kafka_broker import KafkaBroker

GUIDE = ROOT / "docs" / "operating.md"
BLOCK = re.compile(r"(?:<!-- test: (?P<before>[^>]*) -->\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)
FAILS = "# exits with 1"
SECONDS = 300

SYSTEMCTL = """\
#!/bin/bash
# Starts and stops what the guide's unit says.
pidfile="$GUIDE_FOLDER/pid"
case "${@: -2:1} ${@: -1}" in
"stop handslag")
    pid=$(cat "$pidfile"); kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do /bin/sleep 0.05; done;;
"start handslag" | "--now handslag")
    env -i PATH="$PATH" HOME="$HOME" bash -c 'set -a; . "$0"; set +a; exec "${@}"' "$GUIDE_SETTINGS" $GUIDE_EXEC \\
        >> "$GUIDE_FOLDER/journal" 2>&1 < /dev/null &
    echo $! > "$pidfile";;
*) exit 9;;
esac
"""
SUDO = '#!/bin/bash\nexec "$@"\n'
GIT = '#!/bin/bash\n[ "$3" = pull ] && echo "Already up to date."\n'
SLEEP = "#!/bin/bash\nexec /bin/sleep 0.3\n"  # what is waited for is looked at anew more often
MAKE = '#!/bin/bash\n[ "$3" = setup ]\n'


@dataclass(frozen=True)
class Command:
    """One command of the guide, and what it prints."""

    text: str
    expected: list[str]


def commands_of(block: str) -> Iterator[Command]:
    lines: list[str] = []
    expected: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            if lines:
                yield Command("\n".join(lines), expected)
            lines, expected = [line[2:]], []
        elif line.startswith("> ") and not expected:
            lines.append(line[2:])
        else:
            expected.append(line)
    yield Command("\n".join(lines), expected)


def agrees(printed: str, expected: list[str]) -> bool:
    """Whether the expected lines are all there, in order, however wide their columns are.

    A line `…` stands for any lines, a `…` within a line for any text.
    """
    lines = [" ".join(line.split()) for line in expected]
    pattern = "".join(
        r"(?:.*\n)*" if line == "…" else r"[^\n]*".join(map(re.escape, line.split("…"))) + r"\n"
        for line in lines
    )
    found = "".join(" ".join(line.split()) + "\n" for line in printed.splitlines())
    return re.fullmatch(pattern, found) is not None


class Shell:
    """Runs commands one after the other, each in the environment that the one before left."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._folder = folder
        self._env = env
        self._kept = folder / "environment"
        self._kept.write_text("")

    def run(self, command: Command) -> None:
        script = f". {self._kept}\n{command.text}\ncode=$?\nexport -p > {self._kept}\nexit $code\n"
        done = subprocess.run(
            ["bash", "-c", script],
            env=self._env,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        said = f"$ {command.text}\n{done.stdout}{done.stderr}"
        journal = self._folder / "journal"
        if journal.exists():
            said += f"\njournal:\n{journal.read_text()[-2000:]}"
        assert done.returncode == (1 if FAILS in command.text else 0), said
        assert agrees(done.stdout, command.expected), f"expected:\n{command.expected}\n{said}"


def two_bad_events(state: Path) -> None:
    with open_event_log(f"sqlite:///{state}/events") as log:
        for key in ("bad1", "bad2"):
            log.publisher("test").publish([Message("requests", key, b"no event", ())], 5.0)
    database = sa.create_engine(f"sqlite:///{state}/matching.sqlite")

    def dead() -> bool:
        with database.connect() as connection:
            return bool(connection.exec_driver_sql("SELECT count(*) FROM dead_letters").scalar_one() == 2)

    wait_for("two dead letters", dead)
    database.dispose()


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {
        "systemctl": SYSTEMCTL,
        "sudo": SUDO,
        "git": GIT,
        "make": MAKE,
        "sleep": SLEEP,
    }.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def databases(postgres: sa.URL) -> Iterator[tuple[str, str]]:
    """What stands for the guide's databases' common name, and its server; they are dropped afterwards."""
    name = f"guide_{uuid.uuid4().hex[:12]}"
    server = postgres.set(drivername="postgresql")
    yield name, server.render_as_string(hide_password=False).rpartition("/")[0]
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        for service in ("profiles", "matching", "notifications"):
            connection.execute(f"DROP DATABASE IF EXISTS {name}_{service} WITH (FORCE)".encode())


@pytest.mark.timeout(900)
def test_the_guide_can_be_followed_from_the_top(
    tmp_path: Path,
    programs: Path,
    postgres: sa.URL,
    databases: tuple[str, str],
    kafka_broker: KafkaBroker,
    topic_prefix: str,
) -> None:
    name, server = databases
    replaced = {
        "/etc/handslag": str(tmp_path / "etc"),
        "/var/lib/": f"{tmp_path}/",
        "/var/backups/": f"{tmp_path}/backups/",
        "/tmp/first.json": f"{tmp_path}/first.json",
        "/opt/handslag/.venv/bin/handslag": f"{Path(sys.executable).parent}/handslag",
        "/opt/handslag/.venv/bin": str(Path(sys.executable).parent),
        "/opt/handslag": str(ROOT),
        "8080": str(free_port()),
        "smtp+starttls://USER:PASSWORD@mail.example.org:587": "mailbox:",
        "kafka.example.org:9092": f"{kafka_broker.server}\n> HANDSLAG_TOPIC_PREFIX={topic_prefix}",
        "postgresql://handslag:PASSWORD@db.example.org": server,
        "handslag_": f"{name}_",
    }
    guide = GUIDE.read_text(encoding="utf-8")
    for before, after in replaced.items():
        assert before in guide, before
        guide = guide.replace(before, after)
    (tmp_path / "etc").mkdir()
    (tmp_path / "backups").mkdir()
    started = re.search(r"^ExecStart=(.*)$", guide, re.MULTILINE)
    settings = re.search(r"^EnvironmentFile=(.*)$", guide, re.MULTILINE)
    assert started
    assert settings
    own = {one: value for one, value in os.environ.items() if not one.startswith("HANDSLAG_")}
    env = {
        **own,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "GUIDE_FOLDER": str(tmp_path),
        "GUIDE_EXEC": started[1],
        "GUIDE_SETTINGS": settings[1],
    }
    shell = Shell(tmp_path, env)
    try:
        for block in BLOCK.finditer(guide):
            if block["before"]:
                assert block["before"] == "two bad events"
                two_bad_events(tmp_path / "handslag")
            if block["kind"] == "console":
                for command in commands_of(block["text"]):
                    shell.run(command)
            elif block["kind"] == "sql":
                with psycopg.connect(
                    postgres.set(drivername="postgresql").render_as_string(hide_password=False),
                    autocommit=True,
                ) as connection:
                    for statement in block["text"].strip().split(";\n"):
                        connection.execute(statement.encode())
    finally:
        if (tmp_path / "pid").exists():
            subprocess.run([programs / "systemctl", "stop", "handslag"], env=env, check=False, timeout=30)
