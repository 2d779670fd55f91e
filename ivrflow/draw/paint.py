"""Past calls on a picture: counts, shares, and how warm and how thick things get."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ivrflow.draw.chart import Chart, Way
from ivrflow.flow.traffic import StepTraffic, Traffic

HEATS = (0.02, 0.05, 0.10, 0.20)
"""Shares of callers who hang up in a step, from which it is warm, warmer, ..."""

UNCOUNTED = 1.3
"""Pixels of a line of which nobody knows how often it was taken."""

THIN, THICK = 1.0, 7.0
"""Pixels of a line that nobody took, and of the one that most calls took."""


@dataclass(frozen=True)
class Shares:
    """One step, as it is told in the picture."""

    traffic: StepTraffic
    taken: dict[str, int]
    """Target -> how often it was taken."""

    def told(self, way: Way) -> str:
        """`432 (35 %)`: how often *way* was taken; "" for an entry's."""
        if not way.choices:
            return ""
        count = self.taken.get(way.end, 0)
        if not count:
            return "0"
        return f"{count:,} ({percent(count, self.traffic.visits)})"

    def summary(self) -> tuple[str, ...]:
        """`1,234 visits · 8.4 s`, and `12 % hung up` where that happened."""
        here = self.traffic
        if not here.visits:
            return ("nobody came here",)
        visits = f"{here.visits:,} visit{'s' if here.visits != 1 else ''}"
        if here.mean is not None:
            visits += f" \u00b7 {seconds(here.mean)}"
        if not here.dropped:
            return (visits,)
        return visits, f"{percent(here.dropped, here.visits)} hung up"


class Paint:
    """The traffic of one flow, for its picture."""

    def __init__(self, chart: Chart, traffic: Traffic) -> None:
        self._flow = chart.name
        self._traffic = traffic
        self._taken: dict[str, dict[str, int]] = {}
        for (flow, step, _, target), count in traffic.ways.items():
            if flow == chart.name:
                ways = self._taken.setdefault(step, {})
                ways[target] = ways.get(target, 0) + count
        self._after_the_end = _after_the_end(chart)
        self._most = max(
            (self.count(way) for way in chart.ways if not way.special), default=0
        )

    def step(self, name: str) -> StepTraffic:
        return self._traffic.steps.get((self._flow, name), StepTraffic())

    def count(self, way: Way) -> int:
        """How often a way was taken."""
        return self._taken.get(way.start, {}).get(way.end, 0)

    def shares(self, step: str) -> Shares | None:
        """None for what is not counted: an entry, and steps after a call's end."""
        if step.startswith(">") or step in self._after_the_end:
            return None
        return Shares(self.step(step), self._taken.get(step, {}))

    def others(self, step: str, ways: Sequence[Way]) -> list[tuple[str, str, int]]:
        """(outcome, target, count) of what calls did and no way of the step says.

        Keys that hold everywhere, and ways of other versions.
        """
        ends = {way.end for way in ways if way.start == step}
        return sorted(
            (outcome, target, count)
            for (flow, name, outcome, target), count in self._traffic.ways.items()
            if (flow, name) == (self._flow, step) and target not in ends
        )

    def heat(self, step: str) -> int:
        """0 to 4: which share of the visits ended with the caller hanging up."""
        share = self.step(step).drop_off
        return sum(share >= limit for limit in HEATS)

    def weight(self, way: Way) -> float:
        """The width of a line in pixels."""
        if not way.choices or not self._most or way.start in self._after_the_end:
            return UNCOUNTED
        count = self.count(way)
        return round(THIN + (THICK - THIN) * math.sqrt(count / self._most), 2)


def _after_the_end(chart: Chart) -> set[str]:
    """The steps that only `on_end` leads to: calls that run them are over."""
    entries = dict(chart.entries)
    end = entries.pop(">on_end", None)
    if end is None:
        return set()
    return _led_to(chart, [end]) - _led_to(chart, list(entries.values()))


def _led_to(chart: Chart, todo: list[str]) -> set[str]:
    """The steps *todo*, and all that they lead to."""
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [w.end for w in chart.ways if w.start == name and not w.special]
    return found


def percent(part: int, whole: int) -> str:
    """`35 %`; below one, with a decimal."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.1f} %" if 0 < share < 1 else f"{share:.0f} %"


def seconds(value: float) -> str:
    """`8.4 s`, `3:05 min`."""
    if value < 59.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}:{rest:02} min"
