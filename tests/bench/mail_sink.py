"""A mail server that takes every mail, keeps none, and remembers when each recipient's was accepted."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class MailSink(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a client needs to hand a mail over; `accepted` has the moments by recipient."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.accepted: dict[str, float] = {}

    @property
    def url(self) -> str:
        """The server as HANDSLAG_SMTP names it."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Session(socketserver.StreamRequestHandler):
    server: MailSink

    def handle(self) -> None:
        """Answer one client until it goes."""
        recipients: list[str] = []
        self._say("220 sink")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"RCPT":
                recipients.append(line.partition(b"<")[2].partition(b">")[0].decode())
            if word == b"DATA":
                self._say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                for recipient in recipients:
                    self.server.accepted.setdefault(recipient, time.monotonic())
                recipients = []
            if word == b"QUIT":
                self._say("221 bye")
                return
            self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """Serve on a free port of this machine until the end of the block."""
    with MailSink() as sink:
        thread = threading.Thread(target=sink.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.shutdown()
            thread.join(5)
