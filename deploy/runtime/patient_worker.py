"""A gunicorn worker that spends a thread only on a connection whose request has arrived up to the end of its header.

gunicorn's own spends a thread on each connection that has said anything: as many half headers as it has threads
starve everybody. Ours waits for the rest in the poller, where a connection costs a file descriptor.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import _DEFER, ThreadWorker  # type: ignore[attr-defined]  # the stubs lack it

HEADER_SECONDS = 10.0
"""How long a client may take for a header; one that is silent for gunicorn's `keepalive` is closed before."""
READ_SECONDS = 10
"""How long a client may be silent within a request's body; then the request is given up (400)."""
GOODBYE_SECONDS = 1.0
"""How long a client may take to hang up when we have."""
MOST_HEADER_BYTES = 32 * 1024
"""What is more is gunicorn's to refuse."""


class PatientWorker(ThreadWorker):
    """See the module; it may be named as gunicorn's `worker_class`."""

    def handle(self, conn: Any) -> Any:
        """Handle a request whose header is there; send the connection back to the poller otherwise."""
        try:
            wait = _await_header(conn)
        except OSError:
            return False
        kept = super().handle(conn) if wait is None else wait
        if not kept:
            _hang_up(conn.sock, GOODBYE_SECONDS if wait is None else 0.0)
        return kept


def _await_header(conn: Any) -> Any:
    """Return None when the header is there, False when the client took too long, otherwise the sign to wait on."""
    before = conn.parser.unreader.buf.getvalue() if conn.initialized else b""
    conn.sock.setblocking(False)
    try:
        seen = conn.sock.recv(MOST_HEADER_BYTES, socket.MSG_PEEK)
        ended = not seen
    except BlockingIOError:
        seen, ended = b"", False
    if ended or len(before) + len(seen) >= MOST_HEADER_BYTES or b"\r\n\r\n" in before + seen:
        if hasattr(conn, "header_until"):
            _wake_at(conn, 1)
            del conn.header_until
        if not conn.initialized:
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", READ_SECONDS, 0))
        conn.data_ready = True
        return None
    if _hung_up(conn.sock):  # the poller would wake at once, again and again
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
