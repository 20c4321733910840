"""The relay publishes the outbox in order and deletes exactly what the log acknowledged."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from shared.event_log.port import EventLog, LogUnavailableError, Message, MessageRefusedError, Publisher
from shared.messaging.outbox import outbox_counts
from shared.messaging.relay import Relay
from tests.standing_still import stop_still

if TYPE_CHECKING:
    from tests.shared.conftest import Service


class Troubled:
    """An event log whose publisher is troubled: takes some, none, or refuses one."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.takes = 10**9
        self.refuses: str | None = None
        self.before_return: Callable[[], None] = lambda: None

    def publisher(self, client: str) -> Publisher:
        self._publisher = self._log.publisher(client)
        return self

    def publish(self, messages: Sequence[Message], timeout: float) -> list[int]:
        for index, message in enumerate(messages):
            if message.key == self.refuses:
                raise MessageRefusedError(index, "this one never")
        if not self.takes:
            raise LogUnavailableError("away")
        taken = self._publisher.publish(messages[: self.takes], timeout)
        self.before_return()
        return taken

    def close(self) -> None:
        self._publisher.close()


@contextmanager
def relay(service: Service, log: object = None) -> Iterator[Relay]:
    made = Relay(service.database, service.messaging, log or service.log, "profiles")  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


def on_the_log(service: Service) -> list[str]:
    subscriber = service.log.subscriber("reader-of-all", ["companies"])
    ids = []
    while records := subscriber.poll(0.1, 1000):
        ids += [dict(record.headers)["ce_id"].decode() for record in records]
    subscriber.close()
    return ids


def waiting(service: Service) -> tuple[int, int]:
    with service.database.reading() as connection:
        return outbox_counts(connection, service.messaging)


def ids_waiting(service: Service) -> list[str]:
    with service.database.reading() as connection:
        outbox = service.messaging.outbox
        return list(connection.scalars(sa.select(outbox.c.id).order_by(outbox.c.position)))


def test_what_waits_is_published_in_order_and_deleted(service: Service) -> None:
    service.record(*(service.company("c-1", version) for version in range(1, 6)))
    with relay(service) as one:
        assert one.relay_once() == 5
        assert one.relay_once() == 0
    assert on_the_log(service) == [f"c-1:{version}" for version in range(1, 6)]
    assert waiting(service) == (0, 0)


def test_only_acknowledged_rows_are_deleted(service: Service) -> None:
    service.record(*(service.company("c-1", version) for version in range(1, 6)))
    log = Troubled(service.log)
    log.takes = 2
    with relay(service, log) as one:
        assert one.relay_once() == 2
        assert ids_waiting(service) == ["c-1:3", "c-1:4", "c-1:5"]


class Late(Troubled):
    """An event log that acknowledges a batch only once the next is on its way, or when it is waited for."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(log)
        self.given: list[tuple[int, bool]] = []
        self._sent: list[Message] = []

    def publish(self, messages: Sequence[Message], timeout: float) -> list[int]:
        self.given.append((len(messages), timeout > 0))
        acknowledged = list(messages) if timeout > 0 else [one for one in messages if one in self._sent]
        self._publisher.publish([one for one in messages if one not in self._sent], 5.0)
        self._sent += messages
        return [index for index, one in enumerate(messages) if one in acknowledged]


def test_the_next_batch_is_sent_while_the_former_is_acknowledged(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.relay.BATCH", 3)
    service.record(*(service.company("c-1", version) for version in range(1, 18)))
    log = Late(service.log)
    with relay(service, log) as one:
        assert one.relay_once() == 3  # the first is waited for: the log may be away
        assert one.relay_once() == 12
        assert log.given == [(3, True), (3, False), (6, False), (6, False), (6, True)]
        assert ids_waiting(service) == ["c-1:16", "c-1:17"]
        assert one.relay_once() == 2
    assert on_the_log(service) == [f"c-1:{version}" for version in range(1, 18)]
    assert waiting(service) == (0, 0)


def test_a_row_that_becomes_visible_late_is_not_overtaken_by_a_newer_version(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.relay.BATCH", 3)
    service.record(*(service.company("c-1", version) for version in range(1, 5)), service.company("late"))
    service.record(*(service.company("c-1", version) for version in range(5, 10)))
    outbox = service.messaging.outbox
    with service.database.writing() as connection:  # as if its transaction were not committed yet
        row = connection.execute(sa.select(outbox).where(outbox.c.id == "late:1")).one()
        connection.execute(sa.delete(outbox).where(outbox.c.id == "late:1"))
    log = Troubled(service.log)

    def commit() -> None:
        log.before_return = lambda: None
        with service.database.writing() as connection:
            connection.execute(sa.insert(outbox).values(**row._mapping))
        service.record(service.company("late", 2))

    with relay(service, log) as one:
        assert one.relay_once() == 3
        log.before_return = commit
        while one.relay_once():
            pass
    late = [id for id in on_the_log(service) if id.startswith("late")]
    assert late == ["late:1", "late:2"]
    assert waiting(service) == (0, 0)


def test_a_log_that_does_not_take_all_gets_one_batch_at_a_time(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.relay.BATCH", 3)
    service.record(*(service.company("c-1", version) for version in range(1, 10)))
    log = Troubled(service.log)
    with relay(service, log) as one:
        assert one.relay_once() == 3
        log.takes = 1
        assert one.relay_once() == 3  # one of each of three rounds: it has begun to take less only now
        assert one.relay_once() == 1
        assert ids_waiting(service) == ["c-1:8", "c-1:9"]


def test_rows_recorded_while_a_batch_is_on_its_way_are_kept(service: Service) -> None:
    service.record(service.company("c-1"))
    log = Troubled(service.log)
    log.before_return = lambda: service.record(service.company("c-2"))
    with relay(service, log) as one:
        assert one.relay_once() == 1
    assert ids_waiting(service) == ["c-2:1"]


def test_a_log_that_is_away_keeps_every_row_and_the_backlog_drains_by_itself(service: Service) -> None:
    service.record(service.company("c-1"))
    log = Troubled(service.log)
    log.takes = 0
    with relay(service, log) as one:
        with pytest.raises(LogUnavailableError):
            one.relay_once()
        assert waiting(service) == (1, 0)
        stop = threading.Event()
        thread = threading.Thread(target=one.run, args=(stop,))
        thread.start()
        log.takes = 10
        deadline = time.monotonic() + 200
        while waiting(service) != (0, 0):
            assert time.monotonic() < deadline, "the backlog did not drain"
            stop.wait(0.02)
        stop.set()
        thread.join(200)
        assert not thread.is_alive()


def test_a_row_that_can_never_be_sent_stays_with_its_reason_and_stops_no_other(service: Service) -> None:
    service.record(service.company("c-1"), service.company("bad"), service.company("c-1", 2))
    log = Troubled(service.log)
    log.refuses = "bad"
    with relay(service, log) as one:
        assert one.relay_once() == 3
        assert one.relay_once() == 0
    assert on_the_log(service) == ["c-1:1", "c-1:2"]
    assert waiting(service) == (0, 1)
    with service.database.reading() as connection:
        (row,) = connection.execute(sa.select(service.messaging.outbox)).all()
    assert (row.id, row.refused) == ("bad:1", "this one never")


def test_a_relay_that_was_overtaken_deletes_nothing(service: Service) -> None:
    service.record(service.company("c-1"))
    log = Troubled(service.log)
    fence = service.messaging.relay_fence

    def overtake() -> None:
        with service.database.writing() as connection:
            connection.execute(sa.update(fence).values(token=fence.c.token + 1))

    log.before_return = overtake
    with relay(service, log) as one:
        assert one.relay_once() == 0
        assert ids_waiting(service) == ["c-1:1"]


def test_the_others_stand_by_until_the_active_relay_is_gone(service: Service) -> None:
    service.record(service.company("c-1"))
    with relay(service) as active, relay(service) as stands_by:
        assert active.relay_once() == 1
        service.record(service.company("c-2"))
        assert stands_by.relay_once() == 0
        active.close()
        assert stands_by.relay_once() == 1


def relay_process(database_url: str, folder: object, idle: float = 60) -> subprocess.Popen[bytes]:
    """Start a process that relays small batches for ever and says a line after each.

    `idle` is for how many seconds PostgreSQL believes in its lock's connection.
    """
    program = (
        "import sys, sqlalchemy as sa\n"
        "from shared.messaging.tables import messaging_tables\n"
        "from shared.event_log import open_event_log\n"
        "from shared.messaging.relay import Relay\n"
        "from shared.storage.engine import open_database\n"
        "import shared.messaging.relay, shared.messaging.relay_lock; shared.messaging.relay.BATCH = 10\n"
        "shared.messaging.relay_lock.IDLE_SECONDS = int(sys.argv[3])\n"
        "metadata = sa.MetaData(); messaging = messaging_tables(metadata)\n"
        "database = open_database(sys.argv[1], metadata)\n"
        "relay = Relay(database, messaging, open_event_log(f'sqlite:///{sys.argv[2]}/log'), 'profiles')\n"
        "while True: print(relay.relay_once(), flush=True)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, database_url, str(folder), str(idle)], stdout=subprocess.PIPE
    )


def test_what_a_killed_relay_left_is_sent_by_the_next(
    service: Service, database_url: str, tmp_path: object
) -> None:
    service.record(*(service.company("c-1", version) for version in range(1, 400)))
    process = relay_process(database_url, tmp_path)
    with process:
        assert process.stdout is not None
        for _ in range(5):
            process.stdout.readline()
        process.kill()
    with relay(service) as one:
        while one.relay_once():
            pass
    seen = on_the_log(service)
    assert list(dict.fromkeys(seen)) == [f"c-1:{version}" for version in range(1, 400)]
    assert len(seen) <= 399 + 10


def taken_over(service: Service) -> bool:
    """Run a standby until nothing waits, for a minute at most; say whether it came to that."""
    since, stop = time.monotonic(), threading.Event()
    with relay(service) as standby:
        thread = threading.Thread(target=standby.run, args=(stop,))
        thread.start()
        while waiting(service) != (0, 0) and time.monotonic() < since + 200:
            stop.wait(0.02)
        stop.set()
        thread.join(200)
    print(f"taken over after {time.monotonic() - since:.1f} s")
    return waiting(service) == (0, 0)


def test_a_standby_takes_over_within_seconds_of_a_kill(
    service: Service, database_url: str, tmp_path: object
) -> None:
    with relay_process(database_url, tmp_path) as active:
        assert active.stdout is not None
        active.stdout.readline()
        with relay(service) as standby:
            service.record(service.company("c-1"))
            assert standby.relay_once() == 0
        active.kill()
    service.record(service.company("c-1", 2))
    assert taken_over(service)
    # It may have been killed between sending the first and deleting it.
    assert list(dict.fromkeys(on_the_log(service))) == ["c-1:1", "c-1:2"]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # a stopped process keeps a file's lock
def test_a_standby_takes_over_from_a_stopped_process_which_goes_on_when_it_wakes(
    service: Service, database_url: str, tmp_path: object
) -> None:
    with relay_process(database_url, tmp_path, idle=1) as active:
        assert active.stdout is not None
        active.stdout.readline()
        stop_still(active.pid)
        service.record(service.company("c-1"))
        assert taken_over(service)
        active.send_signal(signal.SIGCONT)
        service.record(service.company("c-1", 2))
        deadline = time.monotonic() + 200
        while waiting(service) != (0, 0):
            assert time.monotonic() < deadline, "it did not go on"
            time.sleep(0.02)
        active.kill()
    assert on_the_log(service) == ["c-1:1", "c-1:2"]
