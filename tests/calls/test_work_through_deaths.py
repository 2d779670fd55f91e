"""The service dies at every moment in which an agent deals with a message: the message
is dealt with once, whoever left it is rung by somebody who is there, and the two who
talk talk on."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from ivrflow.aio import beside
from ivrflow.facts import (
    CallEnded,
    CallResumed,
    TalkEnded,
    WorkBegan,
    WorkEnded,
    WorkTried,
)
from ivrflow.flow.bookmark import newer
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.working.dealing import WORK
from ivrflow.flow.working.item import NewWork, WorkState
from ivrflow.flow.working.messages import MessagesAsWork
from ivrflow.flow.world import NewMessage
from ivrflow.flow.world.sounds import recorded_as
from ivrflow.sim import clock
from ivrflow.sim.memory import MemoryMessages, MemoryWork
from ivrflow.sim.memory.boxes import MemoryBoxes
from ivrflow.sim.memory.sounds import MemoryAudio
from ivrflow.sim.scripted import Person
from tests.calls.lives import SEAL, TICK
from tests.calls.talk_lives import AWAY, SETTLED, Lives, must_be_in_order
from tests.calls.talk_rig import EPOCH, NUMBER, OUTSIDE, site

QUEUES = """
desk:
  title: Desk
  ring: 20s
  wrap_up: 0s
back: {title: Back office}
"""

MAILBOXES = """
box:
  number: "800"
  heard_by: [supervisor]
  work: {queue: desk, within: 1h}
"""

SOUND = "0123456789abcdef" * 2

PEOPLE = {
    "PJSIP/1": Person(answers_after=0.53, talks_for=None),
    OUTSIDE: Person(answers_after=1.03, talks_for=6.0),
}


class Work(MemoryWork):
    """Work of which facts may tell before the store knows it, as in a database."""

    def __init__(self, messages, facts):
        super().__init__(messages)
        self.facts = facts

    async def untold(self, most):
        kinds = [fact.kind for fact in self.facts]
        told = 2 if "WorkEnded" in kinds else int("WorkBegan" in kinds)
        found = await super().untold(most)
        return [replace(item, told=max(told, item.told)) for item in found]


class WorkLives(Lives):
    """Processes that have a message dealt with, one after the other."""

    def __post_init__(self):
        super().__post_init__()
        self.messages, self.audio = MemoryMessages(), MemoryAudio()
        self.work = Work(self.messages, self.database.facts)
        self.boxes = MemoryBoxes(self.messages, lambda: EPOCH)

    async def left(self):
        """There is a message already, as the first process begins."""
        self.audio.recorded[recorded_as(SOUND)] = 4.0
        new = NewMessage(
            message="m1",
            sound=SOUND,
            mailbox="box",
            call="caller of it",
            caller=NUMBER,
            at=EPOCH,
        )
        await self.messages.begin([new], most={})
        work = NewWork(queue="desk", promised=EPOCH.timestamp() + 3600)
        await self.messages.keep(SOUND, seconds=4.0, work={"m1": work})

    def _house(self, process):
        house = super()._house(process)
        house.world = replace(
            house.world,
            messages=process.outlived(self.messages, "messages"),
            work=process.outlived(self.work, "work"),
            boxes=process.outlived(self.boxes, "boxes"),
            audio=self.audio,
        )
        return house

    async def _life(self, process):
        house = self._house(process)
        first = len(self.houses) == 1
        desk, live = house.desk, LiveCalls()

        async def durable(_):
            await asyncio.sleep(2 * TICK)
            return True

        working = MessagesAsWork(
            house.world.work,
            lambda: (self.site, house.world),
            live,
            adopts=not first,
            durable=durable,
        )
        self.switch.claimed = set()
        async with beside(desk.run(), working.run()) as group:
            if not first:
                for leg in list(self.switch.legs.values()):
                    mark = newer(leg.id, leg.remembered, self._kept(leg), SEAL)
                    if mark is not None and mark.kind == WORK:
                        self.switch.claimed.add(leg.id)
                        there = process.outlived(leg, "customer")
                        group.create_task(working.resume(there, mark))
                await asyncio.sleep(SETTLED)
                await working.claim()
                self.switch.reap()
                desk.adopted()
            await asyncio.sleep(3600)


async def agent(lives, key):
    """The agent at phone 1: some seconds after he has answered he presses *key*, and
    once more whenever nothing has come of it."""
    while True:
        await asyncio.sleep(0.5)
        leg = lives.switch.leg_at("PJSIP/1")
        if leg is None:
            up = 0
            continue
        up += 1
        reached = lives.switch.leg_at(OUTSIDE) or OUTSIDE in lives.switch.ringing
        if up >= 6 and up % 4 == 2 and not reached:
            leg.press(key)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return site(tmp_path_factory.mktemp("site"), queues=QUEUES, mailboxes=MAILBOXES)


def dealt_with(site_, *deaths, key="1", people=PEOPLE, dies_at=None):
    """One message, until its work has ended; each of *deaths* ends a process, or the
    act *dies_at* outside the first one."""

    async def main():
        loop = asyncio.get_running_loop()
        lives = WorkLives(site_, None, dict(people), ("1",))
        await lives.left()

        async def run():
            ends = [(death, None) for death in deaths]
            if dies_at is not None:
                ends.append((None, dies_at))
            for death, at_act in (*ends, (None, None)):
                await lives.live(death, dies_at=at_act)
                lives.moments = lives.moments or lives.process.moments
                await asyncio.sleep(AWAY)

        async with beside(agent(lives, key)) as group:
            running = group.create_task(run())
            with suppress(TimeoutError):
                async with asyncio.timeout(90):
                    while not lives.of(WorkEnded) or lives.switch.legs:
                        await asyncio.sleep(0.1)
                    await asyncio.sleep(max(0.5, 25 - loop.time()))
            lives.process.die()
            running.cancel()
        lives.left = (await lives.board.waiting(), await lives.board.offers())
        lives.agents = await lives.board.agents()
        return lives

    return clock.run(main())


def must_be_done_once(lives, where, how="talked"):
    must_be_in_order(lives, where)
    item = lives.work.all["m1"]
    assert item.state is WorkState.DONE, where
    assert item.agent == "1", where
    assert len(lives.of(WorkBegan)) == 1, where
    assert [fact.how for fact in lives.of(WorkEnded)] == ["done"], where
    assert [f.how for f in lives.of(WorkTried)].count(how) <= 1, where


def test_left_alone_the_message_is_heard_and_its_caller_called(here):
    lives = dealt_with(here)

    must_be_done_once(lives, "undisturbed")
    assert [fact.how for fact in lives.of(WorkTried)] == ["talked"]
    assert len(lives.of(TalkEnded)) == len(lives.of(CallEnded)) == 1


def test_a_death_at_any_moment_costs_nobody_his_call(here):
    resumed = 0
    for tenth in range(1, 100, 3):
        lives = dealt_with(here, tenth / 10)
        must_be_done_once(lives, tenth / 10)
        assert len(lives.of(CallEnded)) == 1, tenth / 10
        resumed += len(lives.of(CallResumed))
    assert resumed > 7  # so often he had been reached already


def test_an_agent_who_hears_it_keeps_his_phone_through_a_death(here):
    lives = dealt_with(here, 2.5)

    rings = [what for _, what in lives.switch.log if what == "rings PJSIP/1"]
    assert len(rings) == 1
    must_be_done_once(lives, "heard on")


def test_two_deaths_cost_nobody_his_call_either(here):
    for tenth in range(1, 80, 8):
        deaths = (tenth / 10, tenth / 10 + 2.1)
        must_be_done_once(dealt_with(here, *deaths), deaths)


@pytest.mark.parametrize("key", ["1", "3"])
@pytest.mark.parametrize("written_after", [0.0, TICK])
def test_it_is_told_once_at_whatever_act_the_service_dies(
    here, key, written_after, monkeypatch
):
    monkeypatch.setattr("tests.calls.lives.TICK", written_after)
    moments = dealt_with(here, key=key).process.moments
    how = "talked" if key == "1" else "dealt with"
    done = moments.index("after work.end")
    for act in range(1, done + 12):
        where = (act, moments[act - 1])
        must_be_done_once(dealt_with(here, dies_at=act, key=key), where, how)
