"""`POST /api/v1/companies` on the real web process beside the least app under the same server."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.runtime.serve import environment_of
from shared.settings.registry import for_tests
from tests.bench.clients import post_request, send_all
from tests.bench.measure import BenchError, Mark, in_turn
from tests.bench.samples import company_posts
from tests.free_ports import free_port

REQUESTS, CONNECTIONS, WORKERS, REPETITIONS = 1_000, 16, 2, 5
PATH = "/api/v1/companies"
START_SECONDS, STOP_SECONDS = 30.0, 10.0


class ServerError(BenchError):
    """A server that was to be measured did not start; the text says which."""


def measure(folder: Path) -> Mark:
    """Measure in an empty folder, on two free ports; raises ServerError, clients.BadAnswerError."""
    settings = for_tests(folder / "ours", port=free_port())
    (folder / "ours").mkdir()
    least_port = free_port()
    web = ["deploy.command", "web", "profiles", "--workers", str(WORKERS)]
    least = ["tests.bench.least_app", str(folder / "least.sqlite"), str(least_port), str(WORKERS)]
    environment = environment_of(settings)
    bodies = [json.dumps(one, ensure_ascii=False).encode() for one in company_posts(REQUESTS, seed=1)]
    with _served(web, environment, settings.port), _served(least, environment, least_port):
        latencies: dict[int, list[float]] = {settings.port: [], least_port: []}

        def post(port: int) -> float:
            requests = [post_request(port, PATH, body) for body in bodies]
            start = time.perf_counter()
            latencies[port] += send_all(port, requests, CONNECTIONS, b"201")
            return time.perf_counter() - start

        pairs = in_turn(lambda: post(settings.port), lambda: post(least_port), REPETITIONS)
    note = (
        f"{pairs.rates(REQUESTS)}; {CONNECTIONS} connections, {WORKERS} workers; "
        f"ours {_tail(latencies[settings.port])}; peer {_tail(latencies[least_port])}; "
        "ours besides: strict JSON, every text cleaned, outbox event by its schema, SQLAlchemy Core; "
        "peer: least Flask and marshmallow, one committed sqlite3 insert behind the same gate"
    )
    return Mark(f"POST {PATH}", pairs.ratio, 0.6, "requests", note)


def _tail(latencies: Sequence[float]) -> str:
    cuts = statistics.quantiles(latencies, n=100)
    return f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"


@contextmanager
def _served(module: Sequence[str], environment: dict[str, str], port: int) -> Iterator[None]:
    with stopped(
        subprocess.Popen([sys.executable, "-m", *module], env=environment, start_new_session=True)
    ) as process:
        wait_for_port(process, port, module[0])
        yield


@contextmanager
def stopped(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End a process after the block, by force when it does not end by itself."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    """Wait until a process listens; raises ServerError when it ends before or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(f"{name} did not start on port {port}: {error}") from error
        time.sleep(0.05)
