"""How calls have ended: which talk an agent had last, and whether that is still owed.

A queue may require a *disposition*: after a talk its agents stay in wrap-up until they
have said how it ended, by phone, by the API or a supervisor for them. Such a wrap-up
has no end (`Agent.free_at` is infinite), which the board keeps over a restart; when it
is said, the wrap-up ends when it would have, or now if that is over.

Pure bookkeeping for the desk, in memory; what it has forgotten the board knows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ivrflow.acd.model import Offer


class CannotDispose(ValueError):
    """Something about a disposition is not as it must be. Says what."""


class NothingToDispose(CannotDispose):
    """The agent has had no talk to say anything of."""

    def __init__(self, number: str) -> None:
        super().__init__(f"agent {number} has had no talk yet to say the end of")


class DispositionOwed(CannotDispose):
    """The agent's wrap-up lasts until it is said how the call has ended."""

    def __init__(self, number: str) -> None:
        super().__init__(
            f"agent {number} must first say how the last call ended (a disposition)"
        )


@dataclass(slots=True)
class LastTalk:
    """A talk, while it lasts and after it."""

    offer: Offer
    until: float = 0.0
    """When the wrap-up ends by itself."""
    said: bool = False


class Disposing:
    """The last talk of each agent."""

    def __init__(self) -> None:
        self._last: dict[str, LastTalk] = {}

    def began(self, offer: Offer) -> None:
        """The agent has answered."""
        self._last[offer.agent] = LastTalk(offer)

    def ended(self, offer: Offer, until: float, *, required: bool) -> float:
        """The talk is over; return when the agent is free: *until*, or never yet."""
        talk = self._last.get(offer.agent)
        if talk is None or talk.offer.id != offer.id:
            talk = self._last[offer.agent] = LastTalk(offer)
        talk.until = until
        return math.inf if required and not talk.said else until

    def of(self, agent: str) -> LastTalk | None:
        """The agent's last talk; None if there was none since the start."""
        return self._last.get(agent)

    def recall(self, offer: Offer) -> LastTalk:
        """The last talk of an agent is that of *offer*, from before the start."""
        return self._last.setdefault(offer.agent, LastTalk(offer))
