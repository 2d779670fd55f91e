"""F9, and the relay: the process that holds the line dies, or is all that is left."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from faults_rig.few import TONE, few
from faults_rig.house import house
from faults_rig.mixed import customers


def relay_of(h):
    """The process that brings this house its events."""
    name = f"{h.truth.database.resolve()}.events".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            said = (process / "cmdline").read_bytes().split(b"\0")
            if name in said and any(word.endswith(b"relay.process") for word in said):
                return int(process.name)
    raise AssertionError(f"no relay for {name}")


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


async def test_who_types_a_card_types_it_once(tmp_path, figures):
    mine = "13800000011"
    card, pin = next(iter(customers(1)))
    async with (
        house(tmp_path, callers=1) as h,
        h.service() as service,
        few(h, service) as now,
    ):
        caller = await now.in_menu(mine)
        place = now.follow.of(mine)
        await caller.press("2")
        await now.at(mine, "identify")
        assert await place.changes(lambda: place.said == "enter_card", False, 10)
        for number, key in enumerate(card + pin):
            # One dies when two keys are typed, the next one in the PIN.
            if number == len(card) + 2:
                assert await place.changes(lambda: place.resumed, 0, 20)
            if number in (2, len(card) + 2):
                service.kill()
            await caller.press(key)
            await asyncio.sleep(0.3)
        await now.at(mine, "main_menu", 20)
        said = [f.data["prompt"] for f in h.truth.facts("Said", call=place.call)]
        await caller.hang_up()
        left = await h.left(within=10)

    figures("F9", "deaths while a card and a PIN are typed once", place.resumed)
    assert place.resumed == 2
    assert said.count("enter_card") == 1
    assert not [prompt for prompt in said if prompt.startswith("enter_card.")]
    assert left == []
