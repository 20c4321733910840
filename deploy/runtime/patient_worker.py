"""A gunicorn worker that spends a thread only on a connection whose request has arrived up to the end of its header.

gunicorn's own spends a thread on each connection that has said anything: as many half headers as it has threads
starve everybody. Ours waits for the rest in the poller, where a connection costs a file descriptor. A body is waited
for in the thread, for a bounded time and by half of the threads at most.
"""

from __future__ import annotations

import json
import logging
import select
import socket
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import _DEFER, ThreadWorker  # type: ignore[attr-defined]  # the stubs lack it

from deploy.runtime.request_bodies import BodySocket
from shared.web.problems import CONTENT_TYPE

HEADER_SECONDS = 10.0
"""How long a client may take for a header; one that is silent for gunicorn's `keepalive` is closed before."""
READ_SECONDS = 10.0
"""How long a client may be silent within a request's body; then the request is given up (408)."""
BODY_SECONDS = 60.0
"""How long a request may take from the end of its header to the end of its body."""
GOODBYE_SECONDS = 1.0
"""How long a client may take to hang up when we have."""
MOST_HEADER_BYTES = 32 * 1024
"""What is more is gunicorn's to refuse."""

STATUS = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}
"""What answers a request that gunicorn cannot read; 400 where nothing stands here."""

log = logging.getLogger(__name__)


SEND_SECONDS = 30
"""How long what is sent may stay unread by a client, before its connection ends."""


class PatientWorker(ThreadWorker):
    """See the module; it may be named as gunicorn's `worker_class`."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._places_for_slow_bodies = threading.Semaphore(max(1, self.cfg.threads // 2))

    def handle(self, conn: Any) -> Any:
        """Handle a request whose header is there; send the connection back to the poller otherwise."""
        try:
            wait = _await_header(conn)
            if wait is None:
                _bound_sending(conn.sock)
                conn.init()
                until = time.monotonic() + BODY_SECONDS
                conn.parser.unreader.sock = BodySocket(
                    conn.sock, until, READ_SECONDS, self._places_for_slow_bodies
                )
        except OSError:
            return False
        kept = super().handle(conn) if wait is None else wait
        if not kept:
            _hang_up(conn.sock, GOODBYE_SECONDS if wait is None else 0.0)
        return kept

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that cannot be read with a problem, and log what is wrong; neither holds what was sent."""
        if not isinstance(exc, errors.ParseException):
            super().handle_error(req, client, addr, exc)
            return
        status = STATUS.get(type(exc), HTTPStatus.BAD_REQUEST)
        log.warning("a request could not be read: %s", type(exc).__name__)
        with suppress(OSError):
            util.write_nonblock(client, _unreadable(status))

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """Say whether another request may follow: not after a body that nobody read and that is broken."""
        try:
            return bool(super()._keepalive_after(conn, keepalive))  # type: ignore[misc]  # the stubs lack it
        except (errors.ParseException, OSError):
            return False  # the request is answered: a second answer would be taken for the next one's


def _unreadable(status: HTTPStatus) -> bytes:
    detail = "The request cannot be read; see RFC 9112 for what it looks like."
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    body = json.dumps(problem).encode()
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        f"Content-Type: {CONTENT_TYPE}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def _bound_sending(sock: socket.socket) -> None:
    """Have the kernel end a connection whose client takes nothing of what is sent to it (RFC 5482, on Linux)."""
    if option := getattr(socket, "TCP_USER_TIMEOUT", None):
        with suppress(OSError):  # a local socket has none
            sock.setsockopt(socket.IPPROTO_TCP, option, SEND_SECONDS * 1000)


def _await_header(conn: Any) -> Any:
    """Return None when the header is there, False when the client took too long, otherwise the sign to wait on."""
    before = conn.parser.unreader.buf.getvalue() if conn.initialized else b""
    conn.sock.setblocking(False)
    hung_up = _hung_up(conn.sock)  # asked first: what came before the end is there then
    try:
        seen = conn.sock.recv(MOST_HEADER_BYTES, socket.MSG_PEEK)
        ended = not seen
    except BlockingIOError:
        seen, ended = b"", False
    if ended or len(before) + len(seen) >= MOST_HEADER_BYTES or b"\r\n\r\n" in before + seen:
        if hasattr(conn, "header_until"):
            _wake_at(conn, 1)
            del conn.header_until
        conn.data_ready = True
        return None
    if hung_up:  # the poller would wake at once, again and again
        return False
    now = time.monotonic()
    if not hasattr(conn, "header_until"):
        conn.header_until = now + HEADER_SECONDS
    if now >= conn.header_until:
        return False
    # Peeked bytes stay readable: the poller is to wake only when there are more of them.
    _wake_at(conn, len(seen) + 1)
    return _DEFER


def _hung_up(sock: socket.socket) -> bool:
    """Say whether the client has ended its side, maybe after bytes that are not read yet."""
    poller = select.poll()
    poller.register(sock, select.POLLRDHUP)
    return bool(poller.poll(0))


def _hang_up(sock: socket.socket, patience: float) -> None:
    """End both sides, and let the client hang up first: gunicorn would wait for it in the thread that serves all."""
    until = time.monotonic() + patience
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        while (left := until - time.monotonic()) > 0:
            sock.settimeout(left)
            if not sock.recv(4096):
                break
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _wake_at(conn: Any, count: int) -> None:
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
