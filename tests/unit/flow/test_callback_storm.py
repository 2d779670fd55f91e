"""Callbacks among callers, agents and customers of whom nobody can be relied upon."""

import asyncio
import random

import pytest

from ivrflow.facts import CallbackEnded, CallbackTried, CallerQueued, Connected
from ivrflow.flow.wish import WishState
from ivrflow.sim.scripted import Person
from ivrflow.telephony.channel import Unreached
from tests.unit.flow.callback_rig import QUEUES, Office, at, play

HOUR = 3600


def customer(chance):
    """One who may be busy, away, slow, or talk for a moment only."""
    refuses = chance.choice([None, None, None, Unreached.BUSY, Unreached.UNREACHABLE])
    answers = chance.choice([1, 3, 12, None])
    return Person(answers, chance.choice([0.5, 20, 90]), refuses)


@pytest.mark.parametrize("seed", range(6))
def test_each_wish_ends_once_and_no_customer_rings_without_an_agent(tmp_path, seed):
    chance = random.Random(seed)

    async def scene():
        office = Office(tmp_path, agents=3, queues=QUEUES.replace("5m", "1m"))
        for number in (1, 2, 3):
            office.people[f"PJSIP/{number}"] = Person(
                chance.choice([1, 4]), chance.choice([3, 40, 200])
            )
        lonely, rang = [], set()

        def look():
            """Whoever begins to ring has an agent, who waits for nobody else."""
            rings = {a for a in office.switch.ringing if "@" in a}
            agents = [x for x in office.switch.legs.values() if "@" not in x.dialled]
            if rings - rang and len(rings) > len(agents):
                lonely.append((asyncio.get_running_loop().time(), rings))
            rang.clear()
            rang.update(rings)

        async def comings():
            for number in range(25):
                await asyncio.sleep(chance.uniform(0, 60))
                caller = f"138000000{number:02}"
                match chance.choice(["wish", "call", "call again", "ready"]):
                    case "wish":
                        office.people[at(caller)] = customer(chance)
                        await office.wish(
                            caller, call=f"w{number}", since=-chance.uniform(0, 300)
                        )
                    case "call":
                        gone = asyncio.get_running_loop().time() + chance.uniform(1, 90)
                        office.calls_in(caller, id=f"c{number}", hangs_up_at=gone)
                    case "call again":
                        waiting = await office.callbacks.open()
                        if waiting:
                            again = chance.choice(waiting).number
                            office.calls_in(again, id=f"a{number}")
                    case "ready":
                        await office.desk.not_ready(chance.choice("123"))
                for agent in "123":
                    await office.desk.ready(agent)

        office.switch.on_change = look
        async with office.open():  # and its end says that nothing is left behind
            await asyncio.sleep(1)
            await comings()
            await asyncio.sleep(HOUR)
        assert lonely == []
        return office

    office = play(scene)
    ended = [f.call for f in office.of(CallbackEnded)]
    assert sorted(ended) == sorted(
        {wish.call for wish in office.callbacks.asked.values()}
    )
    states = {wish.state for wish in office.callbacks.asked.values()}
    assert WishState.WAITING not in states
    for wish in office.callbacks.asked.values():
        assert len(office.of(CallbackTried, call=wish.call)) <= 3
    items = {f.call for f in office.of(CallerQueued, item="callback")}
    assert all(
        len(office.of(Connected, call=item)) <= 2 for item in items
    )  # once for the callback, once more if that agent was gone
