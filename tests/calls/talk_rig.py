"""A call center of three agents on virtual time, for what happens within a talk.

`talk` plays one call: the caller waits in the queue, agent 1 answers after a second,
and then whatever the test says happens at its time. `Seen` is what is left of it.
"""

import asyncio
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.desk.nailed import NailedUp
from ivrflow.aio import beside, finish
from ivrflow.facts import CallEnded, StepEntered
from ivrflow.flow.answer import answer
from ivrflow.flow.conversation.inbox import NotNow, Request
from ivrflow.flow.conversation.live import Talks
from ivrflow.flow.conversation.targets import Target
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.site.roster import agents_of, queue_rules
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
from ivrflow.sim.scripted import Person, ScriptedChannel, ScriptedSwitch
from tests.unit.flow.one_call import site as one_site

EPOCH = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

TOP = """
on_error: sorry
steps:
  wait: {queue: desk, then: rate, no_agents: nobody, show: {customer: "'Anna'"}}
  rate: {hangup: yes}
  nobody: {hangup: yes}
  sorry: {hangup: yes}
"""

QUEUES = """
desk: {title: Desk, ring: 20s, wrap_up: 10s, music: calm}
back: {title: Back office, ring: 20s, wrap_up: 10s, music: slow}
short_numbers: {"81": {queue: back}, "82": {flow: pin}}
"""

AGENTS = """
teams: {north: {supervised_by: ["9"]}}
agents:
  "1": {name: Li, endpoint: PJSIP/1, queues: [desk], team: north}
  "2": {name: Wu, endpoint: PJSIP/2, queues: [desk, back]}
  "3": {name: Ma, endpoint: PJSIP/3, queues: [back]}
  "9": {name: Boss, endpoint: PJSIP/9, role: supervisor}
"""

PIN = """
flow: pin
gives: {right: text}
steps:
  ask: {ask: your_pin, digits: 4, secret: yes, save: pin, failed: wrong}
  right: {set: {right: "yes"}, then: return}
  wrong: {set: {right: "no"}, then: return}
"""

NUMBER = "057188880101"
OUTSIDE = "PJSIP/057188880101@trunk"


class Audit:
    """Who did what by phone."""

    def __init__(self):
        self.lines = []

    async def note(self, who, what, before=None, after=None):
        self.lines.append((who, what))


def site(folder, **files):
    """The site of these tests, with other or more *files*."""
    given = {
        "queues": QUEUES,
        "agents": AGENTS,
        "flows__pin": PIN,
        "prompts__en": "your_pin: Your PIN, please.\nyou_have: You have an agent.\n",
    }
    top = files.pop("top", TOP)
    return one_site(folder, top, **(given | files))


@dataclass
class House:
    """All that a test may act upon while the call is up."""

    site: Any
    switch: ScriptedSwitch
    desk: Desk
    talks: Talks
    caller: ScriptedChannel
    facts: list[Any]
    world: World
    answers: list[str] = field(default_factory=list)
    """What requests were answered: "done", or why not."""
    agents: Mapping[str, Any] = field(default_factory=dict)
    """The agents as they are at the end."""

    async def ask(self, act, *, target=None, **given):
        """Ask the caller's talk for *act*, as the API does."""
        conversation = self.talks.of_call(self.caller.id)
        if conversation is None:
            self.answers.append("no talk")
            return
        request = Request(act=act, by="api", target=target, given=given)
        try:
            await conversation.inbox.ask(request)
        except NotNow as no:
            self.answers.append(str(no))
        else:
            self.answers.append("done")

    def press(self, address, keys):
        """The agent at *address* presses *keys*; nothing if he is not on the phone."""
        if (leg := self.switch.leg_at(address)) is not None:
            leg.press(keys)

    def doing(self):
        """What the caller's talk is doing now; "" without one."""
        conversation = self.talks.of_call(self.caller.id)
        return conversation.state().doing if conversation is not None else ""


@dataclass
class Seen:
    """What is left of a call."""

    house: House
    ended: str
    seconds: float
    agents: Mapping[str, Any]

    @property
    def facts(self):
        return self.house.facts

    @property
    def answers(self):
        return self.house.answers

    def of(self, *kinds):
        return [f for f in self.facts if isinstance(f, kinds)]

    def at(self, fact):
        """The second of the call in which it happened."""
        return round(fact.at - EPOCH.timestamp(), 3)

    @property
    def steps(self):
        return [f.step for f in self.of(StepEntered)]

    @property
    def by(self):
        [end] = self.of(CallEnded)
        return end.by

    @property
    def log(self):
        """What the switch did, without times."""
        return [what for _, what in self.house.switch.log]


class SlowHands(ScriptedSwitch):
    """A switch that takes a moment for everything, also for what cleans up."""

    slow = 0.07

    async def dial(self, order):
        leg = await super().dial(order)
        at_once = leg.hang_up

        async def hang_up(*how):
            await asyncio.sleep(self.slow)
            await at_once(*how)

        leg.hang_up = hang_up
        return leg

    @asynccontextmanager
    async def bridge(self, *channels):
        async with super().bridge(*channels):
            try:
                await finish(asyncio.sleep(self.slow))
                yield
            finally:
                await finish(asyncio.sleep(self.slow))

    @asynccontextmanager
    async def monitor(self, heard, ear, mode):
        async with super().monitor(heard, ear, mode) as monitor:
            try:
                await finish(asyncio.sleep(self.slow))
                yield monitor
            finally:
                await finish(asyncio.sleep(self.slow))


def asks(act, *to, **given):
    """What a request does at its moment; *to* is a kind of target, and its name."""
    wanted = Target(*to) if to else None
    return lambda house: house.ask(act, target=wanted, **given)


THROUGH_ALL = {
    1.2: asks("hold"),
    2.2: asks("resume"),
    2.5: asks("transfer", "agent", "2"),
    4.0: asks("take-back"),
    4.4: asks("conference", "agent", "2"),
    6.0: asks("take-back"),
    6.3: asks("send-to-flow", "flow", "pin"),
    8.0: asks("take-back"),
    8.4: asks("transfer", "agent", "2"),
    9.5: asks("complete"),
    10.2: asks("blind", "number", NUMBER),
}
"""Second -> what is asked then: a talk that goes through all its states, for storms."""


def for_storms(folder):
    """The site in which agents who have been in a talk are free at once."""
    return site(folder, queues=QUEUES.replace("wrap_up: 10s", "wrap_up: 0s"))


def _people(site_, people):
    there = {
        str(a.endpoint): Person(answers_after=1, talks_for=None)
        for a in site_.agents.values()
    }
    there[OUTSIDE] = Person(answers_after=2, talks_for=None)
    return there | dict(people or {})


@asynccontextmanager
async def opened(
    site_,
    caller,
    *,
    people=None,
    ready=("1",),
    outbound=True,
    longest=3600.0,
    kind=ScriptedSwitch,
):
    """A `House` with its desk at work; at its end nothing may be left in it."""
    loop = asyncio.get_running_loop()
    facts, ids = [], count(1)

    def seconds():
        return EPOCH.timestamp() + loop.time()

    def new_id():
        return f"id{next(ids)}"

    board = MemoryBoard(agents_of(site_))
    switch = kind(_people(site_, people))
    desk = Desk(
        board, queue_rules(site_), clock=seconds, note=facts.append, new_id=new_id
    )
    rules = OutboundRules(
        endpoint="PJSIP/{number}@trunk", prefixes=("05",), longest=longest
    )
    guard = DialGuard(
        rules if outbound else None, seconds=seconds, is_open=lambda *_: True
    )
    talks = Talks()
    world = World(
        clock=lambda: EPOCH + timedelta(seconds=loop.time()),
        seconds=seconds,
        lookups=MemoryLookups({}),
        verifier=PlainVerifier(),
        lock_outs=MemoryLockOuts(),
        messages=MemoryMessages(),
        callbacks=MemoryCallbacks(),
        switches=MemorySwitches(),
        agents=MemoryAgents({"9": "4711", "1": "4711"}),
        desk=desk,
        switch=switch,
        outbound=guard,
        talks=talks,
        audit=Audit(),
        note=facts.append,
        new_id=new_id,
    )
    house = House(site_, switch, desk, talks, caller, facts, world)
    nailed = NailedUp(desk, switch)
    desk.lines = nailed
    desk.on_agent(nailed.heard)
    async with beside(desk.run(), nailed.run()):
        for number in ready:
            await desk.ready(number)
        yield house
        now = await board.agents()
        house.agents = {a.number: a for a in desk.state().agents}
    assert {n: a.call for n, a in house.agents.items() if a.call} == {}
    assert all(a.work.value in ("idle", "wrap-up") for a in now), now
    assert await board.waiting() == []
    assert await board.offers() == []
    assert switch.legs == {}
    assert switch.bridges == 0
    assert switch.monitors == []
    assert guard.up == 0
    assert list(talks.all()) == []
    assert talks._seats == {}


def talk(site_, script=None, *, hangs_up_at=60.0, keys=None, cancelled_at=(), **how):
    """Play one call; *script*: second -> what to do with the `House` then.

    The caller hangs up at the end, if still there. *how* is for `opened`.
    """

    async def main():
        loop = asyncio.get_running_loop()
        caller = ScriptedChannel(keys=keys, hangs_up_at=hangs_up_at)
        ended = "over"
        async with opened(site_, caller, **how) as house, beside() as group:

            async def act(at, what):
                await asyncio.sleep(at - loop.time())
                if (did := what(house)) is not None:
                    await did

            acts = [group.create_task(act(*one)) for one in (script or {}).items()]
            task = loop.create_task(answer(caller, site_, house.world, LiveCalls()))
            for at in cancelled_at:
                loop.call_at(at, task.cancel)
            await asyncio.wait([task], timeout=3600)
            over = loop.time()
            if not task.done():
                ended = "never"
                task.cancel()
                await asyncio.wait([task], timeout=60)
            elif task.cancelled():
                ended = "cancelled"
            elif (error := task.exception()) is not None:
                ended = f"raised {error!r}"
            if acts:
                await asyncio.wait(acts, timeout=200)
            for one in acts:
                one.cancel()
            await asyncio.sleep(1)
        assert ended in ("over", "cancelled"), ended
        return Seen(house, ended, over, house.agents)

    return clock.run(main())


def supervises(house, *, keys=None, hangs_up_at=None):
    """A supervisor calls *75 beside the call; returns the task's coroutine."""
    channel = ScriptedChannel(
        id="boss", caller_id="9", dialled="*75", keys=keys, hangs_up_at=hangs_up_at
    )
    return channel, answer(channel, house.site, house.world, LiveCalls())
