"""The loop that watches pauses."""

import asyncio
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from ivrflow.acd.breaks import Taken
from ivrflow.service.breaks import BreakWatch

NOON = 1_700_020_800.0


class Past:
    async def taken(self, since, until):
        return [Taken("1001", "lunch", NOON - 600, NOON - 300)]

    async def told(self, since, until):
        return []


async def test_a_watch_that_is_started_again_counts_no_pause_twice():
    site = SimpleNamespace(
        pauses={"lunch": SimpleNamespace(seconds=3600.0)},
        settings=SimpleNamespace(zone=ZoneInfo("UTC")),
    )

    async def agents():
        return []

    watch = BreakWatch(
        lambda: site,
        Past(),
        agents=agents,
        clock=lambda: NOON,
        note=lambda fact: None,
    )
    for _ in range(2):
        task = asyncio.get_running_loop().create_task(watch.run())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    assert watch.breaks.used("1001", "lunch", NOON).seconds == 300
