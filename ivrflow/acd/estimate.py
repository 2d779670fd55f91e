"""How long a caller will wait: a range, from what has been seen lately.

The core is QL_m of Ibrahim & Whitt (2009): with n callers ahead, each of them and the
caller too has to wait for a departure, and each departure comes either from one of the
s agents or from one of those ahead who loses patience. Where talks and patience are
exponential nothing can be better, as n says all there is to know.

A call center is not like that, in three ways that can be seen. Agents serve other
queues too: whoever of these comes first is ahead as well, by the share of his agents
who are this caller's (`Engine.rivals`), and what an agent needs for a call is learned
from all his calls, of whatever queue. A queue may be overtaken by others all day: what
its callers were told is compared with what came, and the next ones are told so much
more or less, as far as that is more than chance. And the spread of the real waits is
learned as their mean is.

`bench/estimate.py` measures all this, on a recorded day too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign, exp, log, sqrt

FLOOR = 60.0
"""Seconds below which nothing is told apart: "less than a minute" ends many calls in a
minute and a half."""

FORGET = 0.999
"""How much of what was seen remains after one more talk or caller. A rate that is known
from 1,000 talks is wrong by 3 %, one from 100 by 10 %, and everybody is told that."""

TRUST = 5.0
"""The assumed figures count as much as this many talks or callers seen."""

LEARN = 0.99
"""As `FORGET`, of how wrong the estimates were."""

DOUBT = 10.0
"""As many estimates that were right are assumed to have been seen."""

CHANCE = 0.1
"""How far, as a logarithm, estimates may be off before anything is made of it."""

WIDEST = 4.0
"""How many times the model's own spread may be said at most."""

EXACT = 16
"""Departures that are added up one by one; the others are a smooth sum."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What the model alone says: the mean wait, and its standard deviation; seconds."""

    mean: float
    spread: float


class Pace:
    """What one queue's talks and callers have been like, and what they were told."""

    def __init__(self, *, handle: float, patience: float) -> None:
        """*handle* and *patience* (seconds) are assumed until enough is seen."""
        self._handle_sum, self._talks = handle * TRUST, TRUST
        self._waited, self._lost = patience * TRUST, TRUST
        self._came, self._told = 0.0, 0.0
        self._squares, self._judged = DOUBT, DOUBT

    def talked(self, seconds: float) -> None:
        """A talk took an agent of this queue *seconds*, wrap-up included."""
        self._handle_sum = self._handle_sum * FORGET + seconds
        self._talks = self._talks * FORGET + 1

    def waited(self, seconds: float, *, lost: bool) -> None:
        """A caller waited *seconds*; *lost* if that ended without an agent."""
        self._waited = self._waited * FORGET + seconds
        self._lost = self._lost * FORGET + lost

    def came(self, guess: Guess, seconds: float) -> None:
        """Who got *guess* was answered after *seconds*, counted from then."""
        error = (seconds - self.mean(guess)) / max(guess.spread, 1.0)
        self._squares = self._squares * LEARN + error * error
        self._judged = self._judged * LEARN + 1
        self._came = self._came * LEARN + seconds
        self._told = self._told * LEARN + guess.mean

    @property
    def handle(self) -> float:
        """Mean seconds that a caller takes an agent."""
        return max(1.0, self._handle_sum / self._talks)

    @property
    def patience(self) -> float:
        """Mean seconds after which a caller who gets no agent leaves."""
        return max(1.0, self._waited) / max(self._lost, 1e-6)

    def mean(self, guess: Guess) -> float:
        """The mean wait: the model's, as far off as it has been lately."""
        doubt = DOUBT * guess.mean
        off = log((self._came + doubt) / (self._told + doubt))
        return guess.mean * exp(copysign(max(0.0, abs(off) - CHANCE), off))

    def spread(self, guess: Guess) -> float:
        """The standard deviation of the wait: the model's, as wide as was seen."""
        return guess.spread * min(WIDEST, max(1.0, sqrt(self._squares / self._judged)))


def guess(pace: Pace, *, ahead: float, agents: int) -> Guess:
    """What the model says of one with *ahead* callers before him, and *agents* on duty.

    With nobody at work it is reckoned as if one were.
    """
    busy, leaves = max(agents, 1) / pace.handle, 1 / pace.patience
    mean = variance = 0.0
    for j in range(min(int(ahead), EXACT) + 1):
        rate = busy + j * leaves
        mean += 1 / rate
        variance += 1 / rate**2
    done = min(int(ahead), EXACT) + 1
    rest = ahead + 1 - done
    if rest > 0:  # the integral over the others, by the midpoint rule
        first = busy + (done - 0.5) * leaves
        last = first + rest * leaves
        mean += log(last / first) / leaves
        variance += (1 / first - 1 / last) / leaves
    return Guess(mean, sqrt(variance))


def _range(pace: Pace, found: Guess) -> tuple[float, float]:
    mean, spread = pace.mean(found), pace.spread(found)
    return max(FLOOR, mean - spread), max(FLOOR, mean + spread)


@dataclass(slots=True)
class Promise:
    """What one caller was told, so that the next answer is no worse without a cause."""

    low: float = 0.0
    high: float = 0.0
    ahead: float = -1.0
    agents: int = 0
    first: Guess | None = None
    """What the model said when the caller was told something for the first time."""
    at: float = 0.0
    """When that was."""

    def renew(
        self, pace: Pace, *, ahead: float, agents: int, now: float
    ) -> tuple[float, float]:
        """Return the range to be said at *now*, from then on.

        It rises only if more callers are ahead than last time, or fewer agents at work:
        that other talks took long meanwhile is no cause that a caller understands.
        """
        found = guess(pace, ahead=ahead, agents=agents)
        if self.first is None:
            self.first, self.at = found, now
        low, high = _range(pace, found)
        if self.ahead >= ahead and self.agents <= agents:
            low, high = min(low, self.low), min(high, self.high)
        self.low, self.high, self.ahead, self.agents = low, high, ahead, agents
        return low, high

    def kept(self, pace: Pace, now: float) -> None:
        """The caller is answered at *now*: learn from what was said."""
        if self.first is not None:
            pace.came(self.first, now - self.at)
