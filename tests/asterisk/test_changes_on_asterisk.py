"""A supervisor speaks an announcement, and closes for today, on a real Asterisk."""

import asyncio
import shutil

import pytest
from hotline_rig import SITE, hotline

from ivrflow.demo.setup import AGENT_PIN
from ivrflow.flow.changes import Place
from ivrflow.sim.phone import Phones

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(150)]

CALLER = "13800138001"
VOICE = 550
"""The supervisor's, in Hz."""


async def test_supervisor_speaks_to_all_callers_and_closes_for_today(tmp_path):
    site = shutil.copytree(SITE, tmp_path / "site")
    hours = (site / "hours.yaml").read_bytes()
    async with (
        hotline(tmp_path, site=site) as rig,
        Phones(sip=rig.pbx.sip) as phones,
    ):
        password = rig.pbx.credentials.agents["2001"]
        phone = await phones.agent("2001", password=password)
        words = rig.heard.words

        async def said(prompt, times=1):
            async with asyncio.timeout(60):
                while len(words["2001", prompt]) < times:
                    await asyncio.sleep(0.05)

        async def signed_in(dialled, times):
            call = await phone.call(dialled)
            await said("sign_in_number", times)
            await call.press("2001#")
            await said("sign_in_pin", times)
            await call.press(f"{AGENT_PIN}#")
            return call

        # What is spoken is what callers hear, in the place of the recorded words.
        call = await signed_in("*82", 1)
        await said("announcement_speak")
        call.send_tone(VOICE)
        await asyncio.sleep(7)  # the sentence, the beep, and what is spoken
        await call.press("#")
        await said("announcement_review")
        await call.press("1")
        await said("announcement_on")
        await call.ended(within=15)

        await rig.running.world.switches.throw(
            "outage", by="test", now=rig.running.world.clock(), until=None
        )
        caller = await phones.call("12313", caller=CALLER)
        told = await rig.heard.said(CALLER, "outage_notice")
        assert told == "(an announcement spoken by agent 2001)"
        assert await caller.hears_tone(VOICE, within=10)
        await caller.hang_up()

        # Closed for today: in the file, live, and back again to the byte.
        call = await signed_in("*81", 2)
        await said("hours_menu")
        await call.press("1")
        await said("change_made")
        await call.ended(within=15)
        closed = (site / "hours.yaml").read_bytes()
        today = rig.running.world.clock().date()
        shop = rig.running.site.now.hours["office"]
        assert not shop.at(rig.running.world.clock()).open

        place = Place("office", str(today))
        await rig.running.world.changes.undo(place, by="agent 2001")
        audit = rig.rows("select who, what, before, after from audit order by id")

    added = f"    {today}: closed\n".encode()
    assert added in closed
    assert closed.replace(added, b"") == hours
    assert (site / "hours.yaml").read_bytes() == hours
    did = [row[1:] for row in audit if row[0] == "agent 2001"]
    [announced, set_closed, undone] = [row for row in did if "live" not in row[0]]
    assert announced[:2] == ("announcement zh-CN/outage_notice", "none")
    assert announced[2].startswith("announcements/")
    assert set_closed[:2] == (f"hours office {today}", "none")
    assert set_closed[2].startswith("closed until ")
    assert undone == (f"hours office {today}", "closed", "none")
