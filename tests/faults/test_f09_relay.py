"""F9, and the relay: the process that holds the line dies, or is all that is left."""

import os
import signal
from pathlib import Path

from faults_rig.few import TONE, few
from faults_rig.house import house


def relay_of(h):
    """The process that brings this house its events."""
    folder = h.truth.database.parent.resolve()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            relay = b"ari.relay" in (process / "cmdline").read_bytes()
            if relay and (process / "cwd").resolve() == folder:
                return int(process.name)
        except OSError:
            continue
    raise AssertionError(f"no relay in {folder}")


async def test_calls_go_on_when_the_relay_dies(tmp_path, figures):
    mine = "13800000011"
    async with house(tmp_path) as h, h.service() as service, few(h, service) as now:
        caller, agent = await now.pair("13800000001")
        in_menu = await now.in_menu(mine)
        after, first = now.logged(), relay_of(h)
        os.kill(first, signal.SIGKILL)
        found = await now.log_says("the relay for its events has ended", 5, after)
        back = await now.log_says(" is back (", 10, after)
        second = relay_of(h)
        await in_menu.press("5")
        await now.at(mine, "goodbye", 10)
        assert await caller.hears_tone(TONE + 300, within=3)
        assert await agent.hears_tone(TONE, within=3)
        await caller.hang_up()
        left = await h.left(within=10)

    figures("F9", "end of the relay noticed after, s", found, "<= 1")
    figures("F9", "another relay brings events after, s", back)
    assert second != first
    assert left == []
    assert len(service.launches) == 1


async def test_a_key_that_is_pressed_while_the_service_is_away_counts(tmp_path):
    mine = "13800000011"
    async with house(tmp_path) as h, h.service() as service, few(h, service) as now:
        in_menu = await now.in_menu(mine)
        relay = relay_of(h)
        await service.down()
        await in_menu.press("5")
        service.start()
        await now.at(mine, "goodbye", 10)
        left = await h.left(within=10)

        assert relay_of(h) == relay
        assert left == []
