"""What is added up: counts and seconds of a queue or an agent in some span of time.

Only what can be added is here, so that the sums of four quarters of an hour are those
of the hour. Ratios, means and percentiles are made of sums in `metrics`. A wait is
counted by whole seconds, rounded up: so how many waited 20 s at most is known exactly
for each whole threshold, also for one that is chosen next year.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

Counts = dict[str, int]
Waits = dict[int, int]
"""Seconds, rounded up -> how many waited so long."""

S = TypeVar("S", bound="Sums")
K = TypeVar("K")

LONGEST_WORD = 40
"""Characters of a word that is counted under: some of them come from outside."""

MOST_WORDS = 50
"""Different words of one count; what comes then is counted as `OTHERS`."""

OTHERS = "others"


class Sums(msgspec.Struct, kw_only=True):
    """Counts and seconds that can be added."""

    def __reduce__(self) -> Any:
        # What is 0 is left out: of a snapshot's thousands of sums that is most.
        return unpacked, (type(self), msgspec.msgpack.encode(self))

    def add(self, other: Any) -> None:
        """Add *other*, which is of the same class, to this."""
        names, values = _fields(type(self))
        for name, more in zip(names, values(other), strict=True):
            if not more:
                continue
            if isinstance(more, dict):
                mine = getattr(self, name)
                for key, count in more.items():
                    mine[key] = mine.get(key, 0) + count
            elif name == "longest":
                setattr(self, name, max(getattr(self, name), more))
            else:
                setattr(self, name, getattr(self, name) + more)


class QueueSum(Sums, kw_only=True, omit_defaults=True):
    """What happened to those who came into one queue in one span of time.

    All that becomes of somebody is counted in the span in which he came: the talk of a
    caller who came at 9:59 belongs to 9:45. Seconds are floats.
    """

    offered: int = 0
    """Came: `CallerQueued`, or `LeftQueue` at the door (full, closed, no agents)."""
    answered: int = 0
    """`Connected`; one whose agent was lost before the two could talk, and who waits
    on, only once."""
    abandoned: int = 0
    """`LeftQueue`, abandoned."""
    flowed: Counts = msgspec.field(default_factory=dict)
    """`LeftQueue` otherwise: how -> count; and "lost" with a service that died. Not of
    who was led back to the same place in the line."""
    waits: Waits = msgspec.field(default_factory=dict)
    """Of those who were answered, `CallerQueued` to `Connected`."""
    lost_waits: Waits = msgspec.field(default_factory=dict)
    """Of those who abandoned."""
    wait: float = 0.0
    """Of those who were answered."""
    lost_wait: float = 0.0
    longest: float = 0.0
    """Of all whose wait is over; the one field that is not added."""
    handled: int = 0
    """Talks that are over: `TalkEnded`; not those of agents to whom an attended
    transfer gave the caller: they go on with what is handled already."""
    talk: float = 0.0
    """Without hold, and with each agent who had the caller."""
    hold: float = 0.0
    wrap_up: float = 0.0
    ended_by: Counts = msgspec.field(default_factory=dict)
    """`TalkEnded.by` -> count."""
    offers: Counts = msgspec.field(default_factory=dict)
    """How an offer ended (`OfferEnded.how`, or "answered") -> count."""
    idle: float = 0.0
    """`AgentOffered.idle`; where those of one caller overlap, each second once."""
    repeated: int = 0
    """Came from a number from which another call came into this queue within 24 h."""
    transfers: Counts = msgspec.field(default_factory=dict)
    """Mode and end (`blind done`) -> count."""
    estimates: int = 0
    """`EstimateSaid` to callers who were answered."""
    estimate_error: float = 0.0
    """Middle of the range less what came, added up with its sign."""
    estimate_missed: float = 0.0
    """The same without its sign."""
    estimate_squares: float = 0.0
    estimate_came: float = 0.0
    """What came."""
    estimate_near: int = 0
    """The middle was within 25 % of what came."""
    estimate_covered: int = 0
    """What came was in the range."""
    asked: int = 0
    """`CallbackAsked`; of messages `WorkBegan`."""
    promises: int = 0
    """`CallbackEnded` in this span, of messages `WorkEnded`, but for those that were
    taken back."""
    kept: int = 0
    """Those of them that were tried, or dealt with, in time."""
    taken_back: int = 0
    """Of messages, those that were withdrawn."""

    @property
    def flowed_out(self) -> int:
        return sum(self.flowed.values())

    @property
    def waiting(self) -> int:
        """Who came and is still there."""
        return self.offered - self.answered - self.abandoned - self.flowed_out


class AgentSum(Sums, kw_only=True, omit_defaults=True):
    """What one agent did in one span of time; seconds are cut at its ends.

    A count belongs to the span in which it happened.
    """

    ready: float = 0.0
    """Ready and idle."""
    ring: float = 0.0
    """Of offers that were answered."""
    ring_vain: float = 0.0
    """Of offers that were not."""
    talk: float = 0.0
    """Without hold."""
    hold: float = 0.0
    wrap_up: float = 0.0
    other: float = 0.0
    """In calls that are not ours, while ready or paused."""
    paused: dict[str, float] = msgspec.field(default_factory=dict)
    """Reason -> seconds; "" where none is known."""
    offers: Counts = msgspec.field(default_factory=dict)
    """How an offer ended -> count; "answered" among them."""
    handled: int = 0
    ended_by: Counts = msgspec.field(default_factory=dict)
    transfers: Counts = msgspec.field(default_factory=dict)
    other_calls: int = 0


def unpacked(of: type[S], packed: bytes) -> S:
    """The sums that `Sums.__reduce__` has put into *packed*."""
    return msgspec.msgpack.decode(packed, type=of)


@cache
def _fields(of: type[Sums]) -> tuple[tuple[str, ...], Callable[[Any], Any]]:
    """The names of its fields, and what reads them all at once."""
    names = of.__struct_fields__
    return names, attrgetter(*names)


def count(counts: Counts, word: str) -> None:
    """Count *word* once more."""
    word = word[:LONGEST_WORD]
    if word not in counts and len(counts) >= MOST_WORDS:
        word = OTHERS
    counts[word] = counts.get(word, 0) + 1


def take_back(counts: dict[K, int], key: K) -> None:
    """Count *key* once less, as if it had never been counted."""
    left = counts.get(key, 0) - 1
    counts[key] = left
    if not left:
        del counts[key]


def whole(seconds: float) -> int:
    """Seconds, rounded up; what clocks leave in the ninth digit is no second."""
    return max(0, math.ceil(seconds - 1e-6))


def total(sums: Any, of: type[S]) -> S:
    """All of *sums* together."""
    result = of()
    for one in sums:
        result.add(one)
    return result


def sum_up(found: dict[K, S], key: K, more: S) -> None:
    """Add *more* to what is found under *key*; the first one is taken as it is."""
    there = found.get(key)
    if there is None:
        found[key] = more
    else:
        there.add(more)
