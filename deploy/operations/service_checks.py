"""What a scrape shows of the stores: each part is looked at in a thread of its own, and a part that hangs is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from deploy.operations.backlog import READS
from deploy.operations.gauges import family
from deploy.operations.machine_state import disk_free, mails_waiting, report_stock, service_stock
from deploy.operations.opening import STORES
from deploy.services import ALL
from services.notifications.deliveries.store.deliveries import count_by_status
from shared.clock import from_text, system_clock
from shared.event_log import event_log_of
from shared.settings.registry import Settings
from shared.storage.engine import Database, open_database
from shared.telemetry import metrics

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0
"""How long a scrape waits for all parts together."""

Sample = tuple[metrics.Gauge, tuple[str, ...], float]


class Looks:
    """Looks at what the work process of a service, or of `all`, works on, once a scrape."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings = settings
        services = list(STORES) if service == ALL else [service]
        self._looks = {f"{one} database": _Look(partial(self._of_service, one)) for one in services}
        self._groups = [one for one in services if one in READS]
        if self._groups:
            self._event_log = event_log_of(settings)
            self._looks["event log"] = _Look(self._of_event_log)
        self._databases: dict[str, Database] = {}
        self._away: set[str] = set()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give every gauge, in about `PATIENCE_SECONDS` at most; those of parts that are away have no numbers."""
        samples = list(self._of_disk())
        asked = {part: look.ask() for part, look in self._looks.items()}
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

    def _of_service(self, service: str) -> Sequence[Sample]:
        database = self._database(service)
        stock = service_stock(service, database)
        found: list[Sample] = [
            (metrics.RELAY_ACTIVE, (service,), int(stock.working)),
            (metrics.OUTBOX_ROWS, (service,), stock.outbox.number),
            (metrics.OUTBOX_OLDEST, (service,), _age(stock.outbox.oldest)),
            (metrics.REFUSED_EVENTS, (service,), stock.refused),
            (metrics.DEAD_LETTERS, (service,), stock.dead),
        ]
        if service == "matching":
            reports = report_stock(database)
            found += [
                (metrics.STALE_REQUESTS, (), reports.to_make),
                (metrics.STALE_OLDEST, (), _age(reports.oldest)),
                (metrics.WAITING_REQUESTS, (), reports.without_partner),
                (metrics.FAILED_REPORTS, (), reports.failed),
            ]
        if service == "notifications":
            found += _of_mails(database)
        return found

    def _of_event_log(self) -> Sequence[Sample]:
        return [(metrics.LAG, (group,), self._event_log.lag(group, READS[group])) for group in self._groups]

    def _of_disk(self) -> Sequence[Sample]:
        free = disk_free(self._settings.state_dir)
        return [] if free is None else [(metrics.DISK_FREE, (), free)]

    def _database(self, service: str) -> Database:
        if service not in self._databases:
            store = STORES[service]
            self._databases[service] = open_database(getattr(self._settings, store.setting), store.metadata)
        return self._databases[service]


class _Look:
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


def _of_mails(database: Database) -> Sequence[Sample]:
    approvals, queue = mails_waiting(database)
    with database.reading() as connection:
        counts = count_by_status(connection)
    return [
        (metrics.OPEN_APPROVALS, (), approvals.number),
        (metrics.APPROVALS_OLDEST, (), _age(approvals.oldest)),
        (metrics.MAIL_QUEUE, (), queue.number),
        (metrics.MAIL_OLDEST, (), _age(queue.oldest)),
        *((metrics.DELIVERIES, (status,), number) for status, number in sorted(counts.items())),
    ]


def _age(moment: str | None) -> float:
    """Give how many seconds ago a moment was: 0 for none, or one to come."""
    return 0.0 if moment is None else max(0.0, (system_clock() - from_text(moment)).total_seconds())
