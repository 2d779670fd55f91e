"""Trunks that are gone, and hours in which nobody calls."""

from types import SimpleNamespace

import pytest

from ivrflow.acd.watch import CALM, Alarm
from ivrflow.config import BadConfig, read_settings
from ivrflow.facts import AlarmCleared, AlarmRaised, CallStarted
from ivrflow.flow.load import load_site
from ivrflow.service.alarms import Recipients, letters
from ivrflow.service.outside import (
    LOOK_EVERY,
    Around,
    Limits,
    Lines,
    Outside,
    limits_of,
)
from ivrflow.sim.memory import MemorySwitches
from ivrflow.telling import told
from tests.unit.service.test_service import SETTINGS, installed

MONDAY_AT_TEN = 1_772_416_800.0
"""2026-03-02 10:00 in Shanghai."""

TRUNK = "PJSIP/trunk"

HOURS = "office:\n  mon-fri: 09:00-18:00\n"


class Outdoors:
    """An `Outside` whose clock, trunks and calls a test moves."""

    def __init__(self, folder, limits, **files):
        _, self.site = installed(folder, **files)
        self.now = MONDAY_AT_TEN
        self.trunks = {TRUNK: True}
        self.standing = {}
        self.facts = []
        doors = SimpleNamespace(of=lambda name: SimpleNamespace(state=self.door))
        self.door = "open"
        self.outside = Outside(
            limits,
            Around(
                site=lambda: self.site,
                doors=doors,
                switches=MemorySwitches(),
                there=self.there,
                standing=lambda: self.standing,
                clock=lambda: self.now,
                note=self.note,
            ),
        )

    async def there(self, trunk):
        return self.trunks[trunk]

    def note(self, fact):
        self.facts.append(fact)
        if isinstance(fact, AlarmRaised):
            self.standing[Alarm.of(fact)] = fact.at
        else:
            del self.standing[Alarm.of(fact)]

    async def wait(self, seconds):
        """Look as often as the loop does; return what was told, in words."""
        before = len(self.facts)
        end = self.now + seconds
        while self.now < end:
            self.now += LOOK_EVERY
            await self.outside.look()
        return [told(fact) for fact in self.facts[before:]]

    def call(self, flow="top"):
        self.outside.hear(
            CallStarted(
                at=self.now, call="c", caller="1", dialled="2", flow=flow, version="v"
            )
        )


TRUNKS = Limits(trunks=(TRUNK,), trunk_gone=60.0)
CALLS = Limits(no_call=900.0)


async def test_trunk_that_is_away_for_too_long_is_told_of_once(tmp_path):
    there = Outdoors(tmp_path, TRUNKS)
    assert await there.wait(120) == []

    there.trunks[TRUNK] = False
    assert await there.wait(60) == []
    assert await there.wait(300) == [
        "trunk PJSIP/trunk is not there for 60 s: nobody who comes by it can call"
    ]
    there.trunks[TRUNK] = True
    assert await there.wait(CALM - LOOK_EVERY) == []
    assert await there.wait(120) == ["trunk PJSIP/trunk is there again after 330 s"]


async def test_trunk_that_comes_and_goes_rings_one_bell(tmp_path):
    there = Outdoors(tmp_path, TRUNKS)
    there.trunks[TRUNK] = False
    assert len(await there.wait(90)) == 1

    for _ in range(10):
        there.trunks[TRUNK] = not there.trunks[TRUNK]
        assert await there.wait(LOOK_EVERY) == []


async def test_asterisk_that_can_not_be_asked_proves_nothing(tmp_path):
    there = Outdoors(tmp_path, TRUNKS)
    there.trunks[TRUNK] = None
    assert await there.wait(600) == []

    there.trunks[TRUNK] = False
    assert len(await there.wait(90)) == 1
    there.trunks[TRUNK] = None
    assert await there.wait(600) == []


async def test_trunk_that_the_settings_name_no_more_rings_no_longer(tmp_path):
    there = Outdoors(tmp_path, Limits())
    there.standing[Alarm("trunk_gone", what="PJSIP/old")] = there.now

    assert len(await there.wait(LOOK_EVERY)) == 1
    assert there.standing == {}


async def test_a_restart_rings_no_bell_again_for_a_trunk(tmp_path):
    there = Outdoors(tmp_path, TRUNKS)
    there.standing[Alarm("trunk_gone", what=TRUNK)] = there.now - 500
    there.trunks[TRUNK] = False

    assert await there.wait(300) == []


async def test_hours_in_which_nobody_calls_are_told_of_until_somebody_does(tmp_path):
    there = Outdoors(tmp_path, CALLS)
    await there.wait(600)
    there.call()
    assert await there.wait(870) == []
    assert await there.wait(60) == [
        "nobody has called for 15 min, and somebody should have"
    ]
    there.call()
    [over] = await there.wait(60)
    assert over.startswith("that nobody has called is over after ")


async def test_what_agents_do_by_phone_is_no_call(tmp_path):
    there = Outdoors(tmp_path, CALLS)
    await there.wait(870)
    there.call(flow="sign in")

    assert len(await there.wait(60)) == 1


@pytest.mark.parametrize(
    ("hours", "files", "told_of"),
    [
        ("", {}, 1),
        ("office", {"hours": HOURS}, 1),
        ("office", {"hours": HOURS.replace("mon-fri", "sat-sun")}, 0),
        ("", {"queues": "{}\n", "agents": "agents: {}\n"}, 0),
    ],
)
async def test_it_counts_in_the_hours_in_which_somebody_should_call(
    tmp_path, hours, files, told_of
):
    files = dict(files)
    extra = files.pop("hours", None)
    there = Outdoors(tmp_path, Limits(no_call=900.0, hours=hours), **files)
    if extra:
        (tmp_path / "site/hours.yaml").write_text(extra)
        there.site = load_site(tmp_path / "site")

    assert len(await there.wait(1800)) == told_of


async def test_closed_queues_end_it_and_it_begins_anew_when_they_open(tmp_path):
    there = Outdoors(tmp_path, CALLS)
    await there.wait(1000)
    there.door = "closed"
    assert len(await there.wait(60)) == 1
    assert await there.wait(3600) == []
    there.door = "open"
    assert await there.wait(870) == []
    assert len(await there.wait(60)) == 1


async def test_who_is_told_reads_which_trunk_it_is(tmp_path):
    there = Outdoors(tmp_path, TRUNKS)
    there.trunks[TRUNK] = False
    await there.wait(90)
    [fact] = there.facts

    [webhook] = letters(fact, Recipients(webhook="https://pager.example.com"))

    assert webhook.data["what"] == TRUNK
    assert isinstance(fact, AlarmRaised)


def test_nothing_is_told_of_that_nobody_wants():
    lines = Lines(Limits(), began=0.0)
    lines.open(is_open=True, now=0.0)

    assert list(lines.news((), 1e9)) == []


def test_the_settings_say_what_is_watched(tmp_path):
    more = "alarms: {no_call: 15m, hours: office, trunks: [PJSIP/a], trunk_gone: 90s}\n"
    settings, site = installed(tmp_path, SETTINGS + more)
    with pytest.raises(BadConfig, match="has no timetable 'office'"):
        limits_of(settings, site)
    (tmp_path / "site/hours.yaml").write_text(HOURS)

    assert limits_of(settings, load_site(tmp_path / "site")) == Limits(
        trunks=("PJSIP/a",), trunk_gone=90.0, no_call=900.0, hours="office"
    )


def test_a_trunk_that_is_no_endpoint_is_refused(tmp_path):
    installed(tmp_path)
    path = tmp_path / "ivrflow.yaml"
    path.write_text(f"{SETTINGS}alarms: {{trunks: [the-trunk]}}\n")

    with pytest.raises(BadConfig, match=r"'the-trunk' is no endpoint; write PJSIP"):
        read_settings(path)


def test_an_alarm_that_is_over_is_one_fact():
    assert Alarm.of(
        AlarmCleared(at=1.0, alarm="a", queue="", agent="", seconds=2.0, what="w")
    ) == Alarm("a", what="w")
