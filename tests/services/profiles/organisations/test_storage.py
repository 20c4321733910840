"""A state directory that is full or read-only: a clear answer, nothing lost, nothing half kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SETTING_UP = """
import json, os, resource, sys
from pathlib import Path
from services.profiles.web import create_app
from shared.settings.registry import for_tests

state = Path(sys.argv[1])

def post(client, number):
    body = {"id": f"C{number}", "name": "Norrsken", "description": "Wound care. " * 200}
    answer = client.post("/api/v1/companies", json=body, headers={"Authorization": "Bearer staff-token-for-tests"})
    return answer.status_code, answer.mimetype, answer.json

def kept(app):
    database = app.extensions["handslag-database"]
    with database.reading() as connection:
        companies = connection.exec_driver_sql("SELECT id FROM companies").scalars().all()
        events = connection.exec_driver_sql("SELECT aggregateid FROM outbox").scalars().all()
    return sorted(companies), sorted(events)
"""

FULL = """
client = (app := create_app(for_tests(state))).test_client()
before = [post(client, number) for number in range(3)]
largest = max(path.stat().st_size for path in state.iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
during = [post(client, number) for number in range(3, 6)]
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
after = [post(client, number) for number in range(6, 9)]
print(json.dumps([before, during, after, kept(app)]))
"""

READ_ONLY = """
import ctypes
client = (app := create_app(for_tests(state))).test_client()
before = [post(client, 0)]
app.extensions["handslag-database"].close()
# Without its capabilities even root is held to the files' modes.
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)())
for path in (*state.iterdir(), state):
    path.chmod(0o555 if path.is_dir() else 0o444)
try:
    during = [post(client, 1)]
    reading = client.get("/api/v1/companies/C0", headers={"Authorization": "Bearer staff-token-for-tests"}).status_code
    try:
        create_app(for_tests(state))
        starting = "it started"
    except OSError as error:
        starting = f"{type(error).__name__}: {error}"
finally:
    state.chmod(0o755)
    for path in state.iterdir():
        path.chmod(0o644)
after = [post(client, 2)]
print(json.dumps([before, during, reading, starting, after, kept(app)]))
"""


def run(script: str, state: Path) -> list[Any]:
    state.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SETTING_UP + script, str(state)],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=Path(__file__).parents[4],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_a_full_state_directory_refuses_with_503_and_keeps_all_that_was_acknowledged(tmp_path: Path) -> None:
    before, during, after, kept = run(FULL, tmp_path / "state")
    assert [answer[0] for answer in before] == [201, 201, 201]
    assert [answer[:2] for answer in during] == [[503, "application/problem+json"]] * 3
    assert "Nothing was saved" in during[0][2]["detail"]
    assert [answer[0] for answer in after] == [201, 201, 201]
    acknowledged = ["C0", "C1", "C2", "C6", "C7", "C8"]
    assert kept == [acknowledged, acknowledged]


def test_a_read_only_state_directory_refuses_clearly_and_loses_nothing(tmp_path: Path) -> None:
    before, during, _reading, starting, after, kept = run(READ_ONLY, tmp_path / "state")
    assert (before[0][0], after[0][0]) == (201, 201)
    assert during[0][:2] == [503, "application/problem+json"]
    assert "Permission denied" in starting
    assert kept == [["C0", "C2"], ["C0", "C2"]]
