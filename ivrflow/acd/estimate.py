"""How long a caller will wait: a range, from what has been seen lately.

The baseline is QL_m of Ibrahim & Whitt (2009): with n callers ahead, each of them and
the caller too has to wait for a departure, and each departure comes either from one of
the s agents or from one of those ahead who loses patience.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

FLOOR = 60.0
"""Seconds below which nothing is told apart: "less than a minute" ends many calls in a
minute and a half."""

FORGET = 0.98
"""How much of what was seen remains after one more talk or caller."""

TRUST = 5.0
"""The assumed figures count as much as this many talks or callers seen."""


class Pace:
    """What one queue's talks and callers have been like."""

    def __init__(self, *, handle: float, patience: float) -> None:
        """*handle* and *patience* (seconds) are assumed until enough is seen."""
        self._handle_sum, self._talks = handle * TRUST, TRUST
        self._waited, self._lost = patience * TRUST, TRUST

    def talked(self, seconds: float) -> None:
        """A talk ended that took an agent *seconds*, wrap-up included."""
        self._handle_sum = self._handle_sum * FORGET + seconds
        self._talks = self._talks * FORGET + 1

    def waited(self, seconds: float, *, lost: bool) -> None:
        """A caller waited *seconds*; *lost* if that ended without an agent."""
        self._waited = self._waited * FORGET + seconds
        self._lost = self._lost * FORGET + lost

    @property
    def handle(self) -> float:
        """Mean seconds that a caller takes an agent."""
        return max(1.0, self._handle_sum / self._talks)

    @property
    def patience(self) -> float:
        """Mean seconds after which a caller who gets no agent leaves."""
        return self._waited / max(self._lost, 1e-6)


def range_of_wait(pace: Pace, *, ahead: int, agents: int) -> tuple[float, float]:
    """Return (low, high) seconds in which the wait probably ends, `FLOOR` at least.

    *ahead* callers come first; *agents* could serve the caller and are free, ring, talk
    or wrap up. With nobody at work it is reckoned as if one were.
    """
    busy_rate = max(agents, 1) / pace.handle
    rates = [busy_rate + j / pace.patience for j in range(ahead + 1)]
    mean = sum(1 / rate for rate in rates)
    spread = sqrt(sum(1 / rate**2 for rate in rates))
    return max(FLOOR, mean - spread), max(FLOOR, mean + spread)


@dataclass(slots=True)
class Promise:
    """What one caller was told, so that the next answer is no worse without a cause."""

    low: float = 0.0
    high: float = 0.0
    ahead: int = -1
    agents: int = 0

    def renew(self, pace: Pace, *, ahead: int, agents: int) -> tuple[float, float]:
        """Return the range to be said now.

        It rises only if more callers are ahead than last time, or fewer agents at work:
        that other talks took long meanwhile is no cause that a caller understands.
        """
        low, high = range_of_wait(pace, ahead=ahead, agents=agents)
        if self.ahead >= ahead and self.agents <= agents:
            low, high = min(low, self.low), min(high, self.high)
        self.low, self.high, self.ahead, self.agents = low, high, ahead, agents
        return low, high
