"""What past calls did in a flow: how many came to each step, and how they went on.

Pure: it is told calls, one after the other, as the records have them, and counts. A
step is left by its way out, or by the caller who hangs up; who hangs up after the talk
with an agent, or when the message is left, has not dropped off: that is told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

ACHIEVED = ("Connected", "MessageLeft", "CallbackAsked", "RoomEntered")
"""Facts after which a caller may hang up and has got something."""

TALKED = "TransferEnded"
"""So does this one, where its `how` is one of `TALKED_HOW`."""
TALKED_HOW = ("talked", "handed over")

StepName = tuple[str, str]
"""Flow, step."""

WayName = tuple[str, str, str, str]
"""Flow, step, outcome, target."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A call in a step. *outcome* and *target* are "" if it never left by a way."""

    at: float
    flow: str
    step: str
    verb: str
    outcome: str = ""
    target: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trail:
    """One call: its steps in order. Times are seconds since 1970.

    *ended* is None while it runs, or if the service died with it; *by* is who ended it.
    *achieved* is when the caller last got something (`ACHIEVED`); None: never.
    """

    version: str
    stops: Sequence[Stop]
    ended: float | None
    by: str
    achieved: float | None = None


@dataclass(slots=True)
class StepTraffic:
    """What happened in one step."""

    visits: int = 0
    """How often calls came to it; a call may come several times."""
    calls: int = 0
    """How many calls came to it."""
    dropped: int = 0
    """Callers who hung up in it, and had got nothing there."""
    seconds: float = 0.0
    """Spent in it by all visits that have ended, called flows included."""
    timed: int = 0
    """Visits that have ended."""

    @property
    def mean(self) -> float | None:
        """Mean seconds of a visit; None if none has ended."""
        return self.seconds / self.timed if self.timed else None

    @property
    def drop_off(self) -> float:
        """The share of its visits in which the caller hung up: 0 to 1."""
        return self.dropped / self.visits if self.visits else 0.0


@dataclass
class Traffic:
    """The counts; `add` calls to it."""

    since: float = 0.0
    until: float = 0.0
    """Calls that began from *since* on, and before *until*: seconds since 1970."""
    calls: int = 0
    steps: dict[StepName, StepTraffic] = field(default_factory=dict)
    ways: Counter[WayName] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    """Calls by the version of the site that they ran."""

    def add(self, call: Trail) -> None:
        """Count one call."""
        self.calls += 1
        self.versions[call.version] += 1
        for name in {(stop.flow, stop.step) for stop in call.stops}:
            self._of(name).calls += 1
        for stop, left in zip(call.stops, _left(call), strict=True):
            here = self._of((stop.flow, stop.step))
            here.visits += 1
            if stop.outcome:
                self.ways[stop.flow, stop.step, stop.outcome, stop.target] += 1
            if left is not None:
                here.timed += 1
                here.seconds += max(left - stop.at, 0.0)
        if call.stops and call.by == "caller":
            last = call.stops[-1]
            if call.achieved is None or call.achieved < last.at:
                self._of((last.flow, last.step)).dropped += 1

    def _of(self, name: StepName) -> StepTraffic:
        return self.steps.setdefault(name, StepTraffic())

    def unknown(self, known: Mapping[str, Container[str]]) -> dict[StepName, int]:
        """Steps that were visited and are not there any more, with their visits.

        *known* maps each flow to what has its steps' names (`in` is asked).
        """
        return {
            (flow, step): count.visits
            for (flow, step), count in sorted(self.steps.items())
            if flow not in known or step not in known[flow]
        }


def _left(call: Trail) -> list[float | None]:
    """When each stop was left. A step that calls a flow is left when that one is."""
    left: list[float | None] = [call.ended] * len(call.stops)
    open_: list[int] = []  # the stops that are not left, outer flows first
    for number, stop in enumerate(call.stops):
        flows = [call.stops[n].flow for n in open_]
        if stop.flow in flows:
            inner = open_[flows.index(stop.flow) :]
        elif open_ and call.stops[open_[-1]].verb == "call":
            inner = []
        else:
            # Transferred to another flow, which takes the place of all others.
            inner = open_[:]
        for one in inner:
            left[one] = stop.at
            open_.remove(one)
        open_.append(number)
    return left
