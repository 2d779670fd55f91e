"""The talk of an agent with a caller, from the moment they are joined to its end.

One task runs it, top to bottom. What state it is in is where that task stands:

    talking      caller and agent are joined, and a third one in a conference
    hold         the caller hears music
    entering     the caller hears music, the agent enters a target by keys
    ringing      the caller hears music, and so does the agent, while another one rings
    consulting   the caller hears music, the agent talks with the other one
    flow         the caller is in a flow, the agent hears music and no digit of it

Each state is a block that puts back what it took, so that whoever hangs up, or
whatever stops us, at whatever moment, leaves no leg, no bridge and no agent behind. A
state returns the *turn* that ended it: a request that leads elsewhere, somebody who has
left, the end, or None: talk on.

The caller is never lost: where a transfer fails the agent has him again, and where the
agent has gone meanwhile the caller goes on in the queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, TypeVar

from ivrflow.aio import beside, finish
from ivrflow.facts import PartyLeft
from ivrflow.flow.call import Call, Leaving, log
from ivrflow.flow.conversation.acts import ACTS, AT_ONCE
from ivrflow.flow.conversation.inbox import (
    OVER,
    Inbox,
    Left,
    NotNow,
    Over,
    Pressed,
    Request,
)
from ivrflow.flow.conversation.keys import TalkKeys
from ivrflow.flow.conversation.listening import Ear
from ivrflow.flow.conversation.live import Seat, TalkState
from ivrflow.flow.conversation.parties import Party
from ivrflow.flow.conversation.remembered import Remembered
from ivrflow.flow.conversation.turns import (
    End,
    Onward,
    Turn,
    remember_the_end,
)
from ivrflow.flow.step import Goto
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import Channel, HungUp, Switch

T = TypeVar("T")


class Conversation(Remembered):
    """One caller's talk, whoever serves him in its course."""

    def __init__(
        self, call: Call, switch: Switch, main: Party, shown: Mapping[str, str]
    ) -> None:
        """*main* has answered. *shown* is what screens get, of those asked too."""
        super().__init__(call, main)
        self.switch = switch
        self.third: Party | None = None
        """Who is in a conference with them."""
        self.shown = shown
        self.other = ""
        self.flow = ""
        self.result: dict[str, str] = {}
        self.ears: dict[str, Ear] = {}
        """Supervisors who hear the talk by request, by their numbers."""
        self.rung: set[str] = set()
        """Numbers of supervisors whose phones ring for that."""
        self.inbox = Inbox()
        self.background: asyncio.TaskGroup
        """Tasks that last as long as the talk at most."""
        self._doing = "talking"
        self._since = call.world.seconds()
        self._up: list[Party] = []
        self._stacks = [main.held]
        self._beside: set[asyncio.Task[None]] = set()
        self._readers: dict[Party, asyncio.Task[None]] = {}
        self._seats: dict[Party, Seat] = {}
        self._keys = TalkKeys(call.site.talk_keys)

    # What others see ------------------------------------------------------------------

    def state(self) -> TalkState:
        """How it stands now."""
        recording = self.call.recording
        on = "paused" if recording.paused else "on"
        return TalkState(
            call=self.call.id,
            queue=self.queue,
            agent=self.main.agent,
            offer=self.main.offer,
            doing=self._doing,
            since=round(self.call.world.seconds() - self._since, 3),
            held=round(self.main.talk.held if self.main.talk else 0.0, 3),
            other=self.third.who if self.third is not None else self.other,
            flow=self.flow,
            result=dict(self.result),
            recording=on if recording.on else "off",
        )

    def doing(self, what: str, other: str = "") -> None:
        """From now on the talk is in this state, with *other* being rung or asked."""
        self._doing, self.other = what, other
        self._since = self.call.world.seconds()

    # Its course -----------------------------------------------------------------------

    async def run(self) -> Goto | Onward:
        """Talk until it is over; return how the caller goes on.

        Raises `Trouble` where the two can't be joined, `LeaveTo` when the caller is
        given to a flow.
        """
        talks = self.call.world.talks
        talks.add(self.call.id, self)
        try:
            async with beside() as self.background:
                try:
                    if self.third is not None:  # since an earlier process
                        self._stacks.append(self.third.held)
                        self.take_up(self.third)
                    self.take_up(self.main)
                    self.lead(self.main)
                    return await self._serve()
                finally:
                    for task in (*self._readers.values(), *self._beside):
                        task.cancel()
        except Leaving:
            raise
        except Exception:
            if not self.call.channel.gone.done():
                self._ends_by_a_fault()
            raise
        finally:
            self.inbox.close()
            for seat in self._seats.values():
                talks.rise(seat)
            talks.remove(self.call.id, self)
            await finish(self._let_all_go())

    def _ends_by_a_fault(self) -> None:
        """Neither the caller nor the agents who are still there have hung up."""
        for party in self._up:
            if party.talk is not None and not party.leg.gone.done():
                party.talk.by = party.talk.by or "fault"

    async def _serve(self) -> Goto | Onward:
        turn: Turn = None
        while True:
            match turn:
                case None:
                    turn = await self._together()
                case End(way):
                    return way
                case Left(party):
                    turn = await self.left(party)
                case Request():
                    turn = await self._do(turn)

    async def _together(self) -> Turn:
        """Caller, agent and third one talk, until something else is to happen."""
        third = [self.third.leg] if self.third is not None else []
        self.doing("conference" if third else "talking")
        self.call.channel.keys.clear()
        try:
            await self.remember(self.main, self.third)
            async with self.switch.bridge(self.call.channel, self.main.leg, *third):
                self.inbox.settle()
                turn = await self.next()
        except HungUp:
            if self.call.channel.gone.done():
                raise
            # The caller is still there, and must not be taken for one who hung up.
            raise Trouble(
                f"queue {self.queue}: caller and {self.main.who} could not be joined"
            ) from None
        self.call.channel.keys.clear()
        return turn

    async def _do(self, request: Request) -> Turn:
        try:
            if not self.main.agent and request.act != "end":
                raise NotNow("no agent has this caller now")
            return await ACTS[request.act](self, request)
        except NotNow as no:
            log.info("call %s: %s: %s", self.call.id, request.act, no)
            request.refuse(str(no))
            return None

    async def left(self, party: Party, *, by: str = "") -> Turn:
        """*party* has gone, is sent away, or its time is over: two others go on."""
        if party is self.third:
            self.note(PartyLeft, who=party.who)
            self.third = None
            await self.remember(self.main)
            await self.drop(party, by=by)
            return None
        why = party.why_left
        if self.third is None:
            await remember_the_end(self.call, why, recorded=self.recorded)
            await self.drop(party, by=by)
            return End(Goto("then", why))
        third, self.third = self.third, None
        await self.remember(third)
        await self.drop(party, by=by)
        self.lead(third)
        return None

    # States ---------------------------------------------------------------------------

    @asynccontextmanager
    async def hears_music(self, leg: Channel) -> AsyncIterator[None]:
        """Somebody else than the caller hears music; one who has gone needs none."""
        async with AsyncExitStack() as music:
            with suppress(HungUp):
                await music.enter_async_context(leg.music(self.music))
            yield

    async def during(
        self,
        work: Coroutine[Any, Any, T],
        stops: Callable[[Request | Left], Awaitable[bool]],
    ) -> tuple[T | None, Request | Left | None]:
        """Run *work*; return what it gave, and what stopped it, if something did.

        *stops* is asked about each request and everybody who leaves (whom it drops,
        or says yes): it refuses, or says yes, which cancels the work. Both may be
        there: the work was done already. Raises what the work raises.
        """
        stopped: Request | Left | None = None
        async with beside() as group:
            task = group.create_task(work)
            task.add_done_callback(self.inbox.wake)
            while not task.done():
                event = await self.next(until=task.done)
                if event is not None and await stops(event):
                    stopped = event
                    task.cancel()
                    await asyncio.wait([task])
        return (None if task.cancelled() else task.result()), stopped

    async def next(
        self, *, until: Callable[[], bool] | None = None
    ) -> Request | Left | None:
        """Return the next request, or who has left; None once *until* holds."""
        loop = asyncio.get_running_loop()
        while True:
            ends = min((p.until for p in self._up if p.until), default=None)
            news = await self.inbox.next(lambda: self._seen(until), ends)
            if isinstance(news, Pressed):
                if not (act := self._keys.press(news.key, loop.time())):
                    continue
                news = Request(act=act)
            if news is None:
                continue  # somebody's time is over: that is seen now
            if isinstance(news, Over):
                return None
            if not isinstance(news, Request):
                return news
            if news.of is not None and news.of != self.main.agent:
                # Who asked has a right over that agent's talk, and not over this one's.
                news.refuse(f"{self.main.who} has this caller now: ask again")
            elif not await self._at_once(news):
                return news

    async def key(self, within: float) -> str | Left:
        """Return the next key of the agent, "" if none came; requests are refused."""
        ends = asyncio.get_running_loop().time() + within
        while True:
            match await self.inbox.next(lambda: self._seen(None), ends):
                case Pressed(key):
                    return key
                case Left() as left:
                    return left
                case Request() as request:
                    request.refuse("the agent is entering a number")
                case _:
                    return ""

    def _seen(self, until: Callable[[], bool] | None) -> Left | Over | None:
        for party in self._up:
            if party.leg.gone.done() or party.is_too_long:
                return Left(party)
        return OVER if until is not None and until() else None

    async def _at_once(self, request: Request) -> bool:
        """Do what changes nothing about who talks with whom; False: it does."""
        act = AT_ONCE.get(request.act)
        if act is None:
            return False
        try:
            await act(self, request)
        except NotNow as no:
            request.refuse(str(no))
        return True

    # Who is in it ---------------------------------------------------------------------

    def new_stack(self) -> AsyncExitStack:
        """What is entered here is left at the end of the talk at the latest."""
        stack = AsyncExitStack()
        self._stacks.append(stack)
        return stack

    def take_up(self, party: Party) -> None:
        """*party* is part of the talk from now on: its hang-up and its keys count."""
        self._up.append(party)
        party.leg.gone.add_done_callback(self.inbox.wake)
        if party.agent:
            seat = Seat(party.agent, party.leg, self)
            self._seats[party] = seat
            self.call.world.talks.sit(seat)

    def lead(self, party: Party) -> None:
        """*party* has the caller from now on; an agent's keys do something."""
        self.main = party
        party.leg.keys.clear()
        self.inbox.forget_keys()
        if party.agent:
            reader = self.background.create_task(self._read_keys(party.leg))
            self._readers[party] = reader

    async def _read_keys(self, leg: Channel) -> None:
        while True:
            self.inbox.press(await leg.keys.next(None))

    def run_beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run *work* beside the talk; it ends with it, and its faults harm nobody."""

        async def alone() -> None:
            try:
                await work
            except Exception:
                log.exception("call %s: a fault of ours, beside its talk", self.call.id)

        task = self.background.create_task(alone())
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def drop(self, party: Party, *, by: str = "") -> None:
        """*party* is no part of it any more; see `Party.let_go`."""
        if party in self._up:
            self._up.remove(party)
        if (task := self._readers.pop(party, None)) is not None:
            task.cancel()
        if (seat := self._seats.pop(party, None)) is not None:
            self.call.world.talks.rise(seat)
        await party.let_go(by=by)

    async def _let_all_go(self) -> None:
        for stack in reversed(self._stacks):
            try:
                await stack.aclose()
            except Exception:
                log.exception("call %s: a party could not be let go", self.call.id)


Act = Callable[[Conversation, Request], Awaitable[Turn]]
"""Does what a request asks for, and answers it; raises `NotNow`."""
