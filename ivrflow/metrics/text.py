"""The page that Prometheus reads, made of values: what prometheus-client writes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Protocol

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from ivrflow.metrics.catalogue import ALL, Metric
from ivrflow.metrics.tally import Spread, Values

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""What the page is: Prometheus' text format, which everything that scrapes reads."""


class Collects(Protocol):
    """What has metrics of its own."""

    def collect(self) -> Iterable[Family]: ...


class OfProcess(ProcessCollector):
    """The library's own, which tells nothing at all where it can't read when the
    machine was started: `ProcSubset=pid` in our unit hides that from it."""

    def _boot_time(self) -> float:
        now = time.clock_gettime(time.CLOCK_REALTIME)
        return float(round(now - time.clock_gettime(time.CLOCK_BOOTTIME)))


@cache
def _of_this_process() -> OfProcess:
    """Made once: were the clock read anew for each page, the process would seem to
    have begun anew."""
    return OfProcess(registry=None)


class _Page(Collector):
    """All metrics of *values*, and those of the process."""

    def __init__(self, values: Values, process: Collects) -> None:
        self._values = values
        self._process = process

    def collect(self) -> Iterator[Family]:
        for metric in ALL.values():
            if metric in self._values.numbers or metric in self._values.spreads:
                yield _family(metric, self._values)
        yield from self._process.collect()


def page(values: Values, process: Collects | None = None) -> bytes:
    """All of *values* as text. Computes for tens of milliseconds: not in the loop."""
    return generate_latest(_Page(values, process or _of_this_process()))


def _family(metric: Metric, values: Values) -> Family:
    if metric.kind == "histogram":
        spread = HistogramMetricFamily(metric.name, metric.says, labels=metric.labels)
        for labels, one in sorted(values.spreads[metric].items()):
            spread.add_metric(labels, _buckets(metric, one), one.sum)
        return spread
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.says, labels=metric.labels)
    for labels, value in sorted(values.numbers[metric].items()):
        family.add_metric(labels, value)
    return family


def _buckets(metric: Metric, spread: Spread) -> list[tuple[str, float]]:
    """Buckets as Prometheus has them: each holds those below it too."""
    found, so_far = [], 0
    ends = [*map(str, map(float, metric.buckets)), "+Inf"]
    for end, count in zip(ends, spread.counts, strict=True):
        so_far += count
        found.append((end, float(so_far)))
    return found
