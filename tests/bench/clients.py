"""HTTP clients that cost little: one thread, connections kept open, requests written beforehand."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.measure import BenchError
from tests.browser import STAFF_TOKEN


class BadAnswerError(BenchError):
    """A server answered something else than expected; the text is what it said."""


@dataclass
class _Client:
    socket: socket.socket
    sent_at: float = 0.0
    answer: bytearray = field(default_factory=bytearray)


def post_request(port: int, path: str, body: bytes) -> bytes:
    """Write a JSON request of staff's to a port of this machine."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {STAFF_TOKEN}\r\n"
    )
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def send_all(port: int, requests: Sequence[bytes], connections: int, expected: bytes) -> list[float]:
    """Send the requests over so many connections, each one after the other, and return the seconds of each.

    Raises BadAnswerError when the first line of an answer is not `HTTP/1.1 <expected>`, OSError.
    """
    waiting = iter(requests)
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        try:
            for _ in range(connections):
                client = _Client(socket.create_connection(("127.0.0.1", port), timeout=30))
                client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(client.socket, selectors.EVENT_READ, client)
                _next(client, waiting)
            while len(latencies) < len(requests):
                for key, _ in selector.select(30):
                    client = key.data
                    client.answer += client.socket.recv(65536)
                    if _complete(client.answer, expected):
                        latencies.append(time.perf_counter() - client.sent_at)
                        _next(client, waiting)
        finally:
            for key in list(selector.get_map().values()):
                key.data.socket.close()
    return latencies


def _next(client: _Client, waiting: object) -> None:
    request = next(waiting, None)  # type: ignore[call-overload]
    if request is not None:
        client.answer.clear()
        client.sent_at = time.perf_counter()
        client.socket.sendall(request)


def _complete(answer: bytearray, expected: bytes) -> bool:
    if not answer:
        raise BadAnswerError("the server closed the connection")
    head, separator, body = bytes(answer).partition(b"\r\n\r\n")
    if not separator:
        return False
    first, *lines = head.split(b"\r\n")
    if not first.startswith(b"HTTP/1.1 " + expected):
        raise BadAnswerError(bytes(answer[:2000]).decode(errors="replace"))
    lengths = [line.split(b":")[1] for line in lines if line.lower().startswith(b"content-length:")]
    return len(body) >= int(lengths[0])
