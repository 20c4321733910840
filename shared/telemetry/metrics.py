"""Every metric there is: its name, what it says, its labels. `docs/metrics.md` is made from this list.

Nothing is counted before `switch_on`, and prometheus_client is not even imported: a process that nobody scrapes
pays for a comparison with None. Labels hold names of ours only, never what a visitor sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import prometheus_client
    from prometheus_client.registry import CollectorRegistry

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass
class Counter:
    """A number that only grows; each process counts its own, and the scrape adds them up. The name ends in `_total`."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: Literal["counter"] = "counter"
    _made: prometheus_client.Counter | None = field(default=None, repr=False)

    def add(self, number: float, *values: str) -> None:
        """Count `number` (0 or more) more under these values of the labels; 0 makes the series appear."""
        if self._made is not None:
            (self._made.labels(*values) if values else self._made).inc(number)

    def make(self, registry: CollectorRegistry | None) -> None:
        """Begin to count, into a registry; None stops it."""
        from prometheus_client import Counter as Made

        self._made = None if registry is None else Made(self.name, self.help, self.labels, registry=registry)


@dataclass
class Histogram:
    """How long something took, in seconds, counted by `SECONDS`."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: Literal["histogram"] = "histogram"
    _made: prometheus_client.Histogram | None = field(default=None, repr=False)

    def observe(self, seconds: float, *values: str) -> None:
        """Count one that took so many seconds under these values of the labels."""
        if self._made is not None:
            (self._made.labels(*values) if values else self._made).observe(seconds)

    def ready(self, *values: str) -> None:
        """Make the series of these values appear before the first is counted."""
        if self._made is not None and values:
            self._made.labels(*values)

    def make(self, registry: CollectorRegistry | None) -> None:
        """Begin to count, into a registry; None stops it."""
        from prometheus_client import Histogram as Made

        self._made = (
            None
            if registry is None
            else Made(self.name, self.help, self.labels, buckets=SECONDS, registry=registry)
        )


@dataclass(frozen=True)
class Gauge:
    """A state that is looked at when it is scraped: in the databases, the event log, on the disk."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge"] = "gauge"


HTTP_REQUESTS = Counter(
    "handslag_http_requests_total",
    "Requests answered, by the route's template (`none` where there is none).",
    ("service", "route", "method", "status"),
)
HTTP_SECONDS = Histogram(
    "handslag_http_request_seconds",
    "How long requests took to answer, in seconds.",
    ("service", "route", "method"),
)
WRONG_TOKENS = Counter(
    "handslag_wrong_tokens_total", "Requests and sign-ins with a wrong staff token.", ("service",)
)
EVENTS_PUBLISHED = Counter(
    "handslag_events_published_total",
    "Events that the event log has acknowledged to the relay.",
    ("service",),
)
RECORDS_CONSUMED = Counter(
    "handslag_records_consumed_total",
    "Records that a consumer is done with: had their effect, were duplicates or became dead letters.",
    ("group",),
)
RECORDS_BURIED = Counter("handslag_records_buried_total", "Records that became dead letters.", ("group",))
CONSUMER_SECONDS = Histogram(
    "handslag_consumer_batch_seconds",
    "How long the handlers of a batch of records took, with their transaction, in seconds.",
    ("group",),
)
REPORTS_MADE = Counter(
    "handslag_reports_made_total",
    "Match reports made: saved, outdated (something changed meanwhile: it is made again) or failed.",
    ("outcome",),
)
MAILS = Counter(
    "handslag_mails_total",
    "Mails handed to the mail server: sent, postponed (tried again by itself) or refused.",
    ("outcome",),
)
UP = Gauge(
    "handslag_up",
    "1 when the part answered the scrape, 0 when it is away: a service's database, the event log.",
    ("part",),
)
RELAY_ACTIVE = Gauge(
    "handslag_relay_active",
    "1 when some work process of the service publishes, 0 when none does.",
    ("service",),
)
OUTBOX_ROWS = Gauge("handslag_outbox_rows", "Events that wait to be published.", ("service",))
OUTBOX_OLDEST = Gauge(
    "handslag_outbox_oldest_seconds", "Age of the oldest event that waits to be published.", ("service",)
)
REFUSED_EVENTS = Gauge(
    "handslag_refused_events", "Events in the outbox that the event log can never take.", ("service",)
)
DEAD_LETTERS = Gauge("handslag_dead_letters", "Dead letters that wait to be settled.", ("service",))
LAG = Gauge("handslag_lag_records", "Records that a consumer group has not handled yet.", ("group",))
SUBMISSIONS_WAITING = Gauge(
    "handslag_submissions_waiting", "Submissions without an account that staff have not decided on."
)
SUBMISSIONS_OLDEST = Gauge(
    "handslag_submissions_oldest_seconds", "How long the oldest submission has waited for staff."
)
STALE_REQUESTS = Gauge("handslag_stale_requests", "Match requests whose report is to be made again.")
STALE_OLDEST = Gauge(
    "handslag_stale_oldest_seconds", "How long the oldest report that can be made has been to be made."
)
WAITING_REQUESTS = Gauge(
    "handslag_waiting_requests", "Match requests that wait for a partner that is unknown or withdrawn."
)
FAILED_REPORTS = Gauge("handslag_failed_reports", "Reports that could not be made at the last try.")
OPEN_APPROVALS = Gauge("handslag_open_approvals", "Approvals whose mails are not written yet.")
APPROVALS_OLDEST = Gauge(
    "handslag_open_approvals_oldest_seconds", "Age of the oldest approval whose mails are not written yet."
)
MAIL_QUEUE = Gauge("handslag_mail_queue_rows", "Mails that are to be sent.")
MAIL_OLDEST = Gauge(
    "handslag_mail_queue_oldest_seconds", "How long the oldest mail in the queue has been due."
)
DELIVERIES = Gauge(
    "handslag_deliveries", "Deliveries by status: waiting, queued, sent, failed, cancelled.", ("status",)
)
DISK_FREE = Gauge("handslag_disk_free_bytes", "Free bytes on the disk under HANDSLAG_STATE_DIR.")
BUILD_INFO = Gauge("handslag_build_info", "Always 1; the label says which version runs.", ("version",))

COUNTED: tuple[Counter | Histogram, ...] = (
    HTTP_REQUESTS,
    HTTP_SECONDS,
    WRONG_TOKENS,
    EVENTS_PUBLISHED,
    RECORDS_CONSUMED,
    RECORDS_BURIED,
    CONSUMER_SECONDS,
    REPORTS_MADE,
    MAILS,
)
"""What the processes count as it happens."""

LOOKED_AT: tuple[Gauge, ...] = (
    UP,
    RELAY_ACTIVE,
    OUTBOX_ROWS,
    OUTBOX_OLDEST,
    REFUSED_EVENTS,
    DEAD_LETTERS,
    LAG,
    SUBMISSIONS_WAITING,
    SUBMISSIONS_OLDEST,
    STALE_REQUESTS,
    STALE_OLDEST,
    WAITING_REQUESTS,
    FAILED_REPORTS,
    OPEN_APPROVALS,
    APPROVALS_OLDEST,
    MAIL_QUEUE,
    MAIL_OLDEST,
    DELIVERIES,
    DISK_FREE,
    BUILD_INFO,
)
"""What is looked up when a work process is scraped, each of its own service's; a web process shows BUILD_INFO only."""

METRICS: tuple[Counter | Histogram | Gauge, ...] = (*COUNTED, *LOOKED_AT)


def switch_on(registry: CollectorRegistry) -> None:
    """Begin to count, into a registry.

    Where several processes are shown as one, PROMETHEUS_MULTIPROC_DIR must stand in the environment before.
    """
    for metric in COUNTED:
        metric.make(registry)


def switch_off() -> None:
    """Stop counting."""
    for metric in COUNTED:
        metric.make(None)


def as_markdown(metrics: Sequence[Counter | Histogram | Gauge] = METRICS) -> str:
    """Write the list as a document for those who watch the house."""
    rows = [
        f"| `{metric.name}` | {metric.kind} | {', '.join(f'`{one}`' for one in metric.labels) or '–'} | {metric.help} |"
        for metric in metrics
    ]
    return "\n".join(
        [
            "# Metrics",
            "",
            "Made by `make contracts` from `shared/telemetry/metrics.py`. Served at `http://HOST:PORT/metrics` where",
            "`HANDSLAG_METRICS_PORT` is set: on one machine by `handslag serve` for all, otherwise by each `web` and",
            "`work` process for itself. Gauges are looked up at each scrape by the work process of their service; a",
            "database or event log that is away shows as `handslag_up` 0, and what it would have told is missing.",
            "",
            "| name | kind | labels | what it says |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
