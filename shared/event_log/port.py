"""The event log as the services see it: topics of partitions, keyed, compacted, read by consumer groups.

Two implementations stand behind this port: `embedded` (SQLite files, one machine) and `kafka`. One contract
suite, tests/shared/event_log/test_contract.py, runs over both.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Protocol, Self

Headers = tuple[tuple[str, bytes], ...]

DEFAULT_PARTITIONS = 3
MAX_VALUE_BYTES = 900_000
"""The largest value that may be sent: the broker's default limit of 1 MiB, less room for key, headers and batch."""


class EventLogError(Exception):
    """Something the event log could not do; the message says what to mend."""


class LogUnavailableError(EventLogError):
    """The log cannot be reached just now; try again later, nothing was lost."""


class AccessRefusedError(LogUnavailableError):
    """The log is there and does not let us in, or we do not trust it: the message names the settings to mend."""


class GroupInUseError(EventLogError):
    """The log cannot change where a group reads while it has members: stop them first."""


class MessageRefusedError(EventLogError):
    """The log can never take one message: the one at `index` of those that were given."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(reason)
        self.index = index


@dataclass(frozen=True)
class Message:
    """What is to be sent. `topic` has no prefix; a `value` of None is the key's tombstone."""

    topic: str
    key: str
    value: bytes | None
    headers: Headers


@dataclass(frozen=True)
class Record:
    """What was read, byte for byte, and where it stood.

    A key that is no UTF-8 keeps its bytes as lone surrogates: `key.encode(errors="surrogateescape")`.
    """

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes | None
    headers: Headers
    timestamp_ms: int


@dataclass(frozen=True)
class TopicState:
    """What was found of a topic and done about it.

    `outcome` is created, changed, kept, or (where nothing was to be changed) missing or differs. `differences` says in
    words what was or is not as it must be, and `notes` what is merely worth knowing.
    """

    topic: str
    outcome: str
    partitions: int
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def write_headers(headers: Headers) -> str:
    """Write headers as JSON: pairs of a name and the value's bytes in base64."""
    # As json.dumps writes it, put together by hand: every record of the embedded log comes by here.
    pairs = [f'[{_quoted(name)}, "{b2a_base64(value, newline=False).decode()}"]' for name, value in headers]
    return f"[{', '.join(pairs)}]"


@lru_cache(maxsize=256)
def _quoted(name: str) -> str:
    return json.dumps(name)


def read_headers(text: str) -> Headers:
    """Read what `write_headers` wrote."""
    return tuple((name, b64decode(value)) for name, value in json.loads(text))


def why_refused(message: Message) -> str | None:
    """Say why no log takes a message, or None when it may be sent."""
    if not message.key:
        return "a message needs a key: the topics are compacted"
    if message.value is not None and len(message.value) > MAX_VALUE_BYTES:
        return f"the value is {len(message.value)} bytes, at most {MAX_VALUE_BYTES} are taken"
    return None


class Publisher(Protocol):
    """Sends messages; order is kept per key."""

    def publish(self, messages: Sequence[Message], timeout: float) -> list[int]:
        """Send, and return the indexes of the messages that the log has durably taken by `timeout` seconds.

        The rest may still be taken later; the caller calls again with them until each is acknowledged (a
        message that is already on its way is waited for, not sent twice by this publisher). Blocks at most
        about `timeout` seconds. Raises LogUnavailableError when the log is away (call again later), and
        MessageRefusedError when it can never take one of the messages: call again without that one.
        """

    def close(self) -> None:
        """Let go; blocks a few seconds at most."""


class Subscriber(Protocol):
    """Reads topics as one member of a consumer group; not safe to share between threads."""

    def poll(self, timeout: float, limit: int) -> list[Record]:
        """Wait up to `timeout` seconds and return up to `limit` records after the last ones returned.

        Returns an empty list when there is nothing or the log is away; keeps the membership alive.
        """

    def commit(self, records: Sequence[Record]) -> None:
        """Note that these records and all before them in their partitions are handled.

        Raises LogUnavailableError when the log is away (safe to go on: they would be read again), and does
        nothing for partitions that have moved to another member.
        """

    def seek_back(self, record: Record) -> None:
        """Have the next `poll` return this record's partition from this record on."""

    def close(self) -> None:
        """Leave the group; blocks a few seconds at most."""


class EventLog(Protocol):
    """A log of events. Opening one does not need it to be reachable."""

    def apply_topics(self, topics: Sequence[str], partitions: int = DEFAULT_PARTITIONS) -> list[str]:
        """Create the topics that are missing and return their names; raises EventLogError when refused."""

    def settle_topics(
        self,
        topics: Sequence[str],
        partitions: int = DEFAULT_PARTITIONS,
        replication: int | None = None,
        change: bool = True,
    ) -> list[TopicState]:
        """Create the topics that are missing and mend those that are not as they must be; tell each one's state.

        `replication` is how many copies a new topic has, by default as many as the log itself says. Partitions are
        never made fewer or more: keys would move. Without `change` everything is only looked at.
        Raises LogUnavailableError when the log is away, EventLogError when it refuses.
        """

    def pulse(self, topics: Sequence[str], idle_seconds: float) -> int:
        """Have what is superseded or erased leave topics that nobody writes to; return how many places needed it.

        Those that were written to in the last `idle_seconds` need nothing. To be called again and again, by as
        many processes as like. Raises LogUnavailableError when the log is away or a topic missing.
        """

    def publisher(self, client: str) -> Publisher:
        """Open a publisher; `client` names it in the log's own listings."""

    def subscriber(self, group: str, topics: Sequence[str]) -> Subscriber:
        """Join a consumer group from the earliest record that the group has not handled."""

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """How many records the group has not handled; raises LogUnavailableError."""

    def rewind(self, group: str, topics: Sequence[str]) -> None:
        """Have a group read topics from their beginning again, as one that has handled nothing.

        Members that read just now begin again within seconds, and what they commit of before has no effect;
        a log that cannot do so raises GroupInUseError while there are members, and nothing is changed.
        Raises LogUnavailableError when the log is away, or a topic is missing.
        """

    def close(self) -> None:
        """Let go of connections and files."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
