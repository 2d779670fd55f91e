"""The desk with real phones: several ring at once, one stays up, one must press 1."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from asterisk_rig import until

from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.desk.nailed import NailedUp
from ivrflow.acd.model import Agent, Presence, QueueRules, Waiting

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(30)]

NUMBERS = ("1001", "1002", "1003")


@asynccontextmanager
async def desk(rig, *, choose="longest_idle", numbers=NUMBERS, **more):
    """A desk with these agents ready, and the facts it notes."""
    loop, facts = asyncio.get_running_loop(), []
    agents = [
        Agent(
            number=number,
            endpoint=f"PJSIP/{number}",
            queues=frozenset({"sales"}),
            presence=Presence.READY,
            **more,
        )
        for number in numbers
    ]
    made = Desk(
        MemoryBoard(agents),
        {"sales": QueueRules(name="sales", choose=choose, ring=5, accept_within=3)},
        clock=loop.time,
        note=facts.append,
        new_id=rig.new_id,
    )
    lines = NailedUp(made, rig.switch)
    made.lines = lines
    made.on_agent(lines.heard)
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(made.run()), group.create_task(lines.run())]
        yield made, facts
        for task in running:
            task.cancel()


@asynccontextmanager
async def talk(rig, at, call):
    """A caller who gets an agent; the two are joined while the block runs."""
    channel, phone = await rig.call()
    now = asyncio.get_running_loop().time()
    async with (
        at.line(Waiting(call=call, queue="sales", joined=now)) as place,
        place.agent(rig.switch) as talk,
        rig.switch.bridge(channel, talk.leg),
    ):
        yield talk
    await phone.hang_up()


def told(facts, kind):
    return [fact for fact in facts if fact.kind == kind]


async def test_of_agents_who_answer_at_one_moment_one_has_the_call(ari):
    phones = [await ari.agent(number) for number in NUMBERS]
    for phone in phones:
        phone.answers(0.3)
    async with desk(ari, choose="ring_all") as (at, facts), talk(ari, at, "c1"):
        await asyncio.sleep(1)
        up = [rang.up for phone in phones for rang in phone.rang]
        assert len(up) == 3
        assert sum(up) == 1
    assert len(told(facts, "Connected")) == 1
    assert [f.how for f in told(facts, "OfferEnded")] == ["lost race"] * 2
    await ari.nothing_is_left()


async def test_a_phone_that_stays_up_rings_once_for_all_callers(ari):
    phone = await ari.agent("1001")
    phone.answers(0.2)
    async with desk(ari, numbers=["1001"], nailed=True) as (at, facts):
        await until(lambda: len(phone.rang) == 1 and phone.rang[0].up)
        for call in ("c1", "c2"):
            async with talk(ari, at, call):
                await asyncio.sleep(0.5)
            await until(lambda: at.agents["1001"].work.value, wanted="idle")
        assert len(phone.rang) == 1
        assert phone.rang[0].up
        await at.sign_out("1001")
        await until(lambda: phone.rang[0].up, wanted=False)
    assert [f.call for f in told(facts, "Connected")] == ["c1", "c2"]
    await ari.nothing_is_left()


async def test_an_agent_who_hangs_up_a_phone_that_stays_up_is_not_ready(ari):
    phone = await ari.agent("1001")
    phone.answers(0.2)
    async with desk(ari, numbers=["1001"], nailed=True) as (at, _):
        async with talk(ari, at, "c1") as had:
            await phone.rang[0].hang_up()
            async with asyncio.timeout(3):
                await asyncio.wait([had.leg.gone])
        await until(lambda: at.agents["1001"].reason, wanted="line lost")
    await ari.nothing_is_left()


async def test_a_call_is_taken_by_pressing_1(ari):
    phone = await ari.agent("1001")
    phone.answers(0.2)
    async with desk(ari, numbers=["1001"], confirm=True) as (at, facts):

        async def press():
            await until(lambda: len(phone.rang) == 1 and phone.rang[0].up)
            assert told(facts, "Connected") == []
            await phone.rang[0].press("1")

        async with asyncio.TaskGroup() as group:
            pressing = group.create_task(press())
            async with talk(ari, at, "c1"):
                await pressing
    assert len(told(facts, "Connected")) == 1
    await ari.nothing_is_left()
