"""Random numbers of a simulation, each kind from a stream of its own.

So two scenarios with one seed meet the same calls, whatever else differs: what changes
between them is what they do about it. Drawn in blocks, since a call of a function for
each would cost as much as all that is done with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from heapq import merge
from random import Random
from typing import NamedTuple

from ivrflow.sim.queue.values import DAY, Law

BLOCK = 512
"""Numbers that are drawn at once."""


class Coming(NamedTuple):
    """A call that comes: when, of which class (its number), and what it will be like.

    *patience* is `math.inf` for one who never hangs up; *ring* is how long the phone of
    an agent rings for it.
    """

    at: float
    klass: int
    handle: float
    patience: float
    ring: float = 0.0


def stream(seed: str, *what: str) -> Random:
    """The stream of random numbers for *what*."""
    # Not secret: numbers that must come again with the same seed.
    return Random("/".join((seed, *what)))


def durations(law: Law | None, random: Random) -> Iterator[float]:
    """Yield seconds by *law* without end; for none of them, for ever each."""
    if law is None or law.mean == math.inf:
        while True:
            yield math.inf
    mean = float(law.mean)
    draw, log = random.random, math.log
    if law.shape == "fixed":
        while True:
            yield mean
    if law.shape == "exponential":
        while True:
            yield from [-mean * log(1.0 - draw()) for _ in range(BLOCK)]
    spread = math.sqrt(math.log(1.0 + float(law.cv) ** 2))
    middle = math.log(mean) - spread * spread / 2
    while True:
        yield random.lognormvariate(middle, spread)


def poisson(rates: Sequence[tuple[float, float]], random: Random) -> Iterator[float]:
    """Yield the times of a Poisson process that has *rates* each day, from 0 on.

    *rates* are (seconds since midnight, calls a second from then on), in their order.
    Before the first one, the last one goes on.
    """
    draw, log = random.random, math.log
    if len(rates) == 1:
        now, mean = 0.0, 1.0 / rates[0][1]
        while True:
            for gap in [-mean * log(1.0 - draw()) for _ in range(BLOCK)]:
                now += gap
                yield now
    pieces = _pieces(rates)
    day = 0.0
    due = -log(1.0 - draw())  # what of the intensity is left until the next one
    while True:
        for begin, end, rate in pieces:
            now = begin
            while due < (end - now) * rate:
                now += due / rate
                yield day + now
                due = -log(1.0 - draw())
            due -= (end - now) * rate
        day += DAY


def _pieces(
    rates: Sequence[tuple[float, float]],
) -> list[tuple[float, float, float]]:
    """The day in pieces of one rate: begin, end, rate."""
    known = list(rates)
    if known[0][0] > 0.0:
        known.insert(0, (0.0, known[-1][1]))
    ends = [begin for begin, _ in known[1:]] + [DAY]
    return [(b, e, rate) for (b, rate), e in zip(known, ends, strict=True)]


def calls(
    klass: int,
    times: Iterator[float],
    handle: Iterator[float],
    wait: Iterator[float],
    ring: Iterator[float] | None,
) -> Iterator[Coming]:
    """The calls of one class, one after the other."""
    if ring is None:
        for at in times:
            yield Coming(at, klass, next(handle), next(wait))
    else:
        for at in times:
            yield Coming(at, klass, next(handle), next(wait), next(ring))


def together(classes: Sequence[Iterator[Coming]]) -> Iterator[Coming]:
    """The calls of all classes, in the order in which they come."""
    return classes[0] if len(classes) == 1 else merge(*classes)
