"""How patient callers were, as far as a day can tell: Kaplan and Meier's estimate.

Who hung up has shown how long he would wait. Who was answered has shown only that he
would wait longer than that. So neither the abandoned alone (the impatient) nor all
(as if answers were hang-ups) tell it; the product of the shares that stayed at each
moment does, among those who were still there to be asked.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from random import Random


class Survival:
    """The share of callers who wait longer than a time."""

    def __init__(self, waits: Iterable[tuple[float, bool]]) -> None:
        """*waits* are seconds, each with whether the caller gave up then."""
        gone: Counter[float] = Counter()
        ended: Counter[float] = Counter()
        for seconds, gave_up in waits:
            ended[seconds] += 1
            gone[seconds] += gave_up
        there = ended.total()
        stay = 1.0
        self._times: list[float] = []
        """When anybody gave up, ascending."""
        self._stay: list[float] = []
        """The share that stays beyond each of these."""
        for seconds in sorted(ended):
            if gone[seconds]:
                stay *= 1.0 - gone[seconds] / there
                self._times.append(seconds)
                self._stay.append(stay)
            there -= ended[seconds]

    def beyond(self, seconds: float) -> float:
        """The share of callers who wait longer than *seconds*."""
        index = bisect_right(self._times, seconds)
        return self._stay[index - 1] if index else 1.0

    def median(self) -> float | None:
        """When half of the callers would have given up; None: nobody saw that."""
        return next(
            (t for t, s in zip(self._times, self._stay, strict=True) if s <= 0.5), None
        )

    def draw(self, beyond: float, random: Random) -> float:
        """How long somebody waits who is known to wait longer than *beyond*.

        `math.inf` for a share that nobody saw give up: the day does not tell when.
        """
        level = self.beyond(beyond) * random.random()
        # The shares fall, so the first that is not above the level is looked for.
        low, high = bisect_right(self._times, beyond), len(self._times)
        while low < high:
            middle = (low + high) // 2
            if self._stay[middle] <= level:
                high = middle
            else:
                low = middle + 1
        return self._times[low] if low < len(self._times) else math.inf
