"""Broken and slow requests on a real socket: an answer, a line in the log, and nothing of what was sent in either."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.runtime.web import THREADS
from tests.free_ports import free_port

ROOT = Path(__file__).resolve().parents[3]
SERVER = """
import sys
from pathlib import Path
import deploy.runtime.patient_worker
import deploy.runtime.request_bodies
from deploy.runtime.web import serve_web
from shared.settings.registry import for_tests
from shared.telemetry import logs

deploy.runtime.patient_worker.BODY_SECONDS = float(sys.argv[3])
deploy.runtime.patient_worker.READ_SECONDS = 200.0
deploy.runtime.patient_worker.SEND_SECONDS = 1
deploy.runtime.request_bodies.QUICK_SECONDS = 0.2
logs.configure("text", "info", "profiles", "web")
serve_web("profiles", for_tests(Path(sys.argv[1]), port=int(sys.argv[2])), 1)
"""
CANARY = b"Canary7"
CHUNKED = b"Transfer-Encoding: chunked"
JSON = b"Content-Type: application/json"
FORM = b"Content-Type: application/x-www-form-urlencoded"
PARTS = b"Content-Type: multipart/form-data; boundary=Canary7"
API, PAGE = b"/api/v1/companies", b"/sign-in"


@dataclass(frozen=True)
class Server:
    port: int
    output: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=200)

    def ask(self, sent: bytes) -> tuple[int, bytes]:
        """Send all that a client has to say, and return the status and the whole answer."""
        with closing(self.connect()) as one:
            one.sendall(sent)
            one.shutdown(socket.SHUT_WR)
            return read_answer(one)

    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    got = b""
    while more := connection.recv(65536):
        got += more
    return int(got.split(b" ", 2)[1]), got


def running(folder: Path, body_seconds: float) -> Iterator[Server]:
    server = Server(free_port(), folder / "output")
    with server.output.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(folder), str(server.port), str(body_seconds)],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 200
        while True:
            try:
                server.connect().close()
                break
            except OSError:
                assert process.poll() is None, server.output.read_text()
                assert time.monotonic() < deadline, "the server does not listen"
                time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait(200)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from running(tmp_path_factory.mktemp("server"), 200.0)


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits half a second for a body."""
    yield from running(tmp_path_factory.mktemp("hurried"), 0.5)


def request(path: bytes, *headers: bytes, body: bytes = b"", method: bytes = b"POST") -> bytes:
    own = [b"Host: localhost", b"Connection: close", *headers]
    if not any(header.startswith((b"Transfer", b"Content-Length")) for header in headers):
        own.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([method + b" " + path + b" HTTP/1.1", *own, b"", body])


BROKEN = {
    "a chunk's size that is none": request(API, JSON, CHUNKED, body=b"Canary7\r\n{}\r\n0\r\n\r\n"),
    "8 kB of a chunk's size": request(API, JSON, CHUNKED, body=b"Canary7" * 1170 + b"\r\n"),
    "a chunk without its end": request(API, JSON, CHUNKED, body=b"2\r\n{}Canary7\r\n0\r\n\r\n"),
    "a chunk's extension that is none": request(API, JSON, CHUNKED, body=b'2;Canary7="\r\n{}\r\n0\r\n\r\n'),
    "a trailer that is none": request(API, JSON, CHUNKED, body=b"2\r\n{}\r\n0\r\nCanary7\r\n\r\n"),
    "chunks that end early": request(API, JSON, CHUNKED, body=b'FF\r\n{"name": "Canary7'),
    "chunks without the last": request(API, JSON, CHUNKED, body=b"2\r\n{}\r\n"),
    "a body that ends early": request(API, JSON, b"Content-Length: 99", body=b'{"name": "Canary7"}'),
    "a form that ends early": request(PAGE, FORM, b"Content-Length: 99", body=b"token=Canary7"),
    "a form's chunk that is none": request(PAGE, FORM, CHUNKED, body=b"Canary7\r\nx\r\n0\r\n\r\n"),
    "JSON in Latin-1": request(API, JSON, body='{"name": "Canary7é"}'.encode("latin-1")),
    "JSON in UTF-16": request(API, JSON, body='{"name": "Canary7"}'.encode("utf-16")),
    "JSON with half a character": request(API, JSON, body=b'{"name": "Canary7\\ud800"}'),
    "no JSON": request(API, JSON, body=b'{"name": Canary7}'),
    "a form in Latin-1": request(PAGE, FORM, body="token=Canary7é".encode("latin-1")),
    "a form that hides Latin-1": request(PAGE, FORM, body=b"token=Canary7%E9"),
    "a form of many fields": request(PAGE, FORM, body=b"Canary7=1&" * 1_001),
    "parts without a boundary": request(PAGE, b"Content-Type: multipart/form-data", body=b"Canary7"),
    "parts with a foreign boundary": request(PAGE, PARTS, body=b"--Other\r\nCanary7"),
    "a boundary that is no ASCII": request(PAGE, PARTS + b"\xe9", body=b"--Canary7\r\n\r\n"),
    "a part without a name": request(PAGE, PARTS, body=b"--Canary7\r\n\r\nCanary7\r\n--Canary7--\r\n"),
    "parts that end early": request(
        PAGE, PARTS, body=b'--Canary7\r\nContent-Disposition: form-data; name="token"\r\n\r\nCanary7'
    ),
    "a part in Latin-1": request(
        PAGE,
        PARTS,
        body=b'--Canary7\r\nContent-Disposition: form-data; name="token"\r\n\r\nCanary7\xe9\r\n--Canary7--\r\n',
    ),
    "an address in Latin-1": request(API + b"/Canary7%E9", method=b"GET"),
    "a query in Latin-1": request(API + b"?name=Canary7%E9", method=b"GET"),
    "a page's query in Latin-1": request(PAGE + b"?next=/Canary7%E9", method=b"GET"),
    "a method that is none": request(API, method=b"(Canary7)"),
    "a version that is none": b"GET / Canary7\r\nHost: localhost\r\n\r\n",
    "a header that is none": request(API, b"Canary7"),
    "a header's name that is none": request(API, b"Canary7(: 1"),
    "a folded header": request(API, b"X-One: 1\r\n Canary7"),
    "two lengths": request(API, JSON, b"Content-Length: 2", b"Content-Length: 3", body=b"{} Canary7"),
    "a length that is none": request(API, JSON, b"Content-Length: Canary7", body=b"{}"),
    "a length and chunks": request(
        API, JSON, CHUNKED, b"Content-Length: 2", body=b"2\r\n{}\r\n0\r\n\r\nCanary7"
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_answered_and_leaves_one_line_without_what_was_sent(
    server: Server, name: str
) -> None:
    before = len(server.lines())
    status, answer = server.ask(BROKEN[name])
    assert status == 400, answer
    assert answer.count(b"HTTP/1.1 ") == 1
    lines = server.lines()[before:]
    assert len(lines) == 1, lines
    assert CANARY.decode() not in lines[0]
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" /api/" in BROKEN[name].partition(b"\r\n")[0] or b"text/html" not in head:
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == 400
    if b"instance" not in body:
        assert CANARY not in body


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"Canary7" * 1_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (request(API, b"X-One: " + b"Canary7" * 2_000), 431),
        (request(API, b"Transfer-Encoding: Canary7"), 501),
        (request(API, b"Expect: Canary7"), 417),
    ],
)
def test_what_is_no_request_gets_the_status_that_says_why(server: Server, sent: bytes, status: int) -> None:
    before = len(server.lines())
    found, answer = server.ask(sent)
    assert found == status
    assert CANARY not in answer
    assert len(server.lines()) == before + 1
    assert CANARY.decode() not in server.lines()[-1]


def test_a_broken_body_that_nobody_reads_gets_one_answer(server: Server) -> None:
    before = len(server.lines())
    sent = request(
        API + b"/C1", JSON, CHUNKED, b"Authorization: Bearer wrong", method=b"GET", body=b"Canary7\r\n"
    )
    status, answer = server.ask(sent.replace(b"Connection: close\r\n", b""))
    assert status == 401
    assert answer.count(b"HTTP/1.1 ") == 1
    assert CANARY.decode() not in "".join(server.lines()[before:])


SLOW = request(API, JSON, b"Content-Length: 900", body=b"{")


class Dripping:
    """Connections that each send a byte of a body now and then, for as long as they are let."""

    def __init__(self, server: Server, count: int, sent: bytes) -> None:
        self.connections = [server.connect() for _ in range(count)]
        self._end = threading.Event()
        for one in self.connections:
            one.sendall(sent)
        self._thread = threading.Thread(target=self._drip)
        self._thread.start()

    def _drip(self) -> None:
        while not self._end.wait(0.05):
            for one in self.connections:
                try:
                    one.send(b" ")
                except OSError:
                    continue

    def close(self) -> None:
        self._end.set()
        self._thread.join()
        for one in self.connections:
            one.close()


def test_a_body_that_drips_has_an_end_of_time(hurried: Server) -> None:
    with closing(Dripping(hurried, 1, SLOW)) as dripping:
        status, answer = read_answer(dripping.connections[0])
    assert status == 408
    assert b"application/problem+json" in answer


def test_chunks_that_drip_have_an_end_of_time(hurried: Server) -> None:
    with closing(Dripping(hurried, 1, request(API, JSON, CHUNKED, body=b"FFF\r\n"))) as dripping:
        assert read_answer(dripping.connections[0])[0] == 408


def test_a_body_that_nobody_reads_may_not_drip_for_ever(hurried: Server) -> None:
    sent = SLOW.replace(b"Connection: close\r\n", b"").replace(b"POST", b"PUT")
    with closing(Dripping(hurried, 1, sent)) as dripping:
        assert read_answer(dripping.connections[0])[0] == 405


def test_more_dripping_bodies_than_threads_keep_nobody_waiting(server: Server) -> None:
    """The server would wait for them for longer than the test does."""
    with closing(Dripping(server, 2 * THREADS, SLOW)):
        for _ in range(3):
            assert server.ask(request(b"/healthz", method=b"GET"))[0] == 200
            body = b'{"name": "Norrsken"}'
            assert server.ask(request(API, JSON, body=body))[0] == 422


def test_answers_that_nobody_takes_keep_nobody_waiting(server: Server) -> None:
    """As many clients as there are threads each ask for far more than fits on the way, and read nothing."""
    asked = request(b"/static/swagger/swagger-ui-bundle.js", method=b"GET")
    with ExitStack() as stack:
        for _ in range(THREADS):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", server.port))
            one.sendall(asked.replace(b"Connection: close\r\n", b"") * 12)
            select.select([one], [], [], 60)
        for _ in range(20):
            assert server.ask(request(b"/healthz", method=b"GET"))[0] == 200
