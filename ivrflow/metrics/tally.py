"""The values of metrics: sums in memory, and what was read off the service just now.

Nothing here waits or locks. The loop counts; who makes a page takes a copy in the loop
(`copied`), and renders that in a thread.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ivrflow.metrics.catalogue import Metric

log = logging.getLogger(__name__)

MOST = 2_000
"""Sets of labels that one metric may have: a site has some dozens of queues. What comes
beyond is counted under `OTHER`, so that no mistake can fill the memory."""

OTHER = "other"

Labels = tuple[str, ...]


@dataclass(slots=True)
class Spread:
    """One series of a histogram."""

    counts: list[int]
    """By bucket, not added up; one more than buckets, for what is above all of them."""
    sum: float = 0.0

    def copy(self) -> Spread:
        return Spread(list(self.counts), self.sum)


@dataclass(slots=True)
class Values:
    """All series at one moment."""

    numbers: dict[Metric, dict[Labels, float]] = field(default_factory=dict)
    """Of counters and gauges."""
    spreads: dict[Metric, dict[Labels, Spread]] = field(default_factory=dict)

    def put(self, metric: Metric, value: float, *labels: str) -> None:
        """Let a counter or gauge have this value, whatever it had."""
        assert len(labels) == len(metric.labels), (metric.name, labels)
        self.numbers.setdefault(metric, {})[labels] = value

    def put_all(self, metric: Metric, values: Mapping[Labels, float]) -> None:
        """Put several series at once."""
        for labels, value in values.items():
            self.put(metric, value, *labels)


class Tally:
    """Counters and histograms while they grow."""

    def __init__(self) -> None:
        self._numbers: dict[Metric, dict[Labels, float]] = {}
        self._spreads: dict[Metric, dict[Labels, Spread]] = {}
        self._told: set[Metric] = set()

    def declare(self, metrics: Sequence[Metric]) -> None:
        """Show those of *metrics* that have no labels from the first moment, as 0: an
        alarm on what never happened yet would find nothing to look at."""
        for metric in metrics:
            if metric.labels:
                continue
            if metric.kind == "histogram":
                self._spread(metric, ())
            else:
                self._numbers.setdefault(metric, {}).setdefault((), 0.0)

    def add(self, metric: Metric, *labels: str, by: float = 1.0) -> None:
        """Count *by* more."""
        series = self._numbers.setdefault(metric, {})
        key = self._bounded(metric, series, labels)
        series[key] = series.get(key, 0.0) + by

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Count one more that took *value*."""
        spread = self._spread(metric, labels)
        spread.counts[bisect_left(metric.buckets, value)] += 1
        spread.sum += value

    def copied(self) -> Values:
        """All of it, as it is now."""
        return Values(
            {metric: dict(series) for metric, series in self._numbers.items()},
            {
                metric: {labels: spread.copy() for labels, spread in series.items()}
                for metric, series in self._spreads.items()
            },
        )

    def _spread(self, metric: Metric, labels: Labels) -> Spread:
        series = self._spreads.setdefault(metric, {})
        key = self._bounded(metric, series, labels)
        if (found := series.get(key)) is None:
            found = series[key] = Spread([0] * (len(metric.buckets) + 1))
        return found

    def _bounded(
        self, metric: Metric, series: Mapping[Labels, object], labels: Labels
    ) -> Labels:
        assert len(labels) == len(metric.labels), (metric.name, labels)
        if labels in series or len(series) < MOST:
            return labels
        if metric not in self._told:
            self._told.add(metric)
            log.warning(
                "metric %s has %d sets of labels; more are counted as %r",
                metric.name,
                MOST,
                OTHER,
            )
        return tuple(OTHER for _ in labels)
