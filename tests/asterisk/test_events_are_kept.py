"""What happened while nobody was there, where Asterisk keeps it and brings it.

With the line that we make the same is found by looking, but for the keys: see
`test_adoption.py`.
"""

import asyncio

import pytest
import pytest_asyncio

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.ports import free_ports
from ivrflow.asterisk.home.run import private_asterisk
from tests.adoption_rig import falls_silent
from tests.asterisk_rig import record_sounds, settings_of

pytestmark = pytest.mark.asterisk


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asterisk(tmp_path_factory):
    folder, ports = tmp_path_factory.mktemp("outbound"), free_ports(outbound=True)
    async with private_asterisk(find(fetched_folder()), folder, ports=ports) as running:
        record_sounds(running)
        # No service moves the time limits of calls here.
        await running.rx("dialplan set global IVRFLOW_DEAD_MAN 0")
        yield running


async def test_who_left_and_came_back_while_nobody_was_there_is_found_once(processes):
    # As the dialplan does with a caller in line whom nobody watches over.
    one = await processes()
    channel, _ = await one.call()
    await channel.remember("in line")
    await one.dies()
    somebody = Client(settings_of(one.asterisk))
    for _ in range(3):
        await somebody.channels.continue_in_dialplan(
            channel.id, context="ivrflow-enter", extension="12345", priority=1
        )
        await asyncio.sleep(0.2)
    await somebody.close()

    two = await processes()
    caller = await two.adopted()

    assert (caller.id, caller.remembered) == (channel.id, "in line")
    assert two.taken.empty()
    await asyncio.sleep(0.1)
    assert not caller.gone.done()


async def test_keys_that_were_pressed_meanwhile_are_there_in_order(processes):
    one = await processes()
    _, phone = await one.call()
    await one.dies()
    await phone.press("12#")

    two = await processes()
    caller = await two.adopted()

    assert caller.keys.peek() == "12#"


async def test_a_key_of_before_stops_the_prompt_of_before(processes):
    one = await processes()
    channel, phone = await one.call(remembers="menu")
    one.does(channel.play([one.sound(100)], stop_on="1"))
    await asyncio.sleep(0.3)
    await one.dies()
    await phone.press("1")

    two = await processes()
    caller = await two.adopted()
    assert await caller.play([two.sound(100)], stop_on="1") is False
    await falls_silent(phone)
    async with asyncio.timeout(0.5):
        await caller.remember("chosen")
