"""What a scrape shows of the stores: each part is looked at in a thread of its own, and a part that hangs is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from deploy.operations.databases import open_as_set
from deploy.operations.gauges import family
from deploy.operations.machine_state import disk_free, service_state, work_state
from deploy.services import READS, SERVICES, chosen
from shared.clock import system_clock
from shared.event_log import event_log_of
from shared.settings.registry import Settings
from shared.storage.engine import Database
from shared.telemetry import metrics

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0
"""How long a scrape waits for all parts together."""

Sample = tuple[metrics.Gauge, tuple[str, ...], float]


class ServiceChecks:
    """ServiceChecks at what the work process of a service, or of `all`, works on, once a scrape."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings = settings
        services = [one.name for one in chosen(service)]
        self._checks = {f"{one} database": _Check(partial(self._of_service, one)) for one in services}
        self._groups = [one for one in services if one in READS]
        if self._groups:
            self._event_log = event_log_of(settings)
            self._checks["event log"] = _Check(self._of_event_log)
        self._databases: dict[str, Database] = {}
        self._away: set[str] = set()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every gauge, in about `PATIENCE_SECONDS` at most; those of parts that are away have no numbers."""
        samples = list(self._of_disk())
        asked = {part: look.ask() for part, look in self._checks.items()}
        deadline = time.monotonic() + PATIENCE_SECONDS
        for part, answer in asked.items():
            try:
                samples += answer.result(max(0.0, deadline - time.monotonic()))
                samples.append((metrics.UP, (part,), 1))
            except Exception as error:  # noqa: BLE001  # whatever it is: the part is away, and the log says why
                if part not in self._away:
                    log.warning("the %s does not answer a scrape: %s", part, type(error).__name__)
                self._away.add(part)
                samples.append((metrics.UP, (part,), 0))
            else:
                self._away.discard(part)
        for gauge in metrics.LOOKED_AT:
            if gauge is not metrics.BUILD_INFO:
                mine = [(values, number) for one, values, number in samples if one is gauge]
                yield family(gauge, mine)

    def _of_service(self, name: str) -> Sequence[Sample]:
        service, database, now = SERVICES[name], self._database(name), system_clock()
        state = service_state(service, database)
        found: list[Sample] = [
            (metrics.RELAY_ACTIVE, (name,), int(state.working)),
            (metrics.OUTBOX_ROWS, (name,), state.outbox.number),
            (metrics.OUTBOX_OLDEST, (name,), state.outbox.seconds(now)),
            (metrics.REFUSED_EVENTS, (name,), state.refused),
            (metrics.DEAD_LETTERS, (name,), state.dead),
        ]
        if watching := service.parts.watching:
            found += watching.samples(work_state(watching, database), now)
        return found

    def _of_event_log(self) -> Sequence[Sample]:
        return [(metrics.LAG, (group,), self._event_log.lag(group, READS[group])) for group in self._groups]

    def _of_disk(self) -> Sequence[Sample]:
        free = disk_free(self._settings.state_dir)
        return [] if free is None else [(metrics.DISK_FREE, (), free)]

    def _database(self, service: str) -> Database:
        if service not in self._databases:
            self._databases[service] = open_as_set(self._settings, SERVICES[service])
        return self._databases[service]


class _Check:
    """Asks something that may hang, never more than once at a time."""

    def __init__(self, take: Callable[[], Sequence[Sample]]) -> None:
        self._take = take
        self._lock = threading.Lock()
        self._asked: Future[Sequence[Sample]] | None = None

    def ask(self) -> Future[Sequence[Sample]]:
        """Begin to look, unless the last look has not come back yet."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                threading.Thread(target=self._run, args=(self._asked,), daemon=True, name="look").start()
            return self._asked

    def _run(self, asked: Future[Sequence[Sample]]) -> None:
        try:
            asked.set_result(self._take())
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the answer
            asked.set_exception(error)
