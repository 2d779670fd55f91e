"""The talks that are on now: who is asked to hold, whom a supervisor may hear."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivrflow.telephony.channel import Channel

if TYPE_CHECKING:
    from ivrflow.flow.conversation.talk import Conversation


@dataclass(frozen=True, kw_only=True)
class TalkState:
    """One talk at this moment, as texts and numbers. Times are seconds."""

    call: str
    queue: str
    agent: str
    """Who has the caller; "" once he was given to somebody who is no agent."""
    offer: str
    doing: str
    """talking, hold, entering (the agent enters a target), ringing, consulting,
    conference or flow."""
    since: float
    """For how long it has been doing that."""
    held: float
    """For how long the caller was on hold so far, in this agent's talk."""
    other: str
    """Who is rung, asked or taken into it: `agent 1002`, a queue, a number; "": none"""
    flow: str
    """The flow in which the caller is, or was last."""
    result: dict[str, str] = field(default_factory=dict)
    """What that flow gave."""
    recording: str = "off"
    """on, paused or off."""


@dataclass(frozen=True, eq=False)
class Seat:
    """An agent who talks: with the caller, or as one who is asked."""

    agent: str
    leg: Channel
    conversation: Conversation


class Talks:
    """All talks of this service, kept for as long as they last."""

    def __init__(self) -> None:
        self._talks: dict[str, Conversation] = {}
        self._seats: dict[str, Seat] = {}
        self._watchers: set[asyncio.Event] = set()

    def add(self, call: str, conversation: Conversation) -> None:
        """A talk has begun."""
        self._talks[call] = conversation
        self._tell()

    def remove(self, call: str, conversation: Conversation) -> None:
        """It is over; a newer one of the same call stays."""
        if self._talks.get(call) is conversation:
            del self._talks[call]
        self._tell()

    def sit(self, seat: Seat) -> None:
        """An agent talks from now on."""
        self._seats[seat.agent] = seat
        self._tell()

    def rise(self, seat: Seat) -> None:
        """He does not any more; a newer talk of his stays."""
        if self._seats.get(seat.agent) is seat:
            del self._seats[seat.agent]
        self._tell()

    def of_call(self, call: str) -> Conversation | None:
        """The talk in which this caller is; None if he is in none."""
        return self._talks.get(call)

    def of_agent(self, number: str) -> Seat | None:
        """Where this agent talks; None if he does not."""
        return self._seats.get(number)

    def all(self) -> Sequence[Conversation]:
        """All talks, the longest first."""
        return list(self._talks.values())

    async def other(self, number: str, than: Seat | None) -> Seat | None:
        """Wait until this agent talks elsewhere *than* there, or not any more."""
        news = asyncio.Event()
        self._watchers.add(news)
        try:
            while (seat := self._seats.get(number)) is than:
                news.clear()
                await news.wait()
            return seat
        finally:
            self._watchers.discard(news)

    def _tell(self) -> None:
        for news in self._watchers:
            news.set()
