"""One call through a small site, on virtual time: what tests of the running half use.

`call` plays it and returns what is left of it: the facts, the phone, the world.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import Agent, Presence, QueueRules
from ivrflow.aio import beside
from ivrflow.facts import CallEnded, Decided, DigitsCollected, Said, StepEntered
from ivrflow.flow.answer import answer
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.load import load_site
from ivrflow.flow.world import PinLimits, World
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
from ivrflow.sim.memory.sounds import MemoryAudio
from ivrflow.sim.scripted import ScriptedChannel, ScriptedSwitch

EPOCH = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

SITE = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": '"100": {flow: top}\n"*11": {agent: sign_in}\n',
    "prompts/en.yaml": "hello: Hello.\nbye: Bye.\n",
}


def site(folder, flow, **more):
    """A site in *folder* with the steps *flow*, and *more* files (`a__b` is a/b)."""
    files = dict(SITE)
    files["flows/top.yaml"] = f"flow: top\n{flow}"
    for name, text in more.items():
        name = name.replace("__", "/") + ".yaml"
        files[name] = files.get(name, "") + text
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return load_site(folder)


@dataclass
class World_:
    """What the call may meet; each part may be replaced by one that misbehaves."""

    lookups: Any = field(default_factory=lambda: MemoryLookups({}))
    messages: Any = field(default_factory=MemoryMessages)
    audio: Any = field(default_factory=MemoryAudio)
    boxes: Any = None
    callbacks: Any = field(default_factory=MemoryCallbacks)
    lock_outs: Any = field(default_factory=MemoryLockOuts)
    agents: Any = field(default_factory=lambda: MemoryAgents({}))
    switches: Any = field(default_factory=MemorySwitches)
    changes: Any = None
    announcements: Any = None
    outbox: Any = None
    couriers: Mapping[str, Any] = field(default_factory=dict)
    judge: Any = None
    secret_is: Any = None
    pin_limits: PinLimits = field(default_factory=PinLimits)
    people: Mapping[str, Any] = field(default_factory=dict)
    """Agent's address -> `Person`; each is a ready agent of every queue."""
    switch: type[ScriptedSwitch] = ScriptedSwitch
    outbound: Any = None
    work: Any = None
    phones: Mapping[str, Any] = field(default_factory=dict)
    """Address -> `Person` who is no agent."""
    used: Any = None
    """The switch of the last call."""


@dataclass
class Left:
    """What is left of a call."""

    facts: list[Any]
    phone: ScriptedChannel
    world: World_
    ended: str
    """"over", "cancelled", or "raised ..."."""
    seconds: float

    def of(self, kind):
        return [f for f in self.facts if isinstance(f, kind)]

    @property
    def steps(self):
        return [f.step for f in self.of(StepEntered)]

    @property
    def said(self):
        return [f.prompt for f in self.of(Said)]

    @property
    def entries(self):
        return [(f.digits, f.result) for f in self.of(DigitsCollected)]

    @property
    def ways(self):
        return [(f.step, f.outcome, f.target) for f in self.of(Decided)]

    @property
    def by(self):
        [end] = self.of(CallEnded)
        return end.by


def call(
    site,
    *,
    keys=None,
    hangs_up_at=None,
    cancelled_at=(),
    speaks=None,
    dialled="100",
    caller="13800138000",
    world=None,
    phone=ScriptedChannel,
):
    """Play one call; *keys* are pressed, and *speaks* lasts, at times of the call."""
    world = world or World_()

    async def main():
        loop = asyncio.get_running_loop()
        facts, ids = [], count(1)
        channel = phone(
            caller_id=caller, dialled=dialled, keys=keys, hangs_up_at=hangs_up_at
        )
        for at, seconds in (speaks or {}).items():
            loop.call_at(at, channel.speak, seconds)
        board = MemoryBoard(
            [
                Agent(
                    number=address.rpartition("/")[2],
                    endpoint=address,
                    queues=frozenset(site.queues),
                    presence=Presence.READY,
                )
                for address in world.people
            ]
        )
        switch = world.used = world.switch({**world.people, **world.phones})
        desk = Desk(
            board,
            {
                str(name): QueueRules(
                    name=str(name), ring=float(q.ring), wrap_up=float(q.wrap_up)
                )
                for name, q in site.queues.items()
            },
            clock=lambda: EPOCH.timestamp() + loop.time(),
            note=facts.append,
            new_id=lambda: f"offer{next(ids)}",
        )
        full = World(
            clock=lambda: EPOCH + timedelta(seconds=loop.time()),
            seconds=lambda: EPOCH.timestamp() + loop.time(),
            lookups=world.lookups,
            verifier=PlainVerifier(),
            lock_outs=world.lock_outs,
            messages=world.messages,
            audio=world.audio,
            boxes=world.boxes,
            callbacks=world.callbacks,
            outbox=world.outbox,
            couriers=world.couriers,
            judge=world.judge,
            secret_is=world.secret_is,
            pin_limits=world.pin_limits,
            new_code=lambda count: "1234567890"[:count],
            switches=world.switches,
            changes=world.changes,
            announcements=world.announcements,
            agents=world.agents,
            desk=desk,
            switch=switch,
            outbound=world.outbound,
            work=world.work,
            note=facts.append,
            new_id=lambda: f"id{next(ids)}",
        )
        ended = "over"
        async with beside(desk.run()):
            task = loop.create_task(answer(channel, site, full, LiveCalls()))
            for at in cancelled_at:
                loop.call_at(at, task.cancel)
            await asyncio.wait([task], timeout=3600)
            if not task.done():
                ended = "never"
                task.cancel()
                await asyncio.wait([task], timeout=60)
            elif task.cancelled():
                ended = "cancelled"
            elif (error := task.exception()) is not None:
                ended = f"raised {error!r}"
            seconds = loop.time()
        assert await board.waiting() == []
        assert await board.offers() == []
        assert switch.legs == {}
        assert switch.bridges == 0
        assert switch.rooms == {}
        return Left(facts, channel, world, ended, seconds)

    return clock.run(main())
