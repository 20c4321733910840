"""What only the embedded log has to show: leases, compaction, erased bytes, files that cannot be used."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.clock import SettableClock
from shared.event_log import open_event_log
from shared.event_log.embedded import COMPACTION_LAG, TOMBSTONE_RETENTION, EmbeddedLog
from shared.event_log.group_file import LEASE_SECONDS, GroupFile
from shared.event_log.partitioning import murmur2, partition_of
from shared.event_log.port import LogUnavailableError, Message


class LeaseClock:
    """Seconds that only move when they are moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def lease_clock() -> LeaseClock:
    return LeaseClock()


@pytest.fixture
def log(tmp_path: Path, clock: SettableClock, lease_clock: LeaseClock) -> Iterator[EmbeddedLog]:
    with EmbeddedLog(tmp_path / "log", "handslag", clock, lease_clock) as log:
        log.apply_topics(["companies"])
        yield log


def send(log: EmbeddedLog, key: str, value: bytes | None) -> None:
    assert log.publisher("test").publish([Message("companies", key, value, ())], 1.0) == [0]


def values(log: EmbeddedLog, key: str) -> list[bytes | None]:
    topic = log.topic("companies")
    return [one.value for one in topic.read(partition_of(key.encode(), 3), 0, 100) if one.key == key]


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("abc", 479470107),
    ],
)
def test_keys_hash_as_in_kafkas_own_tests(key: str, signed: int) -> None:
    assert murmur2(key.encode()) == signed % 2**32


def test_the_lease_of_a_dead_member_ends(log: EmbeddedLog, lease_clock: LeaseClock) -> None:
    send(log, "c-1", b"1")
    dead = log.subscriber("matching", ["companies"])
    assert len(dead.poll(0, 10)) == 1
    other = log.subscriber("matching", ["companies"])
    found = other.poll(0, 10)
    lease_clock.now += LEASE_SECONDS + 0.1
    found += other.poll(0, 10)
    assert [record.value for record in found] == [b"1"]


def test_a_member_that_stood_still_cannot_commit_for_the_one_that_took_over(
    log: EmbeddedLog, lease_clock: LeaseClock
) -> None:
    send(log, "c-1", b"1")
    stopped = log.subscriber("matching", ["companies"])
    records = stopped.poll(0, 10)
    lease_clock.now += LEASE_SECONDS + 0.1
    other = log.subscriber("matching", ["companies"])
    assert len(other.poll(0, 10)) == 1
    stopped.commit(records)
    assert log.lag("matching", ["companies"]) == 1
    other.commit(records)
    assert log.lag("matching", ["companies"]) == 0


def test_leases_from_before_the_machine_started_anew_hold_nothing(tmp_path: Path) -> None:
    groups = GroupFile(tmp_path / "groups.sqlite")
    assert groups.renew("g", "before", {"companies": 2}, now=900_000.0)["companies"].complete
    after = groups.renew("g", "after", {"companies": 2}, now=12.0)["companies"]
    assert (set(after.leases), after.complete) == ({0, 1}, True)
    groups.close()


def test_compaction_keeps_the_last_of_each_key(log: EmbeddedLog, clock: SettableClock) -> None:
    for value in (b"1", b"2", b"3"):
        send(log, "c-1", value)
    send(log, "c-2", b"other")
    clock.advance(COMPACTION_LAG / 2)
    assert log.compact() == 0
    clock.advance(COMPACTION_LAG)
    assert log.compact() == 2
    assert (values(log, "c-1"), values(log, "c-2")) == ([b"3"], [b"other"])
    send(log, "c-1", b"4")
    clock.advance(COMPACTION_LAG * 2)
    assert log.compact() == 1
    assert values(log, "c-1") == [b"4"]


def test_offsets_go_on_after_everything_was_compacted_away(log: EmbeddedLog, clock: SettableClock) -> None:
    send(log, "c-1", b"1")
    send(log, "c-1", None)
    clock.advance(TOMBSTONE_RETENTION + COMPACTION_LAG)
    assert log.compact() == 2
    send(log, "c-1", b"2")
    (record,) = log.subscriber("matching", ["companies"]).poll(1, 10)
    assert (record.offset, record.value) == (2, b"2")


def test_a_tombstone_stays_until_everybody_can_have_seen_it(log: EmbeddedLog, clock: SettableClock) -> None:
    send(log, "c-1", b"1")
    send(log, "c-1", None)
    clock.advance(TOMBSTONE_RETENTION - timedelta(minutes=1))
    log.compact()
    assert values(log, "c-1") == [None]
    clock.advance(timedelta(minutes=2))
    log.compact()
    assert values(log, "c-1") == []


def test_readers_compact_by_themselves(
    log: EmbeddedLog, clock: SettableClock, lease_clock: LeaseClock
) -> None:
    subscriber = log.subscriber("matching", ["companies"])
    send(log, "c-1", b"1")
    send(log, "c-1", b"2")
    clock.advance(COMPACTION_LAG * 2)
    lease_clock.now += COMPACTION_LAG.total_seconds() * 2
    subscriber.poll(0, 10)
    assert values(log, "c-1") == [b"2"]


def test_erased_bytes_are_gone_from_every_file(
    log: EmbeddedLog, clock: SettableClock, tmp_path: Path
) -> None:
    canary = b"canary-3f9c1e"
    send(log, "c-1", b'{"name":"' + canary + b'"}' + b"x" * 20_000)
    send(log, "c-2", b"stays")
    assert found_in_files(tmp_path, canary)
    send(log, "c-1", None)
    clock.advance(COMPACTION_LAG * 2)
    log.compact()
    assert not found_in_files(tmp_path, canary)
    assert found_in_files(tmp_path, b"stays")


def test_erased_bytes_go_at_the_next_compaction_when_a_reader_held_them(
    log: EmbeddedLog, clock: SettableClock, tmp_path: Path
) -> None:
    canary = b"canary-77aa01"
    send(log, "c-1", canary)
    send(log, "c-1", None)
    clock.advance(COMPACTION_LAG * 2)
    (path,) = (tmp_path / "log").glob("*.companies.sqlite")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
            "c.execute('BEGIN'); c.execute('SELECT count(*) FROM records').fetchall();"
            "print('holds', flush=True); sys.stdin.read()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        log.compact()
        assert found_in_files(tmp_path, canary)
        holder.stdin.close()
        holder.wait(200)
    log.compact()
    assert not found_in_files(tmp_path, canary)


def found_in_files(folder: Path, text: bytes) -> bool:
    return any(text in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_folder_that_cannot_be_made_is_said_clearly(tmp_path: Path, clock: SettableClock) -> None:
    (tmp_path / "file").write_text("no folder")
    log = EmbeddedLog(tmp_path / "file" / "log", "handslag", clock)
    with pytest.raises(LogUnavailableError, match=r"file/log.* cannot be used: Not a directory"):
        log.apply_topics(["companies"])


def test_a_full_disk_is_said_clearly_and_what_was_there_stays(log: EmbeddedLog) -> None:
    send(log, "c-1", b"1")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))
    try:
        with pytest.raises(LogUnavailableError, match=r"companies\.sqlite cannot be used: .*disk"):
            send(log, "c-1", b"x" * 200_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    send(log, "c-1", b"2")
    assert values(log, "c-1") == [b"1", b"2"]


def test_a_missing_topic_is_said_with_the_command_that_makes_it(log: EmbeddedLog) -> None:
    with pytest.raises(LogUnavailableError, match="handslag topics apply"):
        log.publisher("test").publish([Message("visits", "v-1", b"{}", ())], 1.0)


def test_a_reader_waits_for_a_topic_that_is_made_later(log: EmbeddedLog, lease_clock: LeaseClock) -> None:
    subscriber = log.subscriber("matching", ["visits"])
    assert subscriber.poll(0, 10) == []
    log.apply_topics(["visits"])
    log.publisher("test").publish([Message("visits", "v-1", b"{}", ())], 1.0)
    lease_clock.now += 1
    assert len(subscriber.poll(0, 10)) == 1


def test_what_a_killed_writer_had_acknowledged_is_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log"
    program = (
        "import sys; from shared.event_log import open_event_log; from shared.event_log.port import Message\n"
        "log = open_event_log(sys.argv[1]); log.apply_topics(['companies']); sender = log.publisher('p')\n"
        "for n in range(10**9):\n"
        "    sender.publish([Message('companies', 'c-1', str(n).encode(), ())], 1.0); print(n, flush=True)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE, cwd=os.getcwd())
    with writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(50)]
        writer.kill()
        acknowledged += [
            line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith(b"\n")
        ]
    with open_event_log(url) as log:
        subscriber = log.subscriber("g", ["companies"])
        read: list[bytes | None] = []
        deadline = time.monotonic() + 200
        while len(read) < len(acknowledged) and time.monotonic() < deadline:
            read += [record.value for record in subscriber.poll(0.5, 1000)]
    assert read[: len(acknowledged)] == [line.strip() for line in acknowledged]
    assert len(read) <= len(acknowledged) + 1


def test_a_long_topic_starves_no_other(log: EmbeddedLog) -> None:
    log.apply_topics(["partners"])
    sender = log.publisher("test")
    sender.publish([Message("companies", f"c-{n}", b"{}", ()) for n in range(300)], 1.0)
    sender.publish([Message("partners", "p-1", b"{}", ())], 1.0)
    subscriber = log.subscriber("matching", ["companies", "partners"])
    first_polls = [record for _ in range(6) for record in subscriber.poll(0, 10)]
    assert "p-1" in {record.key for record in first_polls}
