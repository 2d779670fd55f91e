"""A call center for tests: a desk on virtual time, a board that may be slow or away,
and a caller's way through the queue as the flow's queue step goes it."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count

from ivrflow.acd.desk import Desk, LineFull, NobodyCanServe
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import Agent, Offer, Presence, QueueRules, Waiting
from ivrflow.sim.scripted import ScriptedSwitch
from ivrflow.telephony.channel import HungUp, while_up

EPOCH = 1_767_225_600.0
"""Where the wall clock of these tests begins: 2026-01-01."""

RULES = QueueRules(name="sales", ring=20, wrap_up=15)


def now():
    return EPOCH + asyncio.get_running_loop().time()


def agent(number, **more):
    return Agent(
        number=number,
        endpoint=f"PJSIP/{number}",
        queues=more.pop("queues", frozenset({"sales"})),
        presence=more.pop("presence", Presence.READY),
        presence_since=EPOCH - 1,
        **more,
    )


class BadBoard(MemoryBoard):
    """A board that takes *slow* seconds for each operation, before it acts and after.

    From *away* = (from, until) on the loop's clock it is away: every second operation
    then fails before it acts, the others after.
    """

    def __init__(self, agents=(), *, slow=0.0, away=()):
        super().__init__(agents)
        self._slow, self._away, self._turn = slow, away, count()

    def __getattribute__(self, name):
        method = super().__getattribute__(name)
        if name.startswith("_"):
            return method

        async def badly(*args, **more):
            gone = False
            for begin, end in self._away:
                gone = gone or begin <= asyncio.get_running_loop().time() < end
            if self._slow:
                await asyncio.sleep(self._slow / 2)
            if gone and next(self._turn) % 2:
                raise BoardAway("away before it acted")
            result = await method(*args, **more)
            if self._slow:
                await asyncio.sleep(self._slow / 2)
            if gone:
                raise BoardAway("away before it answered")
            return result

        return badly


class SlowHands(ScriptedSwitch):
    """A switch on which hanging up a leg takes *slow* seconds."""

    slow = 0.0

    async def dial(self, order):
        leg = await super().dial(order)
        at_once = leg.hang_up

        async def hang_up():
            await asyncio.sleep(self.slow)
            await at_once()

        leg.hang_up = hang_up
        return leg


class Floor:
    """A desk with its board, its phones and its facts."""

    def __init__(
        self, agents, people, *, board=None, rules=RULES, switch=None, **adoption
    ):
        """*board* and *switch* may be those of an earlier life, which is adopted then
        as *adoption* says."""
        self.board = board or MemoryBoard(agents)
        self.switch = switch or SlowHands(people)
        self.facts = []
        ids = count(1)
        self.desk = Desk(
            self.board,
            {rules.name: rules},
            clock=now,
            note=self.facts.append,
            new_id=lambda: f"offer{next(ids)}",
            **adoption,
        )

    @asynccontextmanager
    async def open(self):
        """The desk runs while the block does; then it is told to end, twice."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.desk.run())
            try:
                yield
            finally:
                task.cancel()
                asyncio.get_running_loop().call_later(0.1, task.cancel)

    def waiting(self, call, **asks):
        """A caller who joins the queue now."""
        return Waiting(call=call, queue="sales", joined=now(), **asks)

    def offer(self, id, *, call, agent):
        """An offer of that call to that agent, made now."""
        return Offer(id=id, call=call, queue="sales", agent=agent, at=now())

    async def call(self, channel, *, max_wait=300.0, leave_on="1", **asks):
        """Go a caller's way through the queue; return how it ended."""
        asks.setdefault("joined", now())
        waiting = Waiting(call=channel.id, queue="sales", **asks)
        try:
            async with while_up(channel):
                return await self._queue(channel, waiting, max_wait, leave_on)
        except HungUp:
            return "hung up"

    async def _queue(self, channel, waiting, max_wait, leave_on):
        try:
            async with self.desk.line(waiting) as place, AsyncExitStack() as engaged:
                try:
                    async with asyncio.timeout(max_wait), channel.music("calm"):
                        talk = await self._wait(place, engaged, channel, leave_on)
                except TimeoutError:
                    place.left = "timeout"
                    return "timeout"
                if isinstance(talk, str):
                    place.left = talk
                    return talk
                async with self.switch.bridge(channel, talk.leg):
                    await asyncio.wait([talk.leg.gone])
                return f"talked to {talk.agent.number}"
        except LineFull:
            return "full"
        except NobodyCanServe:
            return "no agents"

    async def _wait(self, place, engaged, channel, leave_on):
        """Wait for an agent, or for a key that leads elsewhere."""
        found = []

        async def seek():
            try:
                found.append(
                    await engaged.enter_async_context(
                        place.agent(self.switch, caller_id=channel.caller_id)
                    )
                )
            except NobodyCanServe:
                found.append("no agents")
            reader.cancel()

        async def read():
            while await channel.keys.next(None) not in leave_on:
                pass
            if not found:
                found.append("key")
            seeker.cancel()

        async with asyncio.TaskGroup() as group:
            seeker = group.create_task(seek())
            reader = group.create_task(read())
        # An agent who answered at the moment of the key has answered.
        return found[-1]

    async def must_be_clean(self):
        """Nobody stuck, nobody in line, no leg, no bridge: in memory and on the board.

        To be asked when the desk has ended.
        """
        state = self.desk.state()
        assert [a.call for a in state.agents if a.call] == []
        assert {a.work for a in state.agents} <= {"idle", "wrap-up", "resting"}
        assert [q.waiting for q in state.queues if q.waiting] == []
        assert await self.board.waiting() == []
        assert await self.board.offers() == []
        for there in await self.board.agents():
            assert there.work.value in ("idle", "wrap-up")
        assert self.switch.legs == {}
        assert self.switch.bridges == 0
        assert self.desk._books.live == {}
        assert self.desk._books.places == {}
