"""F6: the service is stopped (SIGSTOP) for a while, as by a machine that swaps."""

import asyncio
import time

import pytest
from faults_rig.callers import DIALLED
from faults_rig.few import TONE, few
from faults_rig.house import house

pytestmark = pytest.mark.alone

FALLBACK = 15.0
"""Seconds: who is frozen out for longer is the dialplan's, see F4."""


async def test_a_frozen_service_comes_back_and_no_zombie_with_it(
    tmp_path, figures, form
):
    back = []
    async with house(tmp_path) as h, h.service() as service, few(h, service) as now:
        caller, agent = await now.pair("13800000001")
        for number, hold in enumerate(form.each((1, 8), (1, 10, 60), least=1)):
            print(f"  F6: frozen for {hold} s")
            mine, new = f"138000001{number}0", f"138000001{number}1"
            in_menu = await now.in_menu(mine)
            service.freeze()
            async with asyncio.TaskGroup() as group:
                coming = group.create_task(
                    now.phones.call(DIALLED, caller=new, within=hold + 20)
                )
                await asyncio.sleep(hold)
                assert await caller.hears_tone(TONE + 300, within=3)
                service.thaw()
                began = time.monotonic()
                if hold < FALLBACK:
                    place = now.follow.of(new)
                    assert await place.changes(lambda p=place: p.call, "", 10)
                    back.append(time.monotonic() - began)
                    await now.at(new, "language", 10)
            if hold < FALLBACK:
                await in_menu.press("5")
                await now.at(mine, "goodbye", 10)
            else:
                # The frozen-out have gone; who comes now is served as ever.
                late = await now.in_menu(f"138000001{number}2", within=10)
                await late.hang_up()
            for call in (in_menu, coming.result()):
                if call.up:
                    await call.hang_up()
        assert await caller.hears_tone(TONE + 300, within=3)
        assert await agent.hears_tone(TONE, within=3)
        health = await service.ask("GET", "/api/health")
        await caller.hang_up()
        left = await h.left(within=10)

    figures("F6", "new caller served after SIGCONT, s", max(back), "<= 5")
    figures("F6", "channels and bridges left", len(left), "0")
    assert max(back) <= 5
    assert health["asterisk"]["ready"]
    assert len(service.launches) == 1
    assert left == []
