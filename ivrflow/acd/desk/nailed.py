"""Agents whose phone stays up: called once, at sign-in, then never rung again.

Where a phone rings slowly (a mobile at home, a trunk across the world), an agent may be
*nailed up*: his phone is called when he signs in and hears music between the callers.
An offer is then a tone on that line, and the caller. The line is lent to one talk after
the other; hanging up a lent leg gives the line back, and the phone stays up. An agent
who hangs up his phone loses the line, and is not ready from then on.

A line outlives the service: its leg has the same name for the same agent, so that the
next process finds it up, and nobody is called anew; one who talks talks on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, NoReturn, Protocol

from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.model import Agent, Presence
from ivrflow.aio import finish
from ivrflow.telephony.channel import (
    Cause,
    Channel,
    DialOrder,
    HungUp,
    NotReached,
    Recorded,
    RecordOrder,
    Switch,
    Unreached,
    while_up,
)
from ivrflow.telephony.keys import Keys
from ivrflow.telephony.sound import BEEP, Utterance

log = logging.getLogger(__name__)

RING_FOR = 30.0
"""Seconds for which the phone rings at sign-in."""

LINE_LOST = "line lost"
"""Why an agent is not ready whose phone did not stay up, or was not answered."""

CLAIMING = 0.2
"""Seconds for finding the lines that are up; who is called anew takes longer."""

MUSIC = "default"
"""What an agent hears between two callers."""


class Lines(Protocol):
    """Who keeps phones up."""

    async def lend(self, agent: Agent, order: DialOrder) -> Channel:
        """Return the agent's line as a leg, after a tone; raise `NotReached`.

        Where the line is not up, it is called first, for as long as *order* says.
        Cancelling leaves the line as it is.
        """

    async def again(self, agent: Agent) -> Channel | None:
        """Return the agent's line as the leg of a talk that is on already.

        No tone, no call: None where the line is not up any more.
        """


class Reception(Protocol):
    """The part of the desk that is needed here."""

    @property
    def agents(self) -> Mapping[str, Agent]: ...

    async def not_ready(
        self, number: str, reason: str = "", *, by: str = ""
    ) -> None: ...


class Lent:
    """A line, as the leg of one talk: its end is not the end of the phone."""

    def __init__(self, line: Channel) -> None:
        self.line = line
        self.id, self.caller_id, self.dialled = line.id, line.caller_id, line.dialled
        self.phone = line.phone
        self.keys: Keys = line.keys
        self.remembered = line.remembered
        self.gone: asyncio.Future[Cause] = asyncio.get_running_loop().create_future()
        line.gone.add_done_callback(self._line_gone)

    def _line_gone(self, gone: asyncio.Future[Cause]) -> None:
        self._end(Cause.UNKNOWN if gone.cancelled() else gone.result())

    def _end(self, cause: Cause) -> None:
        if not self.gone.done():
            self.gone.set_result(cause)
            # The line outlives hundreds of talks, and must not remember each.
            self.line.gone.remove_done_callback(self._line_gone)

    def _check(self) -> None:
        if self.gone.done():
            raise HungUp(self.gone.result())

    async def remember(self, text: str) -> None:
        self._check()
        await self.line.remember(text)
        self.remembered = text

    async def answer(self) -> None:
        self._check()

    async def play(
        self, said: Sequence[Utterance], *, stop_on: str = "", begin: float = 0.0
    ) -> bool:
        self._check()
        return await self.line.play(said, stop_on=stop_on, begin=begin)

    def music(self, name: str) -> AbstractAsyncContextManager[None]:
        self._check()
        return self.line.music(name)

    async def record(self, order: RecordOrder) -> Recorded:
        self._check()
        return await self.line.record(order)

    async def kept(self, name: str) -> Recorded | None:
        return await self.line.kept(name)

    async def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """Give the line back."""
        self._end(cause)

    async def give_back(self, variables: Mapping[str, str]) -> None:
        """A line is no caller's: no dialplan waits for it."""
        self._end(Cause.NORMAL_CLEARING)


def line_of(agent: Agent) -> str:
    """The id of the leg that is this agent's line: an earlier life's is known by it."""
    return f"line-{agent.number}"


class _Line:
    """One agent's line, from its call to its end."""

    def __init__(self, agent: Agent, *, only_found: bool = False) -> None:
        """*only_found*: it is up since an earlier life, or not at all."""
        self.number, self.address, self.leg = (
            agent.number,
            agent.address,
            line_of(agent),
        )
        self.only_found = only_found
        self.begun = False
        loop = asyncio.get_running_loop()
        self.up: asyncio.Future[Channel] = loop.create_future()
        """Done when the phone is answered; `NotReached` if it is not."""
        self.up.add_done_callback(lambda up: up.exception())  # seen: it is no fault
        self.lent = asyncio.Event()
        """Set while a talk has the line, or is about to."""
        self.back = asyncio.Event()
        """Set while none has."""
        self.silent = asyncio.Event()
        """Set while no music plays, so that it may be handed out."""
        self.ended = asyncio.Event()
        """Set when the agent has signed out, or sits elsewhere."""

    def lend(self, leg: Channel) -> Lent:
        self.take()
        lent = Lent(leg)
        lent.gone.add_done_callback(lambda _: self.give_back())
        return lent

    def take(self) -> None:
        """A talk is to have it: no music, though it be up already or not yet."""
        self.lent.set()
        self.back.clear()

    def give_back(self) -> None:
        self.lent.clear()
        self.back.set()


class NailedUp:
    """The lines of all agents who are nailed up."""

    def __init__(
        self,
        desk: Reception,
        switch: Switch,
        *,
        adopts: bool = False,
    ) -> None:
        """*adopts*: nobody is called before `claim`, as his line may be up already."""
        self._desk = desk
        self._switch = switch
        self._lines: dict[str, _Line] = {}
        self._claims = not adopts
        self._news = asyncio.Event()

    def heard(self, agent: Agent) -> None:
        """This agent has changed; for `Desk.on_agent`."""
        if agent.nailed or agent.number in self._lines:
            self._news.set()

    async def claim(self) -> None:
        """Take over the lines that are up since an earlier life of the service.

        To be called before what nobody claims is hung up. Agents whose line is not up
        are called from now on.
        """
        self._claims = True
        self._news.set()
        # So that each has asked for his leg; who has none rings for longer than that.
        await asyncio.sleep(CLAIMING)

    async def run(self) -> NoReturn:
        """Call agents who sign in, and keep their phones up, for ever.

        Cancelled, all lines are hung up.
        """
        async with asyncio.TaskGroup() as group:
            while True:
                self._news.clear()
                for agent in self._desk.agents.values():
                    line = self._lines.get(agent.number)
                    if line is not None and not _fits(line, agent):
                        line.ended.set()
                    elif line is None and self._claims and _wanted(agent):
                        self._lines[agent.number] = _Line(agent)
                for line in self._lines.values():
                    if not line.begun:
                        line.begun = True
                        task = group.create_task(self._keep(line))
                        # No `finally`: one cancelled before it began has none.
                        task.add_done_callback(partial(self._over, line))
                await self._news.wait()
        raise AssertionError("it ends when it is cancelled")

    async def lend(self, agent: Agent, order: DialOrder) -> Channel:
        """As `Lines.lend`."""
        line = self._lines.get(agent.number)
        if line is None:
            line = self._lines[agent.number] = _Line(agent)
            self._news.set()
        try:
            async with asyncio.timeout(order.ring_for):
                await asyncio.wait([line.up])
        except TimeoutError:
            raise NotReached(order.address, Unreached.NO_ANSWER) from None
        leg = line.up.result()
        if line.ended.is_set() or line.lent.is_set():
            raise NotReached(order.address, Unreached.BUSY)
        lent = line.lend(leg)
        try:
            async with while_up(lent):
                await line.silent.wait()
                lent.keys.clear()
                await lent.play([BEEP])
        except HungUp:
            raise NotReached(order.address, Unreached.UNREACHABLE) from None
        except BaseException:
            await lent.hang_up()
            raise
        return lent

    async def again(self, agent: Agent) -> Channel | None:
        """As `Lines.again`."""
        line = self._lines.get(agent.number)
        if line is None:
            line = self._lines[agent.number] = _Line(agent, only_found=True)
            self._news.set()
        elif line.lent.is_set():
            return None
        line.take()
        try:
            await asyncio.wait([line.up])
            if line.up.exception() is not None:
                return None
            lent = line.lend(line.up.result())
            async with while_up(lent):
                await line.silent.wait()
        except HungUp:
            return None
        except BaseException:
            line.give_back()  # else nobody ever would
            raise
        return lent

    async def _keep(self, line: _Line) -> None:
        """Call the phone, and hold it until it hangs up or its agent signs out."""
        try:
            async with self._called(line) as leg:
                line.up.set_result(leg)
                await self._hold(line, leg)
        except NotReached as error:
            log.warning("agent %s is not nailed up: %s", line.number, error)
            line.up.set_exception(error)
        except HungUp:
            pass
        if not line.ended.is_set():
            # Before the line is forgotten: he would be called again at once.
            await self._lost(line)

    def _over(self, line: _Line, _: object) -> None:
        if not line.up.done():
            line.up.set_exception(NotReached(line.address, Unreached.UNREACHABLE))
        del self._lines[line.number]
        self._news.set()

    @asynccontextmanager
    async def _called(self, line: _Line) -> AsyncIterator[Channel]:
        leg = await self._switch.leg(line.leg)
        if leg is None and line.only_found:
            raise NotReached(line.address, Unreached.UNREACHABLE)
        if leg is None:
            order = DialOrder(address=line.address, leg=line.leg, ring_for=RING_FOR)
            leg = await self._switch.dial(order)
        try:
            yield leg
        finally:
            await finish(leg.hang_up())

    async def _hold(self, line: _Line, leg: Channel) -> None:
        """Play music between the talks until the line ends, but never within one."""
        while not line.ended.is_set() and not leg.gone.done():
            if not line.lent.is_set():
                async with leg.music(MUSIC):
                    await _first(leg, line.lent, line.ended)
            if line.lent.is_set():
                line.silent.set()
                await _first(leg, line.back)
                line.silent.clear()

    async def _lost(self, line: _Line) -> None:
        try:
            await self._desk.not_ready(line.number, LINE_LOST, by="service")
        except (BoardAway, LookupError) as error:
            log.warning("agent %s has lost the line: %s", line.number, error)


async def _first(leg: Channel, *events: asyncio.Event) -> None:
    """Wait until one of *events* is set, or the leg is gone."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(event.wait()) for event in events]
        heard: list[asyncio.Future[Any]] = [leg.gone, *tasks]
        await asyncio.wait(heard, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


def _wanted(agent: Agent) -> bool:
    return (
        agent.nailed
        and agent.presence is not Presence.LOGGED_OUT
        and not (agent.presence is Presence.NOT_READY and agent.reason == LINE_LOST)
    )


def _fits(line: _Line, agent: Agent) -> bool:
    return _wanted(agent) and agent.address == line.address
