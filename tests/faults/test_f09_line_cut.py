"""F9: the line between the service and Asterisk is dead, and nobody is told.

Without network namespaces: a proxy in the line keeps all bytes back, and brings them
when it heals, as a network does that has lost its way.
"""

import asyncio
import time

import pytest
from faults_rig.few import TONE, few
from faults_rig.house import house

pytestmark = pytest.mark.alone


async def test_a_dead_line_is_found_and_calls_go_on_when_it_heals(
    tmp_path, figures, form
):
    found, back = [], []
    async with (
        house(tmp_path, proxied=True) as h,
        h.service() as service,
        few(h, service) as now,
    ):
        caller, agent = await now.pair("13800000001")
        for number, hold in enumerate(form.each((6, 12), (5, 30, 120), least=5)):
            print(f"  F9: nothing goes through for {hold} s")
            mine = f"138000001{number}0"
            in_menu = await now.in_menu(mine)
            after = now.logged()
            h.line.hold()
            began = time.monotonic()
            found.append(await now.log_says("Asterisk is away", 8, after))
            await asyncio.sleep(hold - (time.monotonic() - began))
            h.line.heal()
            began = time.monotonic()
            await now.log_says(" is back (", 20, after)
            back.append(time.monotonic() - began)
            if in_menu.up:  # the caller says nothing for so long only in the short form
                await in_menu.press("5")
                await now.at(mine, "goodbye", 10)
                await in_menu.hang_up()
            assert await caller.hears_tone(TONE + 300, within=3)
            assert await agent.hears_tone(TONE, within=3)
        await caller.hang_up()
        left = await h.left(within=10)

    figures("F9", "dead line found after, s", max(found), "<= 5")
    figures("F9", "connected again after the line has healed, s", max(back), "<= 2")
    figures("F9", "channels and bridges left", len(left), "0")
    assert max(found) <= 5.5  # the log is looked at 20 times a second
    assert max(back) <= 2.5
    assert left == []
    assert len(service.launches) == 1
