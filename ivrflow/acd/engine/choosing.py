"""Which of several free agents rings: the strategies of `choose:`.

Each is a function of those who could serve; of equals, who is idle longest rings.
Nothing here is left to chance: `random` is a hash of the call, the agent and a seed
(rendezvous hashing), so a replay chooses as the live service did, and an agent who was
not there changes nothing between the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from math import log

from ivrflow.acd.engine.roster import Found, Roster
from ivrflow.acd.engine.seat import Seat
from ivrflow.acd.model import Need, QueueRules


@dataclass(slots=True)
class Choice:
    """What a strategy looks at."""

    call: str
    need: Need
    rules: QueueRules
    roster: Roster
    """The free agents: longest idle first, or in the order of agents.yaml."""
    found: Found
    """Those of them who can serve: somebody."""
    last: Seat | None
    """Who of this queue was rung last, for who wants to know."""
    now: float


Chosen = tuple[Seat, float]
"""Who rings, and the figure for which he was chosen."""


def longest_idle(choice: Choice) -> Chosen:
    """Seconds since the agent could have been given a call."""
    seat = choice.roster.first(choice.found)
    return seat, choice.now - seat.idle_since


def best_skill(choice: Choice) -> Chosen:
    """The highest sum of levels over the skills that are needed."""
    need = choice.need
    best, highest = None, -1
    if need.any:
        for seat in choice.roster.each(choice.found):
            score = need.score(seat.given.skills)
            if score > highest:
                best, highest = seat, score
    else:
        names = [name for name, _ in need.least]
        for seat in choice.roster.each(choice.found):
            has = seat.abilities
            score = 0
            for name in names:
                score += has.get(name, 0)  # who was given the call may lack it
            if score > highest:
                best, highest = seat, score
    assert best is not None
    return best, float(highest)


def fewest_calls(choice: Choice) -> Chosen:
    """Calls answered in this working day."""
    seat = min(choice.roster.each(choice.found), key=lambda seat: seat.calls)
    return seat, float(seat.calls)


def least_busy(choice: Choice) -> Chosen:
    """Seconds of talk and wrap-up in this working day."""
    seat = min(choice.roster.each(choice.found), key=lambda seat: seat.busy)
    return seat, seat.busy


def round_robin(choice: Choice) -> Chosen:
    """The place in agents.yaml: the next one after who was rung last."""
    seat = choice.roster.after(choice.found, choice.last)
    return seat, float(seat.given.order)


def in_order(choice: Choice) -> Chosen:
    """The place in agents.yaml: the first one."""
    seat = choice.roster.first(choice.found)
    return seat, float(seat.given.order)


def at_random(choice: Choice) -> Chosen:
    """A hash of call and agent between 0 and 1: the highest."""
    lot = _lots(choice)
    seat = max(choice.roster.each(choice.found), key=lot)
    return seat, lot(seat)


def weighted(choice: Choice) -> Chosen:
    """The same, so that who has twice the weight wins twice as often."""
    lot = _lots(choice)

    def weighed(seat: Seat) -> float:
        # Of exponentials with rates w, the smallest is one's own in w of all cases.
        return log(lot(seat)) / seat.given.weight if seat.given.weight > 0 else -1e300

    seat = max(choice.roster.each(choice.found), key=weighed)
    return seat, weighed(seat)


def _lots(choice: Choice) -> Callable[[Seat], float]:
    key = blake2b(
        f"{choice.rules.seed}\0{choice.call}".encode(), digest_size=32
    ).digest()

    def lot(seat: Seat) -> float:
        drawn = blake2b(seat.number.encode(), digest_size=7, key=key).digest()
        return (int.from_bytes(drawn, "big") + 1) / (1 << 56)

    return lot


CHOOSE: dict[str, Callable[[Choice], Chosen]] = {
    "longest_idle": longest_idle,
    "best_skill": best_skill,
    "fewest_calls": fewest_calls,
    "least_busy": least_busy,
    "round_robin": round_robin,
    "in_order": in_order,
    "random": at_random,
    "weighted_random": weighted,
    "ring_all": longest_idle,
    "ring_progressively": longest_idle,
}
"""Of the last two, who rings first."""

ORDERED = frozenset({"round_robin", "in_order"})
"""Those that look at agents in the order of agents.yaml."""

ROUNDS = frozenset({"ring_all", "ring_progressively"})
"""Those that let several agents ring at once."""
