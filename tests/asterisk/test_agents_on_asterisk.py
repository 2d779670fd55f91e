"""Agents and their phones, on the real Asterisk: one service for all of it."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from asterisk_rig import until
from hotline_rig import hotline

from ivrflow.acd.model import Waiting
from ivrflow.asterisk.ari.phones import IN_USE, PhoneStates
from ivrflow.demo.setup import AGENT_PIN
from ivrflow.facts import PhoneChanged
from ivrflow.sim.phone import Phones

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]


@asynccontextmanager
async def waiting(rig, call):
    """A caller in the queue; gives the task that ends with the agent's number.

    The agent's leg is hung up when the block ends.
    """
    desk, over = rig.running.desk, asyncio.Event()
    answered = asyncio.get_running_loop().create_future()

    async def wait():
        caller = Waiting(call=call, queue="service", joined=rig.running.world.seconds())
        async with AsyncExitStack() as held:
            place = await held.enter_async_context(desk.line(caller))
            talk = await held.enter_async_context(place.agent(rig.running.world.switch))
            answered.set_result(talk.agent.number)
            await over.wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(wait())
        try:
            yield answered
        finally:
            over.set()
            if not answered.done():
                task.cancel()


def told(rig, agent):
    return [
        f.busy
        for f in rig.heard.facts
        if isinstance(f, PhoneChanged) and f.agent == agent
    ]


async def test_who_is_in_a_call_of_his_own_is_not_rung_and_rung_when_it_ends(tmp_path):
    async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
        passwords, desk = rig.pbx.credentials.agents, rig.running.desk
        ann = await phones.agent("1001", password=passwords["1001"])
        ann.answers(0.2)
        await desk.ready("1001")

        own = await ann.call("12313")
        await until(lambda: desk.agents["1001"].elsewhere)
        async with waiting(rig, "c1") as answered:
            await asyncio.sleep(1.5)
            not_rung = list(ann.rang)
            # A service that starts now finds it so: states are read, not only heard.
            seen = {}
            states = PhoneStates(
                rig.running.client, changed=lambda *_: None, seen=seen.update
            )
            await states.look()
            await own.hang_up()
            async with asyncio.timeout(10):
                number = await answered
            await asyncio.sleep(1.5)  # a talk of ours is no other call
        await until(lambda: desk.agents["1001"].work.value == "wrap-up")
        await asyncio.sleep(1.5)  # nor is what follows it

        # Hot desk, and the codes at the phone where one is signed in.
        bob = await phones.agent("1002", password=passwords["1002"])
        call = await bob.call("*11")
        await rig.heard.said("1002", "sign_in_number")
        await call.press("1003#")
        await rig.heard.said("1002", "sign_in_pin")
        await call.press(f"{AGENT_PIN}#")
        await rig.heard.said("1002", "signed_in_menu")
        sits_at = desk.agents["1003"].address
        await call.hang_up()
        call = await bob.call("*13")
        await asyncio.sleep(1)
        await call.press(f"{AGENT_PIN}#")
        await rig.heard.said("1002", "pause_menu")
        await call.press("1")
        await rig.heard.said("1002", "you_are_on_break")
        reason = desk.agents["1003"].reason
        await call.ended(within=10)
        # Its own call to us was another call too, and is over.
        await until(lambda: told(rig, "1003")[-1:] == [False])

    assert not_rung == []
    assert (number, len(ann.rang)) == ("1001", 1)
    assert seen["PJSIP/1001"] in IN_USE
    assert seen["PJSIP/1002"] not in IN_USE
    assert told(rig, "1001") == [True, False]
    assert (sits_at, reason) == ("PJSIP/1002", "lunch")
