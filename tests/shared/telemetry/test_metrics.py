"""The list of metrics keeps Prometheus' customs, and counting costs nothing while nobody scrapes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from shared.telemetry import metrics


@pytest.fixture
def registry() -> Iterator[CollectorRegistry]:
    made = CollectorRegistry()
    metrics.switch_on(made)
    yield made
    metrics.switch_off()


def test_names_are_ours_and_say_their_unit() -> None:
    names = [metric.name for metric in metrics.METRICS]
    assert len(set(names)) == len(names)
    for metric in metrics.METRICS:
        assert re.fullmatch(r"handslag_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        if metric.kind == "histogram" or "oldest" in metric.name:
            assert metric.name.endswith("_seconds"), metric.name
        assert metric.help.endswith("."), metric.name


def test_what_is_counted_is_seen_under_its_labels(registry: CollectorRegistry) -> None:
    metrics.MAILS.add(0, "refused")
    metrics.MAILS.add(2, "sent")
    metrics.CONSUMER_SECONDS.ready("matching")
    metrics.CONSUMER_SECONDS.observe(0.2, "matching")
    assert registry.get_sample_value("handslag_mails_total", {"outcome": "sent"}) == 2
    assert registry.get_sample_value("handslag_mails_total", {"outcome": "refused"}) == 0
    assert registry.get_sample_value("handslag_consumer_batch_seconds_count", {"group": "matching"}) == 1
    bucket = {"group": "matching", "le": "0.25"}
    assert registry.get_sample_value("handslag_consumer_batch_seconds_bucket", bucket) == 1


def test_nothing_is_counted_while_metrics_are_off() -> None:
    metrics.MAILS.add(1, "sent")
    metrics.HTTP_SECONDS.observe(1.0, "profiles", "/", "GET")
    metrics.HTTP_SECONDS.ready("profiles", "/", "GET")


def test_the_document_has_a_row_for_each() -> None:
    text = metrics.as_markdown()
    assert all(f"| `{metric.name}` | {metric.kind} |" in text for metric in metrics.METRICS)
