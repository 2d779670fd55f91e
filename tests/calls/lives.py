"""One call through several lives of the service, on virtual time.

`Outside` is what outlives a process: the caller's phone and what the caller does, the
agents' phones, the database. Each `live` is one process with a world and a desk of its
own, which finds the call where the last one left it.
"""

import asyncio
from dataclasses import replace

from ivrflow.acd.desk import Desk
from ivrflow.facts import CallEnded, Decided, StepEntered
from ivrflow.flow.bookmark import Seal, newer
from ivrflow.flow.bookmark.taking_up import take_up
from ivrflow.flow.call import Call
from ivrflow.flow.run import resume_call, run_call
from ivrflow.flow.site.roster import queue_rules
from ivrflow.sim.rehearsal.stage import Stage
from tests.calls.dying import Process

SEAL = Seal(b"a key of these tests")
TICK = 0.05
"""Seconds after which facts are written that no bookmark has taken along."""
AWAY = 0.4
"""Seconds from a process's death to the next one's first act."""
LONGEST = 3_600


class Database:
    """What is durable: facts, in order, and the bookmarks of calls that are up."""

    def __init__(self):
        self.facts = []
        self.bookmarks = {}

    def write(self, facts):
        self.facts += facts
        for fact in facts:
            if isinstance(fact, CallEnded):
                self.bookmarks.pop(fact.call, None)


class Diary:
    """One process's way to the database: facts come late, bookmarks take them along."""

    def __init__(self, process, database):
        self._process, self._database = process, database
        self._facts = []

    def note(self, fact):
        if self._process.dead:
            return
        if not self._facts:
            asyncio.get_running_loop().call_later(TICK, self._flush)
        self._facts.append(fact)

    def _flush(self):
        if not self._process.dead:
            self._database.write(self._taken())

    def _taken(self):
        facts, self._facts = self._facts, []
        return facts

    async def keep(self, call, number, text, mark=0):
        facts = self._taken()

        async def commit():
            self._database.bookmarks[call] = text
            self._database.write(facts)

        await self._process.act("commit", commit)


class Outside:
    """See above. *robot* is what the caller does: a coroutine function of this."""

    def __init__(self, site, scene, robot=None):
        self.site = site
        self.stage = Stage(site, scene)
        self.channel = self.stage.channel
        self.phones = self.stage.phones
        self.database = Database()
        self.lives = []
        self.call = None
        self._robot = robot

    @property
    def facts(self):
        """What the database knows."""
        return self.database.facts

    @property
    def over(self):
        """Whether the call's end is durable."""
        return any(isinstance(fact, CallEnded) for fact in self.facts)

    def seconds(self):
        return self.stage.seconds()

    async def through(self, *deaths):
        """The whole call; each of *deaths* is the moment at which one process dies."""
        async with asyncio.timeout(LONGEST), asyncio.TaskGroup() as group:
            robot = group.create_task(self._robot(self)) if self._robot else None
            for death in (*deaths, None):
                await self.live(death)
                if self.over:
                    break
                await asyncio.sleep(AWAY)
            if robot is not None:
                robot.cancel()
        return self

    async def live(self, dies_at=None, *, dies_after=None):
        """One process, to the end of the call or its death; return the process."""
        process = Process(dies_at)
        self.lives.append(process)
        if dies_after is not None:
            asyncio.get_running_loop().call_later(dies_after, process.die)
        await process.run(self._life(process))
        if process.dead:
            self.channel.left_alone()
        await asyncio.sleep(2 * TICK)
        return process

    def _world(self, process, desk):
        stage, diary = self.stage, Diary(process, self.database)
        parts = [
            "lookups",
            "messages",
            "outbox",
            "callbacks",
            "switches",
            "lock_outs",
            "judge",
            "verifier",
        ]
        return replace(
            stage.world,
            **{p: process.outlived(getattr(stage.world, p), p) for p in parts},
            couriers={
                name: process.outlived(courier, "courier")
                for name, courier in stage.world.couriers.items()
            },
            switch=process.outlived(self.phones, "switch"),
            desk=desk,
            note=diary.note,
            bookmarks=diary,
            seal=SEAL,
        )

    async def _life(self, process):
        stage = self.stage
        notes = []
        desk = Desk(
            process.outlived(stage.board, "board"),
            queue_rules(self.site),
            clock=stage.seconds,
            note=lambda fact: notes[0](fact),
            new_id=stage._new_id,
            adopts=len(self.lives) > 1,
        )
        world = self._world(process, desk)
        notes.append(world.note)
        channel = process.outlived(self.channel, "channel")
        self.call = call = Call(channel, self.site, world)
        stage.call = call
        kept = self.database.bookmarks.get(channel.id, "")
        bookmark = newer(channel.id, channel.remembered, kept, SEAL)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(desk.run())
            adopted = group.create_task(self._adopted(desk))
            if bookmark is not None and take_up(call, bookmark):
                await resume_call(call, bookmark)
            else:
                if bookmark is not None:  # as `answer` does
                    call.steps, call.noted = bookmark.number, bookmark.mark
                scene = stage.scene
                await run_call(call, scene.flow, given=scene.variables)
            adopted.cancel()
            running.cancel()

    async def _adopted(self, desk):
        await asyncio.sleep(1)
        desk.adopted()

    # What the caller does ---------------------------------------------------------

    async def until(self, holds):
        """Wait until it holds, a tenth of a second at a time."""
        while not holds():
            await asyncio.sleep(0.1)

    @property
    def step(self):
        return self.call.step_name if self.call else ""

    # What is known of it ------------------------------------------------------------

    def of(self, kind):
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def steps(self):
        """Number -> the step that has it; each has it once."""
        found = {}
        for fact in self.of(StepEntered):
            assert fact.number not in found, fact
            found[fact.number] = fact.step
        return found

    def decisions(self):
        """Each step in the order in which it was left, and where to."""
        return [(fact.step, fact.target) for fact in self.of(Decided)]
