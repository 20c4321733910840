"""The event log behind one port: `sqlite:///FOLDER` on one machine, `kafka://HOST:PORT,…` on several."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from shared.clock import Clock, system_clock
from shared.event_log.port import EventLog


def open_event_log(url: str, prefix: str = "handslag", clock: Clock = system_clock) -> EventLog:
    """Open the event log at a URL; it need not be reachable yet.

    `sqlite:///PATH` names a folder (four slashes: an absolute path), `kafka://HOST:PORT,HOST:PORT` brokers.
    Topics are called `PREFIX.NAME` there. `clock` stamps records of the embedded log.
    Raises ValueError for any other URL.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite" and rest.startswith("/") and rest.strip("/"):
        # Imported here, so that one machine needs no Kafka client and the web processes neither.
        from shared.event_log.embedded import EmbeddedLog

        return EmbeddedLog(Path(unquote(rest[1:])), prefix, clock)
    if separator and scheme == "kafka" and rest and all(_is_address(part) for part in rest.split(",")):
        from shared.event_log.kafka import KafkaLog

        return KafkaLog(rest.split(","), prefix)
    raise ValueError(f"the event log must be sqlite:///FOLDER or kafka://HOST:PORT,HOST:PORT, not {url!r}")


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 65536
