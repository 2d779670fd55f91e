"""The desk's facts, one method per thing that happens.

`told.offered(...)` where the desk's own code would else be half keyword arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ivrflow.acd.model import Agent, Need, Offer, Waiting
from ivrflow.facts import (
    AgentChanged,
    AgentOffered,
    CallerQueued,
    Connected,
    LeftQueue,
    NeedsWidened,
    Note,
    OfferEnded,
    TalkEnded,
)


class Told:
    """Notes facts, each with the time now."""

    def __init__(self, note: Note, clock: Callable[[], float]) -> None:
        self._note = note
        self._clock = clock

    def queued(
        self, waiting: Waiting, position: int, agents: Mapping[str, int]
    ) -> None:
        self._note(
            CallerQueued(
                at=self._clock(),
                call=waiting.call,
                queue=waiting.queue,
                needs=waiting.need.spelled(),
                priority=waiting.priority,
                position=position,
                agents=agents,
            )
        )

    def widened(self, waiting: Waiting, need: Need, after: float) -> None:
        self._note(
            NeedsWidened(
                at=self._clock(),
                call=waiting.call,
                queue=waiting.queue,
                needs=need.spelled(),
                after=after,
            )
        )

    def left(self, waiting: Waiting, how: str) -> None:
        now = self._clock()
        self._note(
            LeftQueue(
                at=now,
                call=waiting.call,
                queue=waiting.queue,
                how=how,
                waited=max(0.0, now - waiting.joined),
            )
        )

    def offered(self, offer: Offer, why: str) -> None:
        self._note(
            AgentOffered(
                at=self._clock(),
                call=offer.call,
                queue=offer.queue,
                agent=offer.agent,
                offer=offer.id,
                why=why,
            )
        )

    def offer_ended(self, offer: Offer, how: str) -> None:
        self._note(
            OfferEnded(
                at=self._clock(),
                call=offer.call,
                queue=offer.queue,
                agent=offer.agent,
                offer=offer.id,
                how=how,
            )
        )

    def connected(self, offer: Offer, waited: float, shown: Mapping[str, str]) -> None:
        self._note(
            Connected(
                at=self._clock(),
                call=offer.call,
                queue=offer.queue,
                agent=offer.agent,
                offer=offer.id,
                waited=waited,
                shown=shown,
            )
        )

    def talk_ended(self, offer: Offer, seconds: float, by: str) -> None:
        self._note(
            TalkEnded(
                at=self._clock(),
                call=offer.call,
                queue=offer.queue,
                agent=offer.agent,
                offer=offer.id,
                seconds=seconds,
                by=by,
            )
        )

    def agent_changed(self, agent: Agent, why: str, call: str = "") -> None:
        now = self._clock()
        self._note(
            AgentChanged(
                at=now,
                call=call,
                agent=agent.number,
                presence=agent.presence.value,
                work=agent.work_at(now).value,
                why=why,
            )
        )
