"""The phones that ring for one caller: mostly one, in a round several, and one wins.

Each ring is a task of its own. It owns its offer from the first moment to the last: it
ends as the winner, or it ends its offer and leaves no leg. Whoever wants it over says
why (`stop`); the ring itself then hangs up and gives the agent back, in this order, so
that nobody is offered the next call while the phone still rings for this one.

Winning is one step without waiting (`_win`): of two agents who answer one ringing call
at the same moment, the second one finds it taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivrflow.acd.model import Agent, Offer
from ivrflow.aio import finish, single
from ivrflow.telephony.channel import (
    Channel,
    DialOrder,
    HungUp,
    NotReached,
    Switch,
    Unreached,
    while_up,
)

if TYPE_CHECKING:
    from ivrflow.acd.desk.books import Books
    from ivrflow.acd.desk.nailed import Lines
    from ivrflow.acd.desk.place import Place

log = logging.getLogger(__name__)

CALLER_GONE = "caller gone"
LOST = "lost"
LOST_RACE = "lost race"
NOT_ACCEPTED = "not accepted"

HANG_UP_WITHIN = 5.0
"""Seconds for hanging up a leg; after that the agent is given back all the same."""

ACCEPTS = "1"
"""The key with which an agent takes a call, where a key is asked for."""

AskAgent = Callable[[Agent, Channel], Awaitable[bool]]
"""Tell an agent who has answered what the call is, and ask whether he takes it."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How phones are to ring."""

    switch: Switch
    shown: Mapping[str, str] = field(default_factory=dict)
    """For the agent's screen."""
    caller_id: str = ""
    ask: AskAgent | None = None
    """For agents who must press 1. None: nothing is said to them, and they have
    `QueueRules.accept_within` for it."""
    once: bool = False
    """Whether it is over when the first phone was not answered."""


@dataclass(frozen=True)
class Won:
    """The offer that has won, and the leg of its agent."""

    offer: Offer
    leg: Channel
    asked: bool
    """Whether the agent has been told already what the call is."""


@dataclass(eq=False)
class _Ring:
    offer: Offer
    task: asyncio.Task[None] | None = None
    begun: bool = False
    stopped: str = ""
    """Why it is to end, as the fact `OfferEnded` has it; "" while it may go on."""
    made: list[Channel] = field(default_factory=list)
    """The leg, once it is answered, until it is hung up or has won."""


class Rings:
    """What rings for one place, for as long as the caller listens."""

    def __init__(self, books: Books, place: Place, ways: Ways) -> None:
        self._books = books
        self._place = place
        self._ways = ways
        self._given: list[Offer] = []
        """Offers that are ours and do not ring yet."""
        self._rings: dict[str, _Ring] = {}
        """By the offer's id."""
        self._news: asyncio.Future[None] | None = None
        self.won: Won | None = None
        self.failed = ""
        """How the last phone that did not win ended, as in the fact `OfferEnded`."""

    def __bool__(self) -> bool:
        return bool(self._rings)

    def give(self, offer: Offer) -> None:
        """Ring this agent too; from now on the offer is ours to end."""
        self._given.append(offer)
        self.wake()

    def wake(self) -> None:
        """Something may have changed for this caller."""
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def stop(self, offer: str, how: str) -> bool:
        """End this ring, for the reason *how*; False if it is not ours (any more)."""
        for given in self._given:
            if given.id == offer:
                self._given.remove(given)
                self._books.ends.offer(given, how)
                return True
        ring = self._rings.get(offer)
        if ring is None:
            return False
        ring.stopped = ring.stopped or how
        # A task that is cancelled before it has begun would end nothing.
        if ring.begun and ring.task is not None:
            ring.task.cancel()
        return True

    async def winner(self, hopeless: Callable[[], bool]) -> Won | None:
        """Return who has won, when no other phone rings any more.

        None if none rings and *hopeless* says that none ever will, or if it was tried
        `once`: see `failed`. Cancelled, it may have won all the same: see `won`.
        """
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    while self.won is None:
                        self._begin(group)
                        tried = self._ways.once and self.failed
                        if not self._rings and (tried or hopeless()):
                            return None
                        await self._hear()
                except BaseException:
                    self._place.deaf()
                    raise
        except BaseExceptionGroup as failed:
            raise single(failed) from None
        finally:
            self._place.deaf()
            self._end_what_never_rang()
        return self.won

    async def _hear(self) -> None:
        """Wait for what is given, has ended, or makes us look again."""
        self._news = asyncio.get_running_loop().create_future()
        try:
            await self._news
        finally:
            self._news = None

    def _begin(self, group: asyncio.TaskGroup) -> None:
        for offer in self._given:
            ring = self._rings[offer.id] = _Ring(offer)
            ring.task = group.create_task(self._ring(ring))
        self._given.clear()

    def _end_what_never_rang(self) -> None:
        how = LOST_RACE if self.won else CALLER_GONE
        for ring in list(self._rings.values()):
            # Cancelled before its first step, so it could not do it itself.
            self._over(ring, ring.stopped or how)
        for offer in self._given:
            self._books.ends.offer(offer, how)
        self._given.clear()

    # One phone ------------------------------------------------------------------------

    async def _ring(self, ring: _Ring) -> None:
        ring.begun = True
        how = ring.stopped
        try:
            if not how:
                how = await self._until_won(ring)
        except asyncio.CancelledError:
            how = ring.stopped or CALLER_GONE
            if not ring.stopped:
                self._place.deaf()  # else the desk would look for the next agent
            raise
        except BaseException:
            how = LOST
            self._place.deaf()
            raise
        finally:
            if how:
                try:
                    for leg in ring.made:
                        await finish(hang_up(leg, ring.offer))
                finally:
                    self._over(ring, how)

    async def _until_won(self, ring: _Ring) -> str:
        """Ring, and ask where that is due. Return how it failed; "" if it has won."""
        agent = self._books.agent(ring.offer.agent)
        try:
            leg = await self._reach(agent, ring.offer)
        except NotReached as error:
            return error.why.value
        except HungUp:
            # The agent's leg, not the caller's: it must not end the call.
            return Unreached.UNREACHABLE.value
        ring.made.append(leg)
        if agent.confirm and not await self._accepts(agent, leg):
            return NOT_ACCEPTED
        # No await from here on: the leg is in nobody else's hands.
        if ring.stopped or self.won is not None:
            return ring.stopped or LOST_RACE
        self._win(Won(ring.offer, ring.made.pop(), agent.confirm))
        return ""

    async def _reach(self, agent: Agent, offer: Offer) -> Channel:
        ring_for = self._place.rules.ring
        if self._books.live[offer.id].again:  # it has rung for a while already
            ring_for = max(0.0, ring_for - (self._books.clock() - offer.at))
        order = DialOrder(
            address=agent.address,
            leg=offer.id,
            ring_for=ring_for,
            caller_id=self._ways.caller_id,
            show=self._ways.shown,
        )
        self._books.rings(offer, self._ways.shown)
        lines = self._books.lines
        if agent.nailed and lines is not None:
            return await lines.lend(agent, order)
        return await self._ways.switch.dial(order)

    async def _accepts(self, agent: Agent, leg: Channel) -> bool:
        """Whether the one at the phone presses 1 in time."""
        try:
            async with while_up(leg):
                if self._ways.ask is not None:
                    return await self._ways.ask(agent, leg)
                async with asyncio.timeout(self._place.rules.accept_within):
                    while await leg.keys.next(None) != ACCEPTS:
                        pass
        except (HungUp, TimeoutError):
            return False
        return True

    def _win(self, won: Won) -> None:
        del self._rings[won.offer.id]
        self.won = won
        self._place.answered(won, self._ways.shown)
        for other in list(self._rings):
            self.stop(other, LOST_RACE)
        self.wake()

    def _over(self, ring: _Ring, how: str) -> None:
        del self._rings[ring.offer.id]
        self.failed = how
        if self._ways.once:
            self._place.deaf()
        self._books.ends.offer(ring.offer, how)
        self.wake()


async def leg_of(
    agent: Agent, offer: Offer, switch: Switch, lines: Lines | None
) -> Channel | None:
    """The leg of an agent who has answered in an earlier life; None: it is gone."""
    if agent.nailed and lines is not None:
        return await lines.again(agent)
    return await switch.leg(offer.id)


async def hang_up(leg: Channel, offer: Offer) -> None:
    """Hang up an agent's leg, as well as that can be done in a few seconds."""
    try:
        async with asyncio.timeout(HANG_UP_WITHIN):
            await leg.hang_up()
    except HungUp:
        pass
    except Exception:
        log.exception(
            "call %s: could not hang up the leg of agent %s; he is given back",
            offer.call,
            offer.agent,
        )
