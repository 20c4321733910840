"""A real SMTP server in a process of its own: `python -m tests.faults.mail_server PORT LEDGER MOODS`.

Each mail that it takes, or drops, is a line in the ledger file, on the disk before the 250 goes out. MOODS is a file
with a word per mail to come (none left: `good`):

- `good`: takes the mail.
- `refuse`: drops the connection instead of the 250 and takes nothing.
- `silent`: takes the mail, and drops the connection instead of the 250: the sender cannot know.
- `brisk`: takes the mail, says 250 and drops the connection before the goodbye.
- `slow`: takes the mail, and says 250 a while later: time enough to kill the sender.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

SLOW_SECONDS = 4.0


class Ledger:
    """Keeps every mail that was taken, one line each."""

    def __init__(self, path: Path, moods: list[str]) -> None:
        self._path = path
        self._moods = moods

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        mood = self._moods.pop(0) if self._moods else "good"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        line = {
            "message_id": str(message["Message-ID"]).strip(),
            "to": envelope.rcpt_tos,
            "at": time.time(),
            "mood": mood,
        }
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if mood in {"silent", "refuse"}:
            server.transport.abort()
        elif mood == "slow":
            await asyncio.sleep(SLOW_SECONDS)  # the server's own slowness, not a test that waits
        elif mood == "brisk":
            asyncio.get_running_loop().call_later(0.005, server.transport.close)
        return "250 taken"


async def serve(port: int, ledger: Ledger) -> None:
    """Serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(lambda: SMTP(ledger, hostname="localhost"), "127.0.0.1", port)
    async with server:
        await stopped.wait()


if __name__ == "__main__":
    _, port_text, ledger_path, moods_path = sys.argv
    asyncio.run(serve(int(port_text), Ledger(Path(ledger_path), Path(moods_path).read_text().split())))
