"""An office that calls back, on virtual time: agents, customers, and a line."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count

from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import Agent, Presence
from ivrflow.aio import beside
from ivrflow.flow.answer import answer
from ivrflow.flow.calling_back import CallingBack
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.site.roster import queue_rules
from ivrflow.flow.wish import Wish
from ivrflow.flow.world import World
from ivrflow.sim import clock
from ivrflow.sim.memory import (
    MemoryCallbacks,
    MemoryLockOuts,
    MemoryLookups,
    MemoryMessages,
    MemoryPlaces,
    MemorySwitches,
    PlainVerifier,
)
from ivrflow.sim.scripted import Person, ScriptedChannel, ScriptedSwitch
from tests.unit.flow.one_call import EPOCH, site

START = EPOCH.timestamp()

FLOW = """
steps:
  wait: {queue: desk, keys: {1: book}, overflow: away}
  over: {hangup: yes}
  book: {callback: desk, number: {offer: call.from}, then: over, failed: over}
  away: {hangup: yes}
"""

QUEUES = """
desk:
  title: Desk
  ring: 20s
  wrap_up: 10s
  callbacks: {tries: 3, pause: 5m, promise: 2h}
"""


def at(number):
    """Where a customer's phone rings."""
    return f"PJSIP/{number}@trunk"


class Office:
    """A desk with agents, and whatever calls it."""

    def __init__(
        self, folder, *, agents=1, queues=QUEUES, flow=FLOW, callbacks=None, **more
    ):
        """*callbacks* may be those of an earlier service."""
        loop = asyncio.get_running_loop()
        names = "".join(
            f'  "{n}": {{name: A{n}, queues: [desk]}}\n' for n in range(1, agents + 1)
        )
        self.site = site(
            folder, flow, queues=queues, agents=f"agents:\n{names}", **more
        )
        self.facts, self.places = [], MemoryPlaces()
        self.callbacks = callbacks or MemoryCallbacks()
        self.people = {f"PJSIP/{n}": Person(2, 60) for n in range(1, agents + 1)}
        self.switch = ScriptedSwitch(self.people)
        self.board = MemoryBoard(
            [
                Agent(
                    number=str(n),
                    endpoint=f"PJSIP/{n}",
                    queues=frozenset(self.site.queues),
                    presence=Presence.READY,
                )
                for n in range(1, agents + 1)
            ]
        )
        ids = count(1)

        def seconds():
            return START + loop.time()

        self.rules = queue_rules(self.site)
        self.desk = Desk(
            self.board,
            self.rules,
            clock=seconds,
            note=self.facts.append,
            new_id=lambda: f"offer{next(ids)}",
        )
        rules = OutboundRules(
            endpoint="PJSIP/{number}@trunk", prefixes=("1",), at_once=9, per_minute=99
        )
        self.world = World(
            clock=lambda: EPOCH + timedelta(seconds=loop.time()),
            seconds=seconds,
            lookups=MemoryLookups({}),
            verifier=PlainVerifier(),
            lock_outs=MemoryLockOuts(),
            messages=MemoryMessages(),
            callbacks=self.callbacks,
            places=self.places,
            switches=MemorySwitches(),
            outbound=DialGuard(rules, seconds=loop.time, is_open=lambda *_: True),
            desk=self.desk,
            switch=self.switch,
            note=self.facts.append,
            new_id=lambda: f"leg{next(ids)}",
        )
        self.live = LiveCalls()
        self.calls = None
        self.back = CallingBack(
            self.callbacks, lambda: (self.site, self.world), self.live
        )

    @asynccontextmanager
    async def open(self, **world):
        """The desk works, and calls back, while the block runs; then all is clean."""
        self.world = replace(self.world, **world)
        async with (
            beside(self.desk.run()),
            beside(self.back.run()),
            beside() as self.calls,
        ):
            yield self
        assert await self.board.waiting() == []
        assert await self.board.offers() == []
        assert self.switch.legs == {}
        assert self.switch.bridges == 0
        assert len(self.live) == 0

    async def wish(self, number, *, call="old", since=-60.0, **more):
        """Somebody wants to be called, and joined *since* seconds from now."""
        now = self.world.seconds()
        more.setdefault("promised", now + 7200)
        wish = Wish(
            call=call,
            queue="desk",
            number=number,
            since=now + since,
            asked=now,
            **more,
        )
        assert await self.callbacks.keep(wish, most=99, own=True)
        return wish

    def calls_in(self, caller, *, id="new", **how):
        """Somebody calls; the channel."""
        channel = ScriptedChannel(id=id, caller_id=caller, **how)
        self.calls.create_task(answer(channel, self.site, self.world, self.live))
        return channel

    def of(self, kind, **its):
        """The facts of one kind, with these values."""
        return [
            f
            for f in self.facts
            if isinstance(f, kind) and all(getattr(f, k) == v for k, v in its.items())
        ]

    def rang(self, address):
        """When the phone at *address* began to ring, in seconds."""
        return [t for t, what in self.switch.log if what == f"rings {address}"]


def play(scene):
    """Run an async scene on virtual time."""
    return clock.run(scene())
