"""What a scrape shows of a gauge that is looked up and not counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.telemetry import metrics

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily


def family(gauge: metrics.Gauge, samples: list[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
    """Make what a scrape shows of a gauge: a number for each of the labels' values."""
    from prometheus_client.core import GaugeMetricFamily

    made = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
    for values, number in samples:
        made.add_metric(values, number)
    return made
