"""Messages among callers, agents and customers of whom nobody can be relied upon, for
an hour and until all is done."""

import asyncio
import random
from collections import Counter

import pytest

from ivrflow.aio import beside
from ivrflow.facts import (
    AgentOffered,
    CallerQueued,
    Connected,
    TalkEnded,
    WorkBegan,
    WorkEnded,
    WorkTried,
)
from ivrflow.figures.fold import Fold
from ivrflow.figures.ledger import MESSAGE
from ivrflow.flow.working.item import WorkState
from ivrflow.sim.scripted import Person
from ivrflow.telephony.channel import Unreached
from tests.unit.flow.callback_rig import at, play
from tests.unit.flow.work_rig import WorkOffice

HOUR = 3600
AGENTS = 4


def customer(chance):
    """One who may be busy, away, slow, or talk for a moment only."""
    refuses = chance.choice([None, None, None, Unreached.BUSY, Unreached.UNREACHABLE])
    answers = chance.choice([1, 3, 12, None])
    return Person(answers, chance.choice([0.5, 20, 90]), refuses)


async def works(office, number, chance):
    """An agent: takes what rings, hears, presses what comes to his mind, hangs up."""
    while True:
        await asyncio.sleep(1)
        leg = await office.answered(number, look_every=3)
        while not leg.gone.done():
            await asyncio.sleep(chance.uniform(0.5, 20))
            leg.press(chance.choice("1333334402#*95"))
            if chance.random() < 0.1:
                leg.drop()


async def comings(office, chance):
    for n in range(40):
        await asyncio.sleep(chance.uniform(0, 2 * HOUR / 40))
        caller = f"138000000{n:02}"
        now = asyncio.get_running_loop().time()
        match chance.choice(["message", "message", "call", "delete", "end"]):
            case "message":
                office.people[at(caller)] = customer(chance)
                await office.left(
                    f"m{n}",
                    caller=caller,
                    seconds=chance.uniform(2, 40),
                    within=chance.choice([60, 600, HOUR]),
                    urgent=chance.random() < 0.2,
                )
            case "call":
                gone = now + chance.uniform(1, 90)
                office.calls_in(caller, id=f"c{n}", hangs_up_at=gone)
            case "delete" if waiting := await office.work.open():
                one = chance.choice(waiting).message
                await office.boxes.delete(one, by="mailbox 800")
                await asyncio.sleep(chance.uniform(0, 20))
                await office.boxes.restore(one, by="mailbox 800")
            case "end" if waiting := await office.work.open():
                one = chance.choice(waiting).message
                state = chance.choice([WorkState.DONE, WorkState.WITHDRAWN])
                now = office.world.seconds()
                await office.work.end(one, state, now, by="ann (api)")
        await office.desk.not_ready(chance.choice("1234"))
        for agent in "1234":
            await office.desk.ready(agent)


@pytest.mark.parametrize("seed", range(2))
def test_each_message_is_dealt_with_once_and_nobody_sits_idle_while_one_waits(
    tmp_path, seed
):
    chance = random.Random(seed)

    async def scene():
        office = WorkOffice(tmp_path, agents=AGENTS)
        async with office.open():  # and its end says that nothing is left behind
            robots = [works(office, n, chance) for n in range(1, AGENTS + 1)]
            async with beside(*robots):
                await comings(office, chance)
                async with asyncio.timeout(3 * HOUR):
                    while await office.work.open():
                        await asyncio.sleep(5)
                while any(office.phone(n) for n in range(1, AGENTS + 1)):
                    await asyncio.sleep(5)
            await asyncio.sleep(30)
        return office

    office = play(scene)
    all_ = office.work.all
    assert len(all_) >= 10
    assert all(item.told == 2 for item in all_.values())
    assert Counter(f.message for f in office.of(WorkBegan)) == Counter(all_.keys())
    ends = {f.message: f for f in office.of(WorkEnded)}
    assert Counter(f.message for f in office.of(WorkEnded)) == Counter(all_.keys())
    for message, item in all_.items():
        assert ends[message].how == item.state.value
    # Each try is an item of its own: it has an agent once, but for what was deleted
    # under an agent, and came back. And whoever talked was called once.
    deleted = {e.what.split()[1] for e in office.boxes.audit if e.after == "deleted"}
    queued = {f.call for f in office.of(CallerQueued) if f.item == "voicemail"}
    had = Counter(f.call for f in office.of(Connected) if f.call in queued)
    assert {n for call, n in had.items() if call.split("-")[0] not in deleted} == {1}
    talked = Counter(f.message for f in office.of(WorkTried) if f.how == "talked")
    assert set(talked.values()) <= {1}
    assert len(office.of(Connected)) == len(office.of(TalkEnded))
    # Nobody who was free and could have had it sat idle while it waited.
    assert max(f.idle for f in office.of(AgentOffered)) < 0.01
    fold = Fold()
    for fact in office.facts:
        fold.note(fact)
    sums = fold.total(item=MESSAGE)
    done = [f for f in office.of(WorkEnded) if f.how == "done"]
    assert (sums.asked, sums.promises) == (len(all_), len(done))
    assert sums.kept == sum(f.in_time for f in done)
    assert sums.taken_back == len(all_) - len(done)
    assert sums.offered == sums.answered + sums.flowed_out + sums.abandoned
