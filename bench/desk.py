"""How fast the desk is, with all that it writes: the board is a SQLite file.

    python -m bench.desk [calls]

Five figures, each beside its goal:

- *Durable assignments*: callers join faster than agents are free, each is claimed,
  rung, answered and given back at once. An assignment counts with all its writes: the
  caller's joining, the claim before the phone rings, the answer, the end.
- *Agent ready -> leg created*: from the agent's choice until the switch is told to make
  the leg, both writes included (the choice, and the claim).
- *Idle while waiting*: for how long an agent was free while a caller whom he could
  serve waited, until the phone was ordered, as the fact `AgentOffered` has it. Of calls
  that come at random to agents whose talks take a moment, about 100 calls a second.
- *Start with 1,000 waiting*: from the start of the desk on a board with 2,000 agents
  and 1,000 callers of a life before, until the first new caller is offered.
- *Adopted*: the processor's time for the same start where all 1,000 callers are still
  there: each is back in his place, and adoption is over.

With the 20,000 calls it takes some four minutes, nearly all of them for the third.

The phones are scripted. The switch's own time, some milliseconds on a real one, comes
on top; what belongs to Python, to the disk and to SQLite is in it.
"""

from __future__ import annotations

import asyncio
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from msgspec.structs import replace

from bench.machine import beside_goal, machine
from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.board import Board
from ivrflow.acd.model import Agent, Presence, QueueRules, Waiting, Work, need
from ivrflow.db.board import SqlBoard
from ivrflow.db.engine import Database
from ivrflow.db.upgrade import upgrade
from ivrflow.facts import AgentOffered, Fact
from ivrflow.sim.scripted import Person, ScriptedSwitch
from ivrflow.telephony.channel import Channel, DialOrder

CALLS = 20_000
ASSIGNMENTS = 3_000
STARTS = 1_000
AGENTS = 100
WAITING = 1_000
HOUSE = 2_000

PER_SECOND = 300.0
READY_TO_LEG = 0.010
IDLE = 0.020
START = 2.0
ADOPTED = 0.5

QUEUE = "all"


class Switch(ScriptedSwitch):
    """Phones that are answered at once; *ordered* hears of each order."""

    def __init__(self, ordered: Callable[[DialOrder], None]) -> None:
        super().__init__({})
        self._ordered = ordered

    async def dial(self, order: DialOrder) -> Channel:
        self._ordered(order)
        self.people.setdefault(order.address, Person(answers_after=0, talks_for=None))
        leg = await super().dial(order)
        self.log.clear()
        return leg


@asynccontextmanager
async def board(agents: Sequence[Agent]) -> AsyncIterator[Board]:
    """A board in a file, with these agents."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ivrflow.db'}"
        await asyncio.to_thread(upgrade, url)
        database = Database(url)
        try:
            made = SqlBoard(database)
            await made.enrol(agents)
            for agent in agents:
                if agent.presence is Presence.READY:
                    await made.set_presence(agent.number, Presence.READY, at=0.0)
            yield made
        finally:
            await database.close()


@asynccontextmanager
async def open_desk(
    on: Board, note: Callable[[Fact], None], rules: QueueRules, *, adopts: bool = False
) -> AsyncIterator[Desk]:
    """A desk that runs while the block does."""
    loop, ids = asyncio.get_running_loop(), count(1)
    desk = Desk(
        on,
        {QUEUE: rules},
        clock=loop.time,
        note=note,
        new_id=lambda: f"o{next(ids)}",
        adopts=adopts,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(desk.run())
        try:
            yield desk
        finally:
            running.cancel()


def staff(number: int, *, ready: bool = True) -> list[Agent]:
    return [
        Agent(
            number=str(1000 + n),
            endpoint=f"PJSIP/{1000 + n}",
            queues=frozenset({QUEUE}),
            skills={"zh": 1 + n % 10},
            presence=Presence.READY if ready else Presence.LOGGED_OUT,
        )
        for n in range(number)
    ]


async def serve(desk: Desk, switch: Switch, number: int, talk: float) -> None:
    """One caller: queue, talk for so long, hang up."""
    now = asyncio.get_running_loop().time()
    waiting = Waiting(call=f"c{number}", queue=QUEUE, joined=now, need=need({"zh": 1}))
    async with desk.line(waiting) as place, place.agent(switch):
        await asyncio.sleep(talk)


async def assignments(calls: int) -> float:
    """Assignments a second, with more callers than agents all the time."""
    at_once = asyncio.Semaphore(2 * AGENTS)

    async def one(number: int) -> None:
        async with at_once:
            await serve(desk, switch, number, 0.0)

    switch = Switch(lambda _: None)
    async with (
        board(staff(AGENTS)) as kept,
        open_desk(kept, lambda _: None, QueueRules(name=QUEUE)) as desk,
    ):
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(calls):
                group.create_task(one(number))
        # What is written last is part of it.
        await desk.reload()
        return calls / (time.perf_counter() - began)


async def ready_to_leg(times: int) -> list[float]:
    """Seconds from `ready` to the order of the leg, one agent after the other."""
    took: list[float] = []
    began = 0.0
    ordered = asyncio.Event()

    def hear(_: DialOrder) -> None:
        took.append(time.perf_counter() - began)
        ordered.set()

    switch = Switch(hear)
    numbers = [str(1000 + n) for n in range(AGENTS)]
    async with (
        board(staff(AGENTS, ready=False)) as kept,
        open_desk(kept, lambda _: None, QueueRules(name=QUEUE)) as desk,
    ):
        for number in numbers:
            await desk.sign_in(number)
        for turn in range(times):
            number = numbers[turn % AGENTS]
            async with asyncio.TaskGroup() as group:
                group.create_task(serve(desk, switch, turn, 0.0))
                await asyncio.sleep(0.005)  # the caller waits, nobody is free
                ordered.clear()
                began = time.perf_counter()
                await desk.ready(number)
                await ordered.wait()
            await desk.not_ready(number)
    return took


async def idle_while_waiting(calls: int) -> list[float]:
    """What the monitor has seen of calls at random, about 100 a second."""
    chance = random.Random(1)
    idle: list[float] = []

    def note(fact: Fact) -> None:
        if isinstance(fact, AgentOffered):
            idle.append(fact.idle)

    switch = Switch(lambda _: None)
    rules = QueueRules(name=QUEUE, wrap_up=0.05)
    async with (
        board(staff(AGENTS)) as kept,
        open_desk(kept, note, rules) as desk,
        asyncio.TaskGroup() as group,
    ):
        for number in range(calls):
            talk = chance.expovariate(1 / 0.8)
            group.create_task(serve(desk, switch, number, talk))
            await asyncio.sleep(chance.expovariate(100))
    return idle


async def start(agents: int = HOUSE, waiting: int = WAITING) -> float:
    """Seconds from the start to the first offer, on a board full of an old life."""
    ordered = asyncio.Event()
    switch = Switch(lambda _: ordered.set())
    async with board(staff(agents)) as kept:
        for number in range(waiting):
            await kept.join(Waiting(call=f"old{number}", queue=QUEUE, joined=number))
        began = time.perf_counter()
        async with (
            open_desk(kept, lambda _: None, QueueRules(name=QUEUE)) as desk,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(serve(desk, switch, 0, 0.0))
            await ordered.wait()
            took = time.perf_counter() - began
            await desk.reload()  # until the old life is off the board
    return took


async def adopt(agents: int = HOUSE, waiting: int = WAITING) -> float:
    """Seconds of the processor until all callers of a life before are in line again.

    The agents are at work, so that nobody rings: that is another figure's.
    """
    switch = Switch(lambda _: None)
    busy = [
        replace(agent, work=Work.WRAP_UP, free_at=math.inf) for agent in staff(agents)
    ]
    callers = [
        Waiting(call=f"old{n}", queue=QUEUE, joined=n, need=need({"zh": 1}))
        for n in range(waiting)
    ]
    async with board(busy) as kept:
        for caller in callers:
            await kept.join(caller)
        began = time.process_time()
        async with (
            open_desk(
                kept, lambda _: None, QueueRules(name=QUEUE), adopts=True
            ) as desk,
            asyncio.TaskGroup() as group,
        ):
            await desk.until_loaded()
            back = [group.create_task(_stand(desk, switch, one)) for one in callers]
            await asyncio.sleep(0)
            assert len(desk.waiting()) == waiting
            desk.adopted()
            took = time.process_time() - began
            for one in back:
                one.cancel()
    return took


async def _stand(desk: Desk, switch: Switch, waiting: Waiting) -> None:
    async with desk.line(waiting) as place, place.agent(switch):
        raise AssertionError("nobody is free")


def p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def main(calls: int) -> None:
    print(machine())
    share = calls / CALLS
    made = max(100, round(ASSIGNMENTS * share))
    rate = asyncio.run(assignments(made))
    what = f"durable assignments on SQLite ({made})"
    print(beside_goal(what, rate, PER_SECOND, "/s", more=True))
    took = asyncio.run(ready_to_leg(max(100, round(STARTS * share))))
    what = f"agent ready -> leg created, p99 of {len(took)}"
    print(beside_goal(what, 1000 * p99(took), 1000 * READY_TO_LEG, "ms", more=False))
    idle = asyncio.run(idle_while_waiting(calls))
    what = f"idle while waiting, p99 of {len(idle)} calls"
    print(beside_goal(what, 1000 * p99(idle), 1000 * IDLE, "ms", more=False))
    what = f"start with {WAITING} waiting, {HOUSE} agents"
    print(beside_goal(what, asyncio.run(start()), START, "s", more=False))
    what = f"adopted: {WAITING} waiting, {HOUSE} agents, processor's time"
    print(beside_goal(what, asyncio.run(adopt()), ADOPTED, "s", more=False))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS)
