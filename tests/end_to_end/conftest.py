"""The whole house as separate processes, a browser to look at it, a mail server to write to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.forker import ROOT, Forked, the_forker

SAMPLE = ROOT / "deploy" / "sample"
STAFF_TOKEN = "staff-token-for-tests"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def environment(state: Path, **settings: str) -> dict[str, str]:
    """The settings of a test's processes; nothing of the machine's own settings comes through."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HANDSLAG_")}
    given = {
        "STATE_DIR": str(state),
        "SECRET_KEY": "secret-key-for-tests",
        "STAFF_TOKEN": STAFF_TOKEN,
        "TEXT_ENGINE": "concepts",
        **settings,
    }
    return {**own, **{f"HANDSLAG_{name}": value for name, value in given.items()}}


def handslag(*arguments: str, env: dict[str, str], timeout: float = 400) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    with TemporaryDirectory() as folder:
        output, errors = Path(folder) / "output", Path(folder) / "errors"
        process = Forked(the_forker(), arguments, env, output, errors)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, code, output.read_text(), errors.read_text())


def last_json(output: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return found


class Process:
    """A command that goes on until it is told to end; what it says is kept in a file."""

    def __init__(self, name: str, arguments: list[str], env: dict[str, str], folder: Path) -> None:
        self.output = folder / f"{name}.output"
        self.process = Forked(the_forker(), arguments, env, self.output)

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def ask(self, number: int = signal.SIGTERM) -> None:
        """Send a signal, if the process goes on still."""
        if self.process.poll() is None:
            self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM, within: float = 120) -> int:
        """Send a signal and give the exit code; fails when it takes longer than `within` seconds."""
        self.ask(number)
        return self.ended(within)

    def ended(self, within: float = 120) -> int:
        """Wait for the end of what was asked to end, and give the exit code."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            pytest.fail(f"did not end within {within} s of the signal:\n{self.said()[-3000:]}")


def wait_for(what: str, condition: Callable[[], Any], seconds: float = 200) -> Any:
    """Wait until a condition gives something true, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.05)


class Site:
    """A site at an address, spoken to as staff."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Return the status and the body, read as JSON where it is JSON."""
        data = None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(
            self.url + path,
            data=data,
            method=method,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {STAFF_TOKEN}", **named},
        )
        try:
            with urllib.request.urlopen(asked, timeout=120) as answer:
                return answer.status, _read(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _read(error)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return 0, None

    def get(self, path: str) -> Any:
        return self.call("GET", path)[1]

    def answers(self) -> bool:
        return self.call("GET", "/sign-in")[0] == 200


def _read(answer: Any) -> Any:
    text = answer.read().decode()
    return json.loads(text) if "json" in (answer.headers.get("Content-Type") or "") else text


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start commands that are ended, by their own pid, when the test is over."""
    started: list[Process] = []

    def begin(name: str, *arguments: str, env: dict[str, str]) -> Process:
        started.append(Process(name, list(arguments), env, tmp_path))
        return started[-1]

    yield begin
    for process in started:
        process.ask()
    for process in started:
        process.ended()


def browser_path() -> str:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("the tests need a Chromium: apt-get install -y chromium")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=120_000)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_ARGUMENTS)
        yield launched
        launched.close()
