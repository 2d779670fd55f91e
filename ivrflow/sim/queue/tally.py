"""What is counted of a simulation, and the figures that are made of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

WITHIN = 20.0
"""Seconds of `sl20`."""

COUNTS = ("offered", "blocked", "abandoned", "answered")
FIGURES = (
    "mean_wait_served",
    "mean_wait_all",
    "mean_wait_admitted",
    "p_wait",
    "sl20",
    "occupancy",
)

Figures = Mapping[str, float | None]
"""Counts and figures by name; None: there was nothing to make it of."""

Summary = Callable[[Sequence[float]], float | None]
"""What the values of several runs come to."""


@dataclass(slots=True)
class Tally:
    """Counts and sums of one class, or of all. Times are seconds."""

    offered: int = 0
    blocked: int = 0
    abandoned: int = 0
    answered: int = 0
    within: int = 0
    """Answered within `WITHIN`."""
    waited: int = 0
    """Found no agent at once."""
    wait_served: float = 0.0
    wait_lost: float = 0.0
    busy: float = 0.0
    """Seconds in which agents served it, wrap-up included."""

    def add(self, other: Tally) -> None:
        """Count what *other* has counted, too."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def figures(self, staffed: float) -> dict[str, float | None]:
        """All counts and figures. *staffed*: seconds for which agents were there."""
        waits = self.wait_served + self.wait_lost
        ended = self.answered + self.abandoned
        admitted = self.offered - self.blocked
        return {
            "offered": self.offered,
            "blocked": self.blocked,
            "abandoned": self.abandoned,
            "answered": self.answered,
            "mean_wait_served": _ratio(self.wait_served, self.answered),
            "mean_wait_all": _ratio(waits, ended),
            "mean_wait_admitted": _ratio(waits, admitted),
            "p_wait": _ratio(self.waited, admitted),
            "sl20": _ratio(self.within, self.offered),
            "occupancy": _ratio(self.busy, staffed),
        }


@dataclass(frozen=True, slots=True)
class Result:
    """One run: figures of all calls together, and of each class."""

    all: Figures
    classes: Mapping[str, Figures]
    waiting: int = 0
    """Counted callers of whom nobody knows the end yet: the run was broken off."""
    seconds: float = 0.0
    """Virtual time of the counted part."""
    calls: int = 0
    """Calls that came, warm-up and all."""


@dataclass(frozen=True, slots=True)
class Table:
    """A figure, or its error, for all calls together and for each class."""

    all: Figures
    classes: Mapping[str, Figures]

    def spelled(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "all": dict(self.all),
            "classes": {name: dict(one) for name, one in self.classes.items()},
        }


@dataclass(frozen=True, slots=True)
class Results:
    """Some independent runs of one scenario; at least one."""

    runs: Sequence[Result]

    def means(self) -> Table:
        """The mean of the runs, figure by figure."""
        return self._over(_mean)

    def errors(self) -> Table:
        """The standard errors of these means; None for those of a single run."""
        return self._over(_error)

    def _over(self, of: Summary) -> Table:
        return Table(
            _joined([run.all for run in self.runs], of),
            {
                name: _joined([run.classes[name] for run in self.runs], of)
                for name in self.runs[0].classes
            },
        )


def _joined(figures: Sequence[Figures], of: Summary) -> Figures:
    joined: dict[str, float | None] = {}
    for name in (*COUNTS, *FIGURES):
        values = [value for one in figures if (value := one[name]) is not None]
        joined[name] = of(values) if values else None
    return joined


def _mean(values: Sequence[float]) -> float:
    return values[0] if len(values) == 1 else fmean(values)


def _error(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    return stdev(values) / math.sqrt(len(values))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
