"""Transfers, rooms and recordings of calls, with a death of the service in them."""

import asyncio

import pytest

from ivrflow.facts import (
    CallRecorded,
    CallRecordingBegan,
    DialRefused,
    RoomEntered,
    RoomLeft,
    TransferBegan,
    TransferEnded,
)
from ivrflow.flow.bookmark import newer
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.sim.memory import MemoryLookups
from ivrflow.sim.scripted import Person, ScriptedChannel, ScriptedSwitch
from tests.calls.deaths_rig import AWAY, EPOCH, SEAL, Town, every_death, played
from tests.unit.flow.one_call import site

HALVES = [half / 2 for half in range(1, 60)]


def town(loop, *, people=None, keys=(), hangs_up_at=None, **more):
    channel = ScriptedChannel(keys=dict(keys), hangs_up_at=hangs_up_at)
    switch = ScriptedSwitch(people or {})
    return Town(channel=channel, switch=switch, lookups=MemoryLookups({}), **more)


def happened(left, what):
    return [at for at, said in left.switch.log if said.startswith(what)]


def in_order(left):
    """Nothing is left of the call in the switch."""
    return not left.switch.legs and not left.switch.bridges and not left.switch.rooms


# Transfers ----------------------------------------------------------------------------

TRANSFER = """
on_error: sorry
steps:
  over: {transfer: PJSIP/2001, announce: hello, then: thanks, no_answer: nobody}
  thanks: {hangup: bye}
  nobody: {hangup: bye}
  sorry: {hangup: bye}
"""
LI = {"PJSIP/2001": Person(answers_after=4.0, talks_for=15.0)}


def ends(left):
    return [(fact.how, fact.to) for fact in left.of(TransferEnded)]


@pytest.mark.parametrize("announce", ["announce: hello, ", ""])
def test_nobody_is_rung_twice_and_a_talk_goes_on(tmp_path, announce):
    there = site(tmp_path, TRANSFER.replace("announce: hello, ", announce))
    lives = [
        *every_death(there, lambda loop: town(loop, people=LI)),
        *(played(there, lambda loop: town(loop, people=LI), killed_at=t)
          for t in HALVES),
    ]  # fmt: skip
    for left in lives:
        assert len(happened(left, "rings")) == 1, left.died
        assert len(happened(left, "joins")) == 1, left.died
        assert ends(left)[-1] == ("talked", "PJSIP/2001"), left.died
        assert len(left.of(TransferBegan)) <= 2, left.died
        assert left.by == "flow"
        assert in_order(left), left.died


def test_a_talk_that_ended_while_nobody_was_there_rings_nobody(tmp_path):
    there = site(tmp_path, TRANSFER)
    killed = 18.5  # the far end hangs up half a second later
    left = played(there, lambda loop: town(loop, people=LI), killed_at=killed)

    assert len(happened(left, "rings")) == 1
    [ended] = left.of(TransferEnded)
    assert ended.how == "talked"
    assert ended.seconds == pytest.approx(15, abs=AWAY + 1)
    assert left.by == "flow"


def test_what_rang_out_while_nobody_was_there_is_not_answered(tmp_path):
    there = site(tmp_path, TRANSFER.replace("announce: hello", "ring: 10s"))
    nobody = {"PJSIP/2001": Person(answers_after=None)}
    for killed in (9.0, 9.5, 9.9):
        left = played(there, lambda loop: town(loop, people=nobody), killed_at=killed)

        assert len(happened(left, "rings")) == 1, killed
        assert ends(left) == [("no answer", "PJSIP/2001")]


def test_a_talk_is_as_long_as_it_may_be_whoever_dies_in_it(tmp_path):
    there = site(tmp_path, TRANSFER.replace("PJSIP/2001", "'0571888801'"))
    rules = OutboundRules(endpoint="PJSIP/{number}", prefixes=("0",), longest=10.0)

    def guarded(loop, rules=rules):
        guard = DialGuard(rules, seconds=loop.time, is_open=lambda site, hours: True)
        people = {"PJSIP/0571888801": Person(answers_after=2.0, talks_for=None)}
        return town(loop, people=people, outbound=guard)

    for killed in HALVES[:24]:
        left = played(there, guarded, killed_at=killed)

        [ended] = left.of(TransferEnded)
        late = AWAY if 10 < killed < 13 else 0.1  # its end fell into the outage
        assert 10 <= ended.seconds + 0.001 <= 10 + late, left.died
        assert left.outbound.up == 0


def test_a_call_to_a_number_counts_once(tmp_path):
    there = site(tmp_path, TRANSFER.replace("PJSIP/2001", "'0571888801'"))
    rules = OutboundRules(
        endpoint="PJSIP/{number}", prefixes=("0",), at_once=1, per_minute=1
    )

    def guarded(loop):
        guard = DialGuard(rules, seconds=loop.time, is_open=lambda site, hours: True)
        people = {"PJSIP/0571888801": Person(answers_after=2.0, talks_for=8.0)}
        return town(loop, people=people, outbound=guard)

    for killed in HALVES[1:20]:
        left = played(there, guarded, killed_at=killed)

        assert left.of(DialRefused) == [], left.died
        assert ends(left)[-1][0] == "talked", left.died


# Rooms --------------------------------------------------------------------------------

ROOM = """
on_error: sorry
steps:
  talk:
    conference: incident
    pin: {ask: hello, digits: 4, secret: door}
    announce: {joins: hello, leaves: bye}
    record: yes
    failed: sorry
  thanks: {hangup: bye}
  sorry: {hangup: bye}
"""


def in_room(loop):
    return town(
        loop,
        keys={2: "1234", 20: "#"},
        hangs_up_at=60,
        secret_is=lambda name, pin: True,
    )


def test_who_is_in_a_room_stays_in_it_unannounced_and_unasked(tmp_path):
    there = site(tmp_path, ROOM)
    for killed in [at for at in HALVES if 3 < at < 19.5]:
        left = played(there, in_room, killed_at=killed)

        assert len(happened(left, "caller enters")) == 1, left.died
        [entered], [gone] = left.of(RoomEntered), left.of(RoomLeft)
        assert entered.recording, left.died
        stayed = 20 - (entered.at - EPOCH.timestamp())
        # A key that is pressed while nobody is there is taken afterwards.
        assert stayed - 0.001 <= gone.seconds <= stayed + AWAY, left.died
        assert left.by == "flow"
        assert in_order(left)


def test_wherever_the_service_dies_a_room_is_left_in_order(tmp_path):
    there = site(tmp_path, ROOM)
    for left in every_death(there, in_room):
        assert in_order(left), left.died
        assert len(left.of(RoomLeft)) >= len(left.of(RoomEntered)) - 1, left.died


# Recordings of calls ------------------------------------------------------------------

RECORDED = """
on_error: sorry
steps:
  on: {record: all}
  first: {wait: 5s}
  off: {record: off}
  second: {wait: 5s}
  again: {record: all}
  pin: {ask: hello, digits: 4, secret: yes, save: pin, failed: bye}
  third: {wait: 5s}
  bye: {hangup: bye}
  sorry: {hangup: bye}
"""


def who_enters_a_pin(loop):
    return town(loop, keys={14: "1234", 17: "1234"})


def test_a_recording_goes_on_under_its_name(tmp_path):
    there = site(tmp_path, RECORDED)
    lives = [
        *every_death(there, who_enters_a_pin),
        *(played(there, who_enters_a_pin, killed_at=t) for t in HALVES[:36]),
    ]
    for left in lives:
        first, second = left.switch.recorders
        assert len({f.recording for f in left.of(CallRecordingBegan)}) == 2, left.died
        assert {f.recording for f in left.of(CallRecorded)} == {
            first.name,
            second.name,
        }, left.died
        assert left.by == "flow", left.died
        assert sum(b - a for a, b in first.ran) >= 5, left.died


class BreaksOff(ScriptedSwitch):
    """Recordings end by themselves, a second after they began."""

    async def record_call(self, channel, name):
        recorder = await super().record_call(channel, name)
        asyncio.get_running_loop().call_later(1.0, recorder._end)
        return recorder


def test_whatever_was_recorded_is_told_also_what_ended_in_the_death(tmp_path):
    there = site(tmp_path, RECORDED)

    def breaks_off(loop):
        left = who_enters_a_pin(loop)
        left.switch = BreaksOff({})
        return left

    for left in every_death(there, breaks_off):
        there_are = {r.name for r in left.switch.recorders}
        assert {f.recording for f in left.of(CallRecordingBegan)} == there_are
        assert {f.recording for f in left.of(CallRecorded)} == there_are
        if left.died.endswith("after ScriptedSwitch.record_call"):
            # The one that began in the death has ended; another one goes on.
            assert len(there_are) == 3, left.died


def test_what_broke_off_goes_on_in_a_second_part_until_it_is_ended(tmp_path):
    def breaks_off_at_4(loop):
        left = who_enters_a_pin(loop)
        loop.call_at(4.0, lambda: left.switch.recorders[0]._end())
        return left

    left = played(site(tmp_path, RECORDED), breaks_off_at_4, killed_at=3.0)
    first, second, third = left.switch.recorders
    told = [f.recording for f in left.of(CallRecorded)]
    assert told == [first.name, second.name, third.name]
    assert left.by == "flow"


def test_what_could_not_go_on_is_left_for_the_next_process_to_try(tmp_path, caplog):
    flow = """
steps:
  on: {record: all}
  first: {wait: 5s}
  second: {wait: 5s}
  bye: {hangup: bye}
"""

    def without_room(loop):
        left = town(loop)

        def ends():
            left.switch.recorders[0]._end()
            left.switch.disk_full = True

        loop.call_at(4.0, ends)
        return left

    left = played(site(tmp_path, flow), without_room, killed_at=3.0)
    kept = left.bookmarks.texts.get(left.channel.id, "")
    mark = newer(left.channel.id, left.channel.remembered, kept, SEAL)

    assert len(left.switch.recorders) == 1
    assert mark.recording["goes_on"]
    caplog.clear()


def test_what_was_to_end_as_the_service_died_has_no_second_part(tmp_path):
    there = site(tmp_path, RECORDED)
    ends = [
        left
        for left in every_death(there, who_enters_a_pin)
        if left.died.endswith("after ScriptedRecorder.stop")
    ]
    assert ends
    for left in ends:
        assert len(left.switch.recorders) == 2, left.died


def test_a_pause_for_a_secret_ends_with_the_step_that_asked(tmp_path):
    there = site(tmp_path, RECORDED)
    for killed in (11.5, 12.0, 13.0, 13.9):
        left = played(there, who_enters_a_pin, killed_at=killed)
        asked = left.switch.recorders[1]

        (_, paused), (resumed, _) = asked.ran[0], asked.ran[-1]
        # Nothing is recorded from the question's beginning to the entry's end.
        assert paused < killed < 14 <= resumed, killed
        assert len(asked.ran) == 2


def test_who_hangs_up_while_nobody_is_there_has_his_recording_noted(tmp_path):
    there = site(tmp_path, RECORDED)
    left = played(there, lambda loop: town(loop, hangs_up_at=3.5), killed_at=3.0)

    [recorded] = left.of(CallRecorded)
    assert recorded.seconds == pytest.approx(3.5, abs=0.5)
    assert left.by == "outage"
