"""How a call sounds, told by the real Asterisk to a user of AMI who may do nothing."""

import asyncio

import pytest
from asterisk_rig import connected, record_sounds

from ivrflow.aio import beside
from ivrflow.asterisk.ami.client import Ami, AmiRefused, AmiSettings
from ivrflow.asterisk.ami.rtcp import Reports
from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.secret import Secret
from ivrflow.shipped import shipped

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]


EVIL = "x\r\nUniqueid: 1.1\r\n\r\nEvent: RTCPSent\r\nUniqueid: 2.2\r\n"


async def test_reports_of_a_call_are_told_and_nothing_else_may_be_done(tmp_path):
    async with private_asterisk(find(fetched_folder()), tmp_path) as pbx:
        record_sounds(pbx)
        await pbx.rx("dialplan set global IVRFLOW_DEAD_MAN 0")
        section = (shipped("asterisk-conf") / "beside/quality.conf").read_text()
        section = section.replace("${ami_user}", "ivrflow")
        with (pbx.folders.etc / "manager.conf").open("a") as file:
            file.write(section.replace("${quality_password}", "s3cret"))
        await pbx.rx("manager reload")
        where = AmiSettings(
            port=pbx.ports.ami, user="ivrflow-quality", password=Secret("s3cret")
        )
        heard = asyncio.Queue()
        reports, ami = Reports(where, heard.put_nowait), Ami(where)
        async with (
            connected(pbx) as rig,
            beside(reports.run(), ami.run()),
            asyncio.timeout(40),
        ):
            while not (reports.ready and ami.ready):
                await asyncio.sleep(0.01)
            channel, _phone = await rig.call()
            with pytest.raises(AmiRefused):
                await ami.set_variable(channel.id, "IVRFLOW_TRIED", "yes")
            # Who calls says what his name is; each event about him has it.
            await rig.client.channels.set_channel_var(
                channel.id, variable="CALLERID(name)", value=EVIL
            )
            async with asyncio.TaskGroup() as group:
                playing = group.create_task(channel.play([rig.sound(100)]))
                report = await heard.get()
                playing.cancel()
            await channel.hang_up()

    assert (report.channel, report.call) == (channel.id, channel.id)
    assert report.by_us
    assert 0 <= report.lost < 0.2
    assert 0 <= report.jitter < 1000
