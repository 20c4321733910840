"""The web server with clients that never end what they say; the real gunicorn in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from deploy.runtime.web import THREADS
from tests.free_ports import free_port

ROOT = Path(__file__).resolve().parents[3]
SERVER = """
import sys
from pathlib import Path
import deploy.runtime.patient_worker
from deploy.runtime.web import serve_wsgi
from shared.settings.registry import for_tests

deploy.runtime.patient_worker.HEADER_SECONDS = 10.0
deploy.runtime.patient_worker.READ_SECONDS = 10.0

def application(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

serve_wsgi(lambda: application, "test", for_tests(Path(sys.argv[1]), port=int(sys.argv[2])), 1)
"""
HEAD = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
MANY = 3 * THREADS

Connect = Callable[[], socket.socket]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    number = free_port()
    folder = tmp_path_factory.mktemp("server")
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(folder), str(number)],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 200
        while True:
            try:
                socket.create_connection(("127.0.0.1", number), timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "output").read_text()
                assert time.monotonic() < deadline, "the server does not listen"
                time.sleep(0.05)
        yield number
    finally:
        process.terminate()
        process.wait(200)


@pytest.fixture
def connect(port: int) -> Iterator[Connect]:
    made: list[socket.socket] = []

    def open_one() -> socket.socket:
        made.append(socket.create_connection(("127.0.0.1", port), timeout=200))
        return made[-1]

    yield open_one
    for one in made:
        one.close()


def answer(connection: socket.socket) -> bytes:
    """Read one answer of five bytes' body."""
    got = b""
    while not (b"\r\n\r\n" in got and len(got.partition(b"\r\n\r\n")[2]) >= 5):
        more = connection.recv(4096)
        assert more, got
        got += more
    return got.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("half", [b"", b"P", HEAD], ids=["nothing", "a letter", "half a header"])
def test_more_half_headers_than_threads_starve_nobody(connect: Connect, half: bytes) -> None:
    held = [connect() for _ in range(MANY)]
    for one in held:
        one.sendall(half)
    for _ in range(3):
        with closing(connect()) as other:
            other.settimeout(8)  # less than any half header is waited for
            other.sendall(HEAD + b"\r\nhello")
            assert answer(other) == b"hello"


def test_a_header_in_pieces_is_put_together(connect: Connect) -> None:
    one = connect()
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in (HEAD[:1], HEAD[1:30], HEAD[30:], b"\r", b"\nhel", b"lo"):
        one.sendall(piece)
        time.sleep(0.05)
    assert answer(one) == b"hello"


def test_requests_follow_each_other_on_one_connection(connect: Connect) -> None:
    one = connect()
    for text in (b"first", b"other"):
        one.sendall(HEAD + b"\r\n" + text)
        assert answer(one) == text
    one.sendall(HEAD + b"\r\nthird" + HEAD + b"\r\n" + b"forth")  # both at once
    assert answer(one).startswith(b"third")


def test_a_client_that_stays_silent_or_drips_is_closed(connect: Connect) -> None:
    silent, dripping = connect(), connect()
    silent.sendall(HEAD)
    deadline = time.monotonic() + 200
    dripping.settimeout(0.2)
    while True:
        assert time.monotonic() < deadline, "still open"
        try:
            dripping.sendall(b"P")
            if dripping.recv(1) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    with suppress(ConnectionResetError):
        assert silent.recv(1) == b""


def test_half_a_body_gives_its_thread_back(connect: Connect) -> None:
    held = [connect() for _ in range(THREADS)]
    for one in held:
        one.sendall(HEAD + b"\r\nhal")
    other = connect()
    other.sendall(HEAD + b"\r\nhello")
    assert answer(other) == b"hello"


def test_half_a_header_that_is_all_that_comes_is_closed_at_once(connect: Connect) -> None:
    one = connect()
    one.sendall(HEAD)
    one.shutdown(socket.SHUT_WR)
    one.settimeout(8)  # less than a header is waited for
    assert one.recv(1) == b""


def test_clients_that_do_not_hang_up_hold_up_nobody(connect: Connect) -> None:
    held = [connect() for _ in range(MANY)]
    for one in held:
        one.sendall(HEAD + b"Connection: close\r\n\r\nhello")
    other = connect()
    other.settimeout(30)  # a goodbye to each, one after the other, takes longer
    for _ in range(5):
        other.sendall(HEAD + b"\r\nhello")
        assert answer(other) == b"hello"
