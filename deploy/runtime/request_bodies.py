"""Bodies as they come off the wire: how long one may take, and what the app is told of one that cannot be read.

gunicorn reads a body where the app asks for it, in the thread that answers. A client that drips would hold that thread
as long as it likes, so a body has an end of time, and only some threads may wait for bodies at once. What gunicorn says
of a broken body holds the visitor's bytes; the app gets an HTTP error that holds none.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, HTTPException, RequestTimeout

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

QUICK_SECONDS = 1.0
"""How long in all a body may be waited for without one of the places for those that are slow."""
TOO_SLOW = "The body came too slowly; send it again, over a faster connection."
BROKEN = "The body is broken: its chunks cannot be told apart."
CUT_OFF = "The body ended before its end; send it again."


class BodyTooSlowError(TimeoutError):
    """A body that was not there in time; the connection cannot be used any more."""


class BodySocket:
    """A connection that is read until a moment and no longer.

    `until` is told by `time.monotonic`, `silent` is how many seconds may pass between two pieces. A body that is not
    there soon needs one of `places` while it is waited for; where none is free, it is not.
    """

    def __init__(self, sock: socket.socket, until: float, silent: float, places: threading.Semaphore) -> None:
        self._sock = sock
        self._until = until
        self._silent = silent
        self._places = places
        self._quick = QUICK_SECONDS

    def recv(self, size: int) -> bytes:
        """Return the next bytes, empty at the end; raises BodyTooSlowError when they do not come in time."""
        while True:
            left = self._until - time.monotonic()
            if left <= 0:
                raise BodyTooSlowError
            try:
                return self._sock.recv(size, socket.MSG_DONTWAIT)
            except BlockingIOError:
                self._wait(min(left, self._silent, self._sock.gettimeout() or left))

    def _wait(self, seconds: float) -> None:
        begun = time.monotonic()
        if self._quick > 0 and self._comes_within(min(seconds, self._quick)):
            self._quick -= time.monotonic() - begun
            return
        self._quick = 0.0
        if not self._places.acquire(blocking=False):
            raise BodyTooSlowError
        try:
            if not self._comes_within(seconds - (time.monotonic() - begun)):
                raise BodyTooSlowError
        finally:
            self._places.release()

    def _comes_within(self, seconds: float) -> bool:
        poller = select.poll()
        poller.register(self._sock, select.POLLIN)
        return bool(poller.poll(max(0.0, 1000 * seconds)))

    def __getattr__(self, name: str) -> Any:
        """Be the connection in all else."""
        return getattr(self._sock, name)


class ReadableBodies:
    """Hands an application bodies whose reading raises HTTP errors: 400 for broken ones, 408 for slow ones."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer by the application; where it leaves such an error to us, by the error."""
        length = environ.get("CONTENT_LENGTH") or "0"
        whole = int(length) if length.isdecimal() else 0
        environ["wsgi.input"] = _Body(environ["wsgi.input"], whole)
        try:
            return self._app(environ, start_response)
        except HTTPException as error:
            return error(environ, start_response)


class _Body:
    """What PEP 3333 asks of `wsgi.input`."""

    def __init__(self, inner: Any, length: int) -> None:
        self._inner = inner
        self._left = length

    def read(self, size: int = -1) -> bytes:
        return self._count(self._told(self._inner.read, size), wanted=size != 0)

    def readline(self, size: int = -1) -> bytes:
        return self._count(self._told(self._inner.readline, size), wanted=size != 0)

    def readlines(self, hint: int = -1) -> list[bytes]:
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _count(self, data: bytes, wanted: bool) -> bytes:
        """Return what was read; raises BadRequest when it ends before the length that was announced."""
        self._left -= len(data)
        if wanted and not data and self._left > 0:
            raise BadRequest(CUT_OFF)
        return data

    @staticmethod
    def _told(read: Callable[[int], bytes], size: int) -> bytes:
        try:
            return read(size)
        except BodyTooSlowError:
            raise RequestTimeout(TOO_SLOW) from None
        except ParseException:
            raise BadRequest(BROKEN) from None
        except OSError:  # gunicorn's own for an early end is one
            raise BadRequest(CUT_OFF) from None
