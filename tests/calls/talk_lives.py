"""A talk through several lives of the service, on virtual time.

As `talk_rig`, but what runs the call is a process that dies at given seconds; another
one begins a moment later, adopts what is there, and has hung up what nobody claims a
second after that, as the service does.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from dataclasses import replace as replace_field
from datetime import timedelta
from itertools import count

from msgspec.structs import replace

from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.held import Ended
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.desk.nailed import NailedUp
from ivrflow.acd.model import Presence, Waiting
from ivrflow.aio import beside
from ivrflow.facts import (
    AgentOffered,
    CallEnded,
    CallerQueued,
    Connected,
    LeftQueue,
    OfferEnded,
    TalkEnded,
)
from ivrflow.flow.answer import answer
from ivrflow.flow.bookmark import newer
from ivrflow.flow.calling_back import CallingBack
from ivrflow.flow.conversation.live import Talks
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.site.roster import agents_of, queue_rules
from ivrflow.flow.wish_ends import Untold
from ivrflow.flow.world import World
from ivrflow.sim import clock
from ivrflow.sim.memory import (
    MemoryAgents,
    MemoryCallbacks,
    MemoryLockOuts,
    MemoryLookups,
    MemoryMessages,
    MemorySwitches,
    PlainVerifier,
)
from ivrflow.sim.scripted import ScriptedChannel, ScriptedSwitch
from ivrflow.telephony.channel import Unreached
from tests.calls.dying import Process
from tests.calls.lives import SEAL, Database, Diary
from tests.calls.talk_rig import EPOCH, Audit, House, _people

AWAY = 0.4
"""Seconds without a process."""
SETTLED = 1.0
"""Seconds after which what nobody has claimed is hung up."""

GUARD = OutboundRules(endpoint="PJSIP/{number}@trunk", prefixes=("05",), at_once=9)


class Phones(ScriptedSwitch):
    """Phones that know which of their calls the living process has asked for."""

    def __init__(self, people):
        super().__init__(people)
        self.claimed = set()
        self.addresses = {}

    async def dial(self, order):
        self.claimed.add(order.leg)
        self.addresses[order.leg] = order.address
        return await super().dial(order)

    async def leg(self, id):
        self.claimed.add(id)
        return await super().leg(id)

    def reap(self):
        for id, leg in list(self.legs.items()):
            if id not in self.claimed:
                leg.drop()
        for id in list(self._dialled):
            if id not in self.claimed:
                self.refuse(self.addresses[id], Unreached.NO_ANSWER)


class Past:
    """The facts that the dead process could still write, and what the board knows."""

    def __init__(self, facts, board):
        self.facts, self.board = facts, board

    async def told(self, calls):
        found = {}
        for fact in self.facts:
            match fact:
                case CallerQueued():
                    found["CallerQueued", fact.call] = fact.at
                case LeftQueue() | Connected():
                    found.pop(("CallerQueued", fact.call), None)
            if isinstance(fact, AgentOffered | Connected | OfferEnded | TalkEnded):
                found[fact.kind, fact.offer] = fact.at
        return found

    async def unjoined(self, known):
        line = {fact.call: fact for fact in self.facts if fact.kind == "CallerQueued"}
        stand = {call for kind, call in await self.told(line) if kind == "CallerQueued"}
        served = {
            end.offer.call
            for end in self.board.ended
            if end.offer.call in line and end.offer.at >= line[end.offer.call].at
        }
        return [
            Waiting(call=call, queue=line[call].queue, joined=line[call].joined)
            for call in stand - served - set(known)
        ]

    async def untold(self):
        told = {}
        for fact in self.facts:
            if offer := getattr(fact, "offer", None):
                told.setdefault(offer, set()).add(fact.kind)
        return [
            replace_field(end, told=told[end.offer.id])
            for end in self.board.ended
            if end.offer.id in told
            and not told[end.offer.id] & {"OfferEnded", "TalkEnded"}
        ]


class Board(MemoryBoard):
    """A board that can be asked which offers have ended, as a table can."""

    def __init__(self, agents):
        super().__init__(agents)
        self.ended = []

    def _end(self, act):
        if (offer := self._live.get(act.offer)) is not None:
            self.ended.append(Ended(offer, act.how, act.at, set()))
        super()._end(act)


class Callbacks(MemoryCallbacks):
    """Wishes that can be asked which ends no fact tells of, as a table can."""

    def __init__(self, facts):
        super().__init__()
        self.facts = facts
        self.ended = {}

    async def end(self, wish, state, now, *, by=""):
        ended = await super().end(wish, state, now, by=by)
        if ended:
            self.ended[wish.key] = (now, by)
        return ended

    async def untold(self, before):
        told = {(fact.kind, fact.call) for fact in self.facts}
        return [
            Untold(self.asked[key], at, by, {kind for kind, c in told if c == key[0]})
            for key, (at, by) in self.ended.items()
            if at < before and ("CallbackEnded", key[0]) not in told
        ]


@dataclass
class Lives:
    """What outlives the processes, and what is left at the end."""

    site: object
    caller: ScriptedChannel | None
    people: dict
    ready: tuple
    signed_in: tuple = ()
    database: Database = field(default_factory=Database)
    houses: list = field(default_factory=list)
    """One for each life; the last one is alive."""

    def __post_init__(self):
        self.board = Board([self._there(agent) for agent in agents_of(self.site)])
        self.switch = Phones(_people(self.site, self.people))
        self.callbacks = Callbacks(self.database.facts)
        self.customers = []
        """Channels of customers that a dead process has left, for the next one."""
        self._ids = count(1)
        self.process = None
        self.legs = []
        """What was up after the call, before the last process ended."""
        self.moments = []
        """The acts of the first process, in words."""

    def _there(self, agent):
        presence = Presence.LOGGED_OUT
        if agent.number in self.ready + self.signed_in:
            ready = agent.number in self.ready
            presence = Presence.READY if ready else Presence.NOT_READY
        since = EPOCH.timestamp() - 10 + int(agent.number)
        return replace(agent, presence=presence, presence_since=since)

    @property
    def facts(self):
        return self.database.facts

    def of(self, *kinds):
        return [fact for fact in self.facts if isinstance(fact, kinds)]

    @property
    def house(self):
        return self.houses[-1]

    @property
    def over(self):
        return any(fact.call == "caller" for fact in self.of(CallEnded))

    def seconds(self):
        return EPOCH.timestamp() + asyncio.get_running_loop().time()

    def new_id(self):
        return f"id{next(self._ids)}"

    def _house(self, process):
        """A world for one process."""
        loop, diary = asyncio.get_running_loop(), Diary(process, self.database)
        first = not self.houses
        desk = Desk(
            process.outlived(self.board, "board"),
            queue_rules(self.site),
            clock=self.seconds,
            note=diary.note,
            new_id=self.new_id,
            adopts=not first,
            past=Past(list(self.facts), self.board),
        )
        talks = Talks()
        switch = process.outlived(self.switch, "switch")
        world = World(
            clock=lambda: EPOCH + timedelta(seconds=loop.time()),
            seconds=self.seconds,
            lookups=MemoryLookups({}),
            verifier=PlainVerifier(),
            lock_outs=MemoryLockOuts(),
            messages=MemoryMessages(),
            callbacks=process.outlived(self.callbacks, "callbacks"),
            switches=MemorySwitches(),
            agents=MemoryAgents({"9": "4711", "1": "4711"}),
            desk=desk,
            switch=switch,
            outbound=DialGuard(GUARD, seconds=self.seconds, is_open=lambda *_: True),
            talks=talks,
            audit=Audit(),
            note=diary.note,
            new_id=self.new_id,
            bookmarks=diary,
            seal=SEAL,
        )
        house = House(self.site, self.switch, desk, talks, self.caller, [], world)
        self.houses.append(house)
        return house

    async def live(self, until, *, dies_at=None):
        """One process, which dies at the second *until* or at the act *dies_at*, or
        runs to the end of the call."""
        process = self.process = Process(dies_at)
        loop = asyncio.get_running_loop()
        if until is not None:
            loop.call_at(until, process.die)
        await process.run(self._life(process))
        await asyncio.sleep(0.1)

    async def _life(self, process):
        house = self._house(process)
        first = len(self.houses) == 1
        desk, switch, live = house.desk, house.world.switch, LiveCalls()
        nailed = NailedUp(desk, switch, adopts=not first)
        desk.lines = nailed
        desk.on_agent(nailed.heard)
        promises = house.world.callbacks
        calling = CallingBack(
            promises,
            lambda: (self.site, house.world),
            live,
            adopts=not first,
            began=self.seconds(),
        )
        self.switch.claimed = set()
        async with beside(desk.run(), nailed.run(), calling.run()) as group:
            running = []
            if self.caller is not None and not self.over:
                running.append(group.create_task(self._call(process, house, live)))
            if not first:
                for leg in list(self.switch.legs.values()):
                    mark = newer(leg.id, leg.remembered, self._kept(leg), SEAL)
                    if mark is not None and mark.kind == "callback":
                        self.switch.claimed.add(leg.id)
                        there = process.outlived(leg, "customer")
                        group.create_task(calling.resume(there, mark))
                await asyncio.sleep(SETTLED)
                await nailed.claim()
                await calling.claim()
                self.switch.reap()
                desk.adopted()
            await (asyncio.wait(running) if running else asyncio.sleep(3600))
            await asyncio.sleep(1)
            self.legs = list(self.switch.legs.values())

    def _kept(self, leg):
        marks = self.database.bookmarks
        return next((t for t in marks.values() if f'"{leg.id}"' in t), "")

    async def _call(self, process, house, live):
        channel = process.outlived(self.caller, "caller")
        kept = self.database.bookmarks.get(self.caller.id, "")
        mark = newer(self.caller.id, self.caller.remembered, kept, SEAL)
        await answer(channel, self.site, house.world, live, bookmark=mark)


def through(
    site_,
    script,
    deaths,
    *,
    hangs_up_at=14.0,
    people=None,
    ready=("1", "2"),
    signed_in=(),
    dies_at=None,
):
    """One call, with a process that dies at each second of *deaths*.

    *script*: second -> what to do with the `House` that lives then. *dies_at*: the act
    outside, counted from 1, at which the first process dies instead.
    """

    async def main():
        loop = asyncio.get_running_loop()
        caller = ScriptedChannel(hangs_up_at=hangs_up_at)
        lives = Lives(site_, caller, dict(people or {}), ready, signed_in)

        async def act(at, what):
            await asyncio.sleep(at - loop.time())
            if not lives.houses or lives.process.dead:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(3):  # nobody answers for a dead process
                    if (did := what(lives.house)) is not None:
                        await did

        async with beside() as group:
            for one in script.items():
                group.create_task(act(*one))
            ends = [(death, None) for death in deaths]
            if dies_at is not None:
                ends.append((None, dies_at))
            for death, at_act in (*ends, (None, None)):
                await lives.live(death, dies_at=at_act)
                lives.moments = lives.moments or lives.process.moments
                if lives.over:
                    break
                await asyncio.sleep(AWAY)
        lives.left = (await lives.board.waiting(), await lives.board.offers())
        lives.agents = await lives.board.agents()
        return lives

    return clock.run(main())


def must_be_in_order(lives, where):
    """No agent stuck, no leg, no bridge; each offer and talk with its one end."""
    assert lives.left == ([], []), where
    assert {a.work.value for a in lives.agents} <= {"idle", "wrap-up"}, where
    assert lives.switch.legs == {}, where
    assert lives.switch.bridges == 0, where
    assert lives.switch.ringing == {}, where
    kinds = {}
    for fact in lives.facts:
        if offer := getattr(fact, "offer", None):
            kinds.setdefault(offer, []).append(fact.kind)
    for offer, seen in kinds.items():
        ends = seen.count("OfferEnded") + seen.count("TalkEnded")
        assert seen.count("AgentOffered") == 1, (where, offer, seen)
        assert seen.count("Connected") == seen.count("TalkEnded"), (where, offer, seen)
        assert ends == 1, (where, offer, seen)
