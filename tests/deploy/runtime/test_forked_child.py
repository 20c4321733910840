"""A forked child is looked after as one that was started anew is; what can be imported is imported before."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.runtime.forked_child import ForkedChild, import_all


def forked(code: int | None) -> ForkedChild:
    """Fork a child that ends with a code at once, or waits for a signal."""
    pid = os.fork()
    if pid == 0:
        if code is None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pause()
        os._exit(code or 0)
    return ForkedChild(pid)


def test_its_exit_code_is_told() -> None:
    child = forked(3)
    assert child.wait() == 3
    assert child.poll() == child.returncode == 3
    child.terminate()  # it has ended: no other process of that number gets a signal


def test_it_goes_on_until_it_is_asked_to_end() -> None:
    child = forked(None)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.05)
    assert child.poll() is None
    child.terminate()
    assert child.wait() == -signal.SIGTERM


FORKS = """
import os
from deploy.runtime.forked_child import fork_command
heard, told = os.pipe()
os.set_inheritable(told, True)
child = fork_command(["settings"], {"PATH": "", "HANDSLAG_PORT": "none"}, [])
os.close(told)
assert os.read(heard, 1) == b""  # ends when nobody has the other end
print("ended with", child.wait())
"""


def test_the_command_runs_in_its_own_environment_with_its_own_exit_code() -> None:
    env = {**os.environ, "HANDSLAG_HOST": "not.of.the.child"}
    done = subprocess.run([sys.executable, "-c", FORKS], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "ended with 1"
    assert "wrong: HANDSLAG_PORT" in done.stdout
    assert "not.of.the.child" not in done.stdout


HOLDS = """
import os, signal, sys
from deploy.runtime import forked_child
def look(*_):
    print([one for one in range(100) if os.path.exists(f"/proc/self/fd/{one}")])
    print(open("/proc/self/comm").read().strip())
    print(os.getsid(0) == os.getpid(), signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True)
    sys.exit(0)
import deploy.command
deploy.command.main = look
signal.signal(signal.SIGTERM, lambda *_: None)
opened = [os.dup(0) for _ in range(6)]
code = forked_child.fork_command(["web", "all"], dict(os.environ), [opened[3], opened[1]]).wait()
print([0, 1, 2, opened[1], opened[3]], code)
"""


def test_a_child_keeps_of_open_files_and_signal_handlers_nothing_but_what_it_is_handed() -> None:
    done = subprocess.run([sys.executable, "-c", HOLDS], capture_output=True, text=True, check=True)
    held, name, alone, handed = done.stdout.splitlines()
    assert f"{held} 0" == handed
    assert name == "handslag web"
    assert alone == "True True"


BREAKS = """
import os
from deploy.runtime import forked_child
import deploy.command
def broken(arguments):
    raise ValueError("an error of the child's")
deploy.command.main = broken
try:
    code = forked_child.fork_command(["web"], dict(os.environ), []).wait()
except ValueError:
    print("the caller took it for its own", flush=True)
    raise
print("ended with", code)
"""


def test_an_error_of_a_child_is_told_and_ends_the_child_alone() -> None:
    done = subprocess.run([sys.executable, "-c", BREAKS], capture_output=True, text=True, check=True)
    assert done.stdout == "ended with 1\n"
    assert done.stderr.count("ValueError: an error of the child's") == 1


def test_a_module_whose_library_is_not_installed_is_left_to_whoever_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "a_package_to_import"
    (package / "inner").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "needy": "import a_library_that_nobody_has",
        "__main__": "raise AssertionError",
        "inner/__init__": "",
        "inner/sound": "",
    }.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    import_all(importlib.import_module(package.name))
    assert f"{package.name}.inner.sound" in sys.modules
    assert f"{package.name}.needy" not in sys.modules
