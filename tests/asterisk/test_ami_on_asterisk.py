"""AMI on the real Asterisk: what it is for, and what its user may not do."""

import asyncio
import time

import pytest
from asterisk_rig import connected, record_sounds

from ivrflow.aio import beside
from ivrflow.asterisk.ami.client import TIME_LIMIT, Ami, AmiSettings
from ivrflow.asterisk.ari.time_limit import take_off
from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.secret import Secret

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]


async def test_a_variable_is_set_while_a_prompt_plays_and_ends_the_call_in_time(
    tmp_path,
):
    async with private_asterisk(find(fetched_folder()), tmp_path) as pbx:
        record_sounds(pbx)
        await pbx.rx("dialplan set global IVRFLOW_MAILBOX_SECONDS 0")
        await pbx.rx("dialplan set global IVRFLOW_FALLBACK ivrflow-test/tone3")
        ami = Ami(
            AmiSettings(
                port=pbx.ports.ami,
                user="ivrflow",
                password=Secret(pbx.credentials.ami_password),
            )
        )
        async with connected(pbx) as rig, beside(ami.run()):
            while not ami.ready:
                await asyncio.sleep(0.01)
            channel, phone = await rig.call()
            async with asyncio.TaskGroup() as group:
                group.create_task(channel.play([rig.sound(100)], stop_on="1"))
                await phone.until_sound()
                began = time.monotonic()
                assert await ami.set_variable(channel.id, "IVRFLOW_TRIED", "yes")
                took = time.monotonic() - began
                assert await ami.set_variable(channel.id, TIME_LIMIT, "60")
                began = time.monotonic()
                await take_off(rig.client, channel.id)
                took_off = time.monotonic() - began
                left = await rig.client.channels.get_channel_var(channel.id, TIME_LIMIT)
                await phone.press("1")
            told = await rig.client.channels.get_channel_var(
                channel.id, variable="IVRFLOW_TRIED"
            )
            calls = await ami._ask(
                {"Action": "Originate", "Channel": "Local/100@ivrflow", "Exten": "100"}
            )
            assert await ami.panic() == ""
            await pbx.rx("database put ivrflow panic overflow")
            assert await ami.panic() == "overflow"
            await pbx.rx("database put ivrflow panic off")
            assert await ami.set_variable(channel.id, TIME_LIMIT, "1")
            cause = await phone.ended(within=5)
            gone = await ami.set_variable(channel.id, TIME_LIMIT, "45")
    assert told.value == "yes"
    assert took < 1, "ARI would have waited for the ten seconds of the sound"
    assert took_off < 1, "so it must be, also without AMI"
    assert left.value == "0"
    assert not calls.success, "its user must not be able to make calls"
    assert cause is not None
    assert not gone
