"""The clock on the wall is set while calls are up: what lasts goes on, what is asked of
the time is answered by the new one.

A process goes by two clocks (see `service.clock`): durations by one that never jumps,
timetables by the one on the wall. So here only the second one is set.
"""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivrflow.facts import CallEnded, ConditionTested, Decided, StepEntered
from ivrflow.flow.answer import answer
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.load import load_site
from ivrflow.flow.world import World
from ivrflow.sim import clock
from ivrflow.sim.memory import (
    MemoryCallbacks,
    MemoryLockOuts,
    MemoryLookups,
    MemoryMessages,
    MemorySwitches,
    PlainVerifier,
)
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.flow.one_call import site

HOUR = timedelta(hours=1)


def call_at(there, began, *, set_by=timedelta(0), at=10.0, **how):
    """Play a call that begins at *began*, an aware time; *at* seconds later the clock
    on the wall is set. Return its facts, with times since it began."""

    async def main():
        loop = asyncio.get_running_loop()
        facts = []

        def wall():
            jump = set_by if loop.time() >= at else timedelta(0)
            # By seconds, as an hour on the wall may be none.
            moment = began.timestamp() + loop.time() + jump.total_seconds()
            return datetime.fromtimestamp(moment, began.tzinfo)

        world = World(
            clock=wall,
            seconds=loop.time,
            lookups=MemoryLookups({}),
            verifier=PlainVerifier(),
            lock_outs=MemoryLockOuts(),
            messages=MemoryMessages(),
            callbacks=MemoryCallbacks(),
            switches=MemorySwitches(),
            note=facts.append,
        )
        await answer(ScriptedChannel(**how), there, world, LiveCalls())
        return facts

    return clock.run(main())


def entered(facts, step):
    return [f.at for f in facts if isinstance(f, StepEntered) and f.step == step]


WAITS = """
steps:
  hold: {wait: 60s}
  ask: {ask: hello, digits: 4, tries: 1, wait: 6s, save: code, failed: bye}
  bye: {hangup: bye}
"""


@pytest.mark.parametrize("set_by", [-HOUR, HOUR, -24 * HOUR])
def test_what_lasts_is_as_long_as_ever(tmp_path, set_by):
    there = site(tmp_path, WAITS)
    began = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("UTC"))

    steady = call_at(there, began)
    jumped = call_at(there, began, set_by=set_by)

    assert [(type(f), f.at) for f in jumped] == [(type(f), f.at) for f in steady]
    [ended] = [f for f in jumped if isinstance(f, CallEnded)]
    assert ended.seconds == pytest.approx(entered(steady, "bye")[0], abs=1)


def test_a_call_lasts_no_longer_than_it_may_though_the_clock_is_set_back(tmp_path):
    there = site(tmp_path, WAITS, site="longest_call: 30s\n")
    began = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("UTC"))

    [ended] = [
        f for f in call_at(there, began, set_by=-HOUR) if isinstance(f, CallEnded)
    ]
    assert (ended.by, ended.seconds) == ("limit", pytest.approx(30, abs=0.1))


HOURS = """
steps:
  before: {choose: [{if: hours.office.open, then: pause}, {else: pause}]}
  pause: {wait: 20s}
  after: {choose: [{if: hours.office.open, then: open}, {else: shut}]}
  open: {hangup: hello}
  shut: {hangup: bye}
"""


def led(there, began, **how):
    """Where the second question about the office led, and the first one's answer."""
    facts = call_at(there, began, **how)
    first, second = [f.held for f in facts if isinstance(f, ConditionTested)]
    [way] = [f.target for f in facts if isinstance(f, Decided) and f.step == "after"]
    assert way == ("open" if second else "shut")
    return first, second


def office(folder, zone):
    there = {
        "site.yaml": f"languages: [en]\ntimezone: {zone}\n",
        "numbers.yaml": '"100": {flow: top}\n',
        "prompts/en.yaml": "hello: Hello.\nbye: Bye.\n",
        "hours.yaml": "office:\n  mon-sun: 09:00-17:00\n",
        "flows/top.yaml": f"flow: top\n{HOURS}",
    }
    for name, text in there.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return load_site(folder)


def test_the_office_is_open_by_the_clock_as_it_is_set_now(tmp_path):
    there = office(tmp_path, "Asia/Shanghai")
    zone = ZoneInfo("Asia/Shanghai")

    early = datetime(2026, 3, 2, 8, 30, tzinfo=zone)
    assert led(there, early) == (False, False)
    assert led(there, early, set_by=HOUR) == (False, True)
    late = datetime(2026, 3, 2, 9, 30, tzinfo=zone)
    assert led(there, late, set_by=-HOUR) == (True, False)
    assert led(there, late, set_by=24 * HOUR) == (True, True)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", (2026, 3, 29)),  # 23 hours long
        ("Europe/Berlin", (2026, 10, 25)),  # 25 hours long
        ("America/New_York", (2026, 3, 8)),
        ("America/New_York", (2026, 11, 1)),
        ("Asia/Shanghai", (2028, 2, 29)),
    ],
)
def test_it_opens_and_closes_to_the_minute_on_days_of_every_length(tmp_path, zone, day):
    there = office(tmp_path, zone)
    in_zone = ZoneInfo(zone)

    def begins(hour, minute):
        return datetime(*day, hour, minute, tzinfo=in_zone) - timedelta(seconds=10)

    # The first question comes 10 s before the minute, the second one 10 s after it.
    assert led(there, begins(9, 0)) == (False, True)
    assert led(there, begins(17, 0)) == (True, False)
    assert led(there, begins(8, 59)) == (False, False)
    assert led(there, begins(16, 59)) == (True, True)


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
def test_a_call_through_a_change_of_the_clock_is_as_long_as_it_is(tmp_path, day):
    there = site(tmp_path, WAITS)
    zone = ZoneInfo("Europe/Berlin")
    # 01:00 UTC is the moment of both changes.
    began = datetime(*day, 0, 59, 30, tzinfo=ZoneInfo("UTC")).astimezone(zone)

    facts = call_at(there, began)

    [begun], [asked] = entered(facts, "hold"), entered(facts, "ask")
    assert asked - begun == pytest.approx(60)


def test_the_same_moment_is_another_hour_after_the_site_has_moved(tmp_path):
    moment = datetime(2026, 3, 2, 2, 0, tzinfo=ZoneInfo("UTC"))
    for zone, is_open in (("Asia/Shanghai", True), ("Europe/Berlin", False)):
        there = office(tmp_path / zone, zone)
        began = moment.astimezone(ZoneInfo(zone))
        assert led(there, began) == (is_open, is_open)
