"""F13: the clock on the wall is set while calls are up.

Opening hours follow it to the second; whoever waits, talks or thinks does not notice.
Summer time, leap days and zones are tried on a virtual clock (tests/unit).
"""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from faults_rig.clock import WallClock
from faults_rig.few import TONE, few
from faults_rig.house import house
from faults_rig.mixed import mixed_site
from faults_rig.service import now as machine

HOUR = 3600
SHOP = "77001"
FLOW = """\
flow: shop
steps:
  look: {open: shop, yes: is_open, no: is_shut}
  is_open: {hangup: yes}
  is_shut: {hangup: yes}
"""


def noon():
    """A zone in which it is about noon now, so that no day ends in this test."""
    ahead = 12 - datetime.now(ZoneInfo("UTC")).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def site_with_a_shop(folder, zone, shuts):
    """The mixed sample with a number that tells whether the shop is open."""
    mixed_site(folder)
    settings = folder / "site.yaml"
    text = settings.read_text("utf-8")
    assert text.count("timezone: Asia/Shanghai") == 1
    zoned = text.replace("timezone: Asia/Shanghai", f"timezone: {zone}")
    settings.write_text(zoned, "utf-8")
    for name, more in {
        "hours.yaml": f"\nshop:\n  mon-sun: 00:00-{shuts:%H:%M}\n",
        "numbers.yaml": f'\n"{SHOP}": {{flow: shop}}\n',
    }.items():
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(more)
    (folder / "flows" / "shop.yaml").write_text(FLOW, "utf-8")
    return folder


async def test_a_clock_that_is_set_moves_opening_hours_and_nobody_who_waits(
    tmp_path, figures
):
    clock, zone = WallClock(tmp_path), noon()
    shuts = datetime.now(ZoneInfo(zone)) + timedelta(minutes=30)
    shuts = shuts.replace(second=0, microsecond=0)
    site = site_with_a_shop(tmp_path / "site", zone, shuts)
    found = []
    async with house(tmp_path, site=site) as h, h.service(start=False) as service:
        service.environment |= clock.environment
        service.start()
        async with few(h, service) as now:
            caller, agent = await now.pair("13800000001")
            waiting = await now.in_line("13800000002")
            choosing = await now.in_menu("13800000003")

            async def shop(seconds, number):
                """What a caller finds so many seconds after it shuts."""
                clock.set(round(shuts.timestamp() + seconds - machine()))
                call = await now.phones.call(SHOP, caller=f"1380000001{number}")
                await call.ended()
                place = now.follow.of(call.caller)
                assert await place.changes(lambda: bool(place.ended), False, 10)
                found.append(place.steps - {"look"})

            await shop(-20, 1)
            await shop(1, 2)
            await shop(HOUR, 3)
            await shop(-2 * HOUR, 4)
            clock.set(HOUR)
            await asyncio.sleep(1)
            assert await caller.hears_tone(TONE + 300, within=3)
            assert await agent.hears_tone(TONE, within=3)
            assert choosing.up
            await choosing.press("5")
            await now.at("13800000003", "goodbye", 10)
            await agent.hang_up()
            place = now.follow.of("13800000002")
            assert await place.changes(lambda: place.connected, False, 30)
            for call in (caller, waiting):
                await call.hang_up()
            left = await h.left(within=10)
            await asyncio.sleep(1)
        waited = max(f.data["waited"] for f in h.truth.facts("Connected"))
        calls = h.truth.rows("select id, started, ended from calls")
    longest = max(ended - started for _, started, ended in calls)

    figures("F13", "jumps of the clock, up to 3 hours", 5)
    figures("F13", "longest wait that was counted, s", waited, "< 60")
    figures("F13", "longest call that was counted, s", longest, "< 120")
    assert found == [{"is_open"}, {"is_shut"}, {"is_shut"}, {"is_open"}]
    assert waited < 60
    assert 0 <= longest < 120
    assert len({call for call, *_ in calls}) == 7
    assert left == []
    assert len(service.launches) == 1
