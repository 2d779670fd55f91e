"""One contract, both ways in which phones act for agents: what the talks rely on."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from ivrflow.acd.breaks import Breaks
from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import Agent
from ivrflow.aio import beside
from ivrflow.flow.world import AgentNow
from ivrflow.service.by_phone import AgentsByPhone
from ivrflow.sim.memory import MemoryAgents

PINS = {"1001": "hash", "1002": None}


class Pins:
    async def pin_hash(self, agent):
        return PINS.get(agent)


@asynccontextmanager
async def memory():
    yield MemoryAgents(PINS)


@asynccontextmanager
async def desk():
    clock = asyncio.get_running_loop().time
    known = [Agent(number=number) for number in PINS]
    made = Desk(
        MemoryBoard(known), {}, clock=clock, note=lambda _: None, new_id=lambda: "x"
    )
    async with beside(made.run()):
        await made.until_loaded()
        breaks = Breaks(dict, lambda at: 0.0)
        yield AgentsByPhone(Pins(), made, breaks, clock)


@pytest.fixture(params=[memory, desk])
async def agents(request):
    async with request.param() as made:
        yield made


async def test_who_has_no_pin_and_who_is_not_there_have_none(agents):
    assert await agents.pin_hash("1001") == "hash"
    assert await agents.pin_hash("1002") is None
    assert await agents.pin_hash("7") is None


async def test_who_signs_in_somewhere_is_found_there_until_he_signs_out(agents):
    assert (agents.at("PJSIP/7"), agents.now("1001")) == ("", AgentNow())

    await agents.sign_in("1001", endpoint="PJSIP/7")
    assert agents.at("PJSIP/7") == "1001"
    assert agents.now("1001") == AgentNow(signed_in=True)
    await agents.set_ready("1001", False, reason="lunch")
    assert agents.at("PJSIP/7") == "1001"
    await agents.sign_out("1001")
    assert (agents.at("PJSIP/7"), agents.now("1001")) == ("", AgentNow())


async def test_getting_ready_signs_in(agents):
    await agents.set_ready("1001", True, reason="")

    assert agents.now("1001") == AgentNow(signed_in=True)


async def test_without_a_talk_there_is_no_wrap_up_and_nothing_to_say_of_it(agents):
    await agents.set_ready("1001", True, reason="")

    assert not await agents.end_wrap_up("1001")
    assert not await agents.longer_wrap_up("1001", 60)
    assert not await agents.dispose("1001", "solved")
    assert not agents.used_up("1001", "lunch")


async def test_of_an_agent_whom_nobody_knows_nothing_is_so(agents):
    assert agents.now("7") == AgentNow()
    assert not await agents.longer_wrap_up("7", 60)
