"""The desk's facts, one method per thing that happens.

`told.offered(...)` where the desk's own code would else be half keyword arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypedDict

from ivrflow.acd.engine.outcome import Widened
from ivrflow.acd.model import Agent, Offer, Waiting
from ivrflow.facts import (
    AbilitiesChanged,
    AgentChanged,
    AgentOffered,
    CallerMoved,
    CallerQueued,
    Connected,
    Disposed,
    LeftQueue,
    NeedsWidened,
    Note,
    OfferEnded,
    PhoneChanged,
    TalkEnded,
    WrapUpChanged,
)

SERVICE = "service"
"""Who did what nobody asked for."""


class _OfOffer(TypedDict):
    """What every fact of an offer has."""

    at: float
    call: str
    queue: str
    agent: str
    offer: str


class Told:
    """Notes facts, each with the time now, or *at* which it was."""

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
                item=waiting.item,
                joined=waiting.joined,
                origin=waiting.origin,
            )
        )

    def widened(self, waiting: Waiting, what: Widened) -> None:
        self._note(
            NeedsWidened(
                at=self._clock(),
                call=waiting.call,
                queue=waiting.queue,
                needs=what.need.spelled(),
                after=what.after,
                queues=what.queues,
                priority=what.priority,
            )
        )

    def moved(self, old: Waiting, new: Waiting, by: str, agent: str) -> None:
        self._note(
            CallerMoved(
                at=self._clock(),
                call=new.call,
                queue=old.queue,
                to=new.queue,
                priority=new.priority,
                by=by,
                agent=agent,
            )
        )

    def left(
        self,
        waiting: Waiting,
        how: str,
        position: int = 0,
        to: str = "",
        *,
        at: float | None = None,
    ) -> None:
        now = self._clock() if at is None else at
        self._note(
            LeftQueue(
                at=now,
                call=waiting.call,
                queue=waiting.queue,
                how=how,
                waited=max(0.0, now - waiting.joined),
                position=position,
                to=to,
            )
        )

    def _of(self, offer: Offer, at: float | None = None) -> _OfOffer:
        return {
            "at": self._clock() if at is None else at,
            "call": offer.call,
            "queue": offer.queue,
            "agent": offer.agent,
            "offer": offer.id,
        }

    def offered(
        self, offer: Offer, why: str, shown: Mapping[str, str], since: float
    ) -> None:
        now = self._clock()
        self._note(
            AgentOffered(
                **self._of(offer, now),
                why=why,
                shown=shown,
                idle=max(0.0, now - since),
            )
        )

    def offer_ended(self, offer: Offer, how: str, at: float | None = None) -> None:
        self._note(OfferEnded(**self._of(offer, at), how=how))

    def connected(
        self,
        offer: Offer,
        waited: float,
        shown: Mapping[str, str],
        at: float | None = None,
    ) -> None:
        self._note(
            Connected(
                **self._of(offer, at),
                waited=waited,
                shown=shown,
            )
        )

    def talk_ended(
        self,
        offer: Offer,
        seconds: float,
        by: str,
        held: float,
        at: float | None = None,
    ) -> None:
        self._note(
            TalkEnded(
                **self._of(offer, at),
                seconds=seconds,
                by=by,
                held=held,
            )
        )

    def agent_changed(
        self, agent: Agent, why: str, call: str = "", by: str = SERVICE
    ) -> None:
        now = self._clock()
        self._note(
            AgentChanged(
                at=now,
                call=call,
                agent=agent.number,
                presence=agent.presence.value,
                work=agent.work_at(now).value,
                why=why,
                reason=agent.reason,
                queues=sorted(agent.queues),
                by=by,
            )
        )

    def wrap_up_changed(self, number: str, until: float, by: str) -> None:
        self._note(WrapUpChanged(at=self._clock(), agent=number, until=until, by=by))

    def phone_changed(self, number: str, busy: bool, state: str) -> None:
        self._note(PhoneChanged(at=self._clock(), agent=number, busy=busy, state=state))

    def abilities_changed(self, agent: Agent, by: str) -> None:
        self._note(
            AbilitiesChanged(
                at=self._clock(),
                agent=agent.number,
                by=by,
                queues=sorted(agent.queues),
                skills=dict(agent.skills),
            )
        )

    def disposed(self, offer: Offer, disposition: str, by: str) -> None:
        self._note(
            Disposed(
                **self._of(offer),
                disposition=disposition,
                by=by,
            )
        )
