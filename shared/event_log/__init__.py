"""The event log behind one port: `sqlite:///FOLDER` on one machine, `kafka://HOST:PORT,…` on several."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from shared.clock import Clock, system_clock
from shared.event_log.kafka_options import DEFAULTS, KafkaOptions
from shared.event_log.port import EventLog
from shared.settings.registry import Settings


def event_log_of(settings: Settings, clock: Clock = system_clock) -> EventLog:
    """Open the event log that the settings name; it need not be reachable yet."""
    kafka = KafkaOptions(
        security=settings.kafka_security,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        user=settings.kafka_user,
        password=settings.kafka_password,
        ca_file=settings.kafka_ca_file,
        certificate_file=settings.kafka_certificate_file,
        key_file=settings.kafka_key_file,
    )
    return open_event_log(settings.event_log, settings.topic_prefix, clock, kafka)


def open_event_log(
    url: str, prefix: str = "handslag", clock: Clock = system_clock, kafka: KafkaOptions = DEFAULTS
) -> EventLog:
    """Open the event log at a URL; it need not be reachable yet.

    `sqlite:///PATH` names a folder (four slashes: an absolute path), `kafka://HOST:PORT,HOST:PORT` brokers.
    Topics are called `PREFIX.NAME` there. `clock` stamps records of the embedded log, `kafka` is for brokers.
    Raises ValueError for any other URL.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite" and rest.startswith("/") and rest.strip("/"):
        # Imported here, so that one machine needs no Kafka client and the web processes neither.
        from shared.event_log.embedded import EmbeddedLog

        return EmbeddedLog(Path(unquote(rest[1:])), prefix, clock)
    if separator and scheme == "kafka" and rest and all(_is_address(part) for part in rest.split(",")):
        from shared.event_log.kafka import KafkaLog

        return KafkaLog(rest.split(","), prefix, kafka)
    raise ValueError(f"the event log must be sqlite:///FOLDER or kafka://HOST:PORT,HOST:PORT, not {url!r}")


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 65536
