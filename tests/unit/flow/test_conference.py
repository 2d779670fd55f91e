"""`conference`: rooms, their PIN, who comes and goes, on virtual time."""

from contextlib import asynccontextmanager

import pytest

from ivrflow.facts import DigitsCollected, RoomEntered, RoomLeft, StepFailed
from ivrflow.flow.load import BadSite
from ivrflow.sim.scripted import ScriptedChannel, ScriptedSwitch
from ivrflow.sim.scripted_rooms import ScriptedRoom
from ivrflow.telephony.channel import Cause, HungUp, RecordingFailed
from tests.unit.flow.one_call import World_, call, site

PROMPTS = "room_pin: {first: The PIN., wrong: Wrong.}\ncame: Here.\nwent: Gone.\n"


class Others(ScriptedSwitch):
    """Two stand in each room already, and stay a little longer than the caller."""

    met: ScriptedRoom

    @asynccontextmanager
    async def room(self, name, channel, *, most, farewell=()):
        self.met = self.rooms[name] = ScriptedRoom(name, [*map(other, "ab")])
        try:
            async with super().room(
                name, channel, most=most, farewell=farewell
            ) as room:
                yield room
        finally:
            del self.rooms[name]


def other(name):
    return ScriptedChannel(id=f"other-{name}")


class NoBridge(ScriptedSwitch):
    def room(self, name, channel, *, most, farewell=()):
        raise HungUp(Cause.TEMPORARY_FAILURE)


def played(tmp_path, keys_of_step, *, switch=ScriptedSwitch, world=None, **how):
    flow = f"""
steps:
  get: {{set: {{number: "17", code: "4711"}}}}
  room: {{{keys_of_step}, full: full, failed: failed}}
  out: {{say: hello, then: end}}
  full: {{say: hello, then: end}}
  failed: {{say: hello, then: end}}
  end: {{hangup: bye}}
"""
    world = world or World_(switch=switch)
    left = call(site(tmp_path, flow, prompts__en=PROMPTS), world=world, **how)
    return left, world.used


def test_a_caller_is_in_the_room_until_the_key_that_leads_out(tmp_path):
    left, switch = played(tmp_path, "conference: board", keys={5.0: "1", 30.0: "#"})

    assert left.steps == ["get", "room", "out", "end"]
    assert [(f.room, f.members) for f in left.of(RoomEntered)] == [("board", 1)]
    assert [(f.room, f.seconds) for f in left.of(RoomLeft)] == [("board", 30.0)]
    assert [what for _, what in switch.log] == [
        "caller enters board",
        "caller leaves board",
    ]


def test_a_name_that_is_too_long_leads_into_nobodys_room(tmp_path):
    room = f'conference: "{"x" * 60}_${{number}}_${{code}}"'
    left, switch = played(tmp_path, f"{room}, on_error: failed")

    assert left.steps == ["get", "room", "failed", "end"]
    assert switch.log == []
    [failed] = left.of(StepFailed)
    assert "gives a name of more than 64 characters" in failed.error


def test_the_room_may_be_named_by_data(tmp_path):
    left, _ = played(
        tmp_path,
        'conference: "room_${number}", leave: star',
        keys={5.0: "#", 9.0: "*"},
    )

    assert left.of(RoomEntered)[0].room == "room_17"
    assert left.of(RoomLeft)[0].seconds == 9.0


def test_a_hang_up_leaves_the_room(tmp_path):
    left, switch = played(tmp_path, "conference: board", hangs_up_at=12.0)

    assert left.of(RoomLeft)[0].seconds == 12.0
    assert switch.log[-1] == (12.0, "caller leaves board")


def test_a_hang_up_at_any_moment_leaves_no_room(tmp_path):
    for tenths in range(0, 60, 5):
        left, _ = played(
            tmp_path,
            "conference: board, announce: tones",
            hangs_up_at=tenths / 10,
        )
        assert left.ended == "over"


PIN = "pin: {ask: room_pin, digits: 4, check: pin == code}"


def test_a_right_pin_opens_the_door_and_stands_nowhere(tmp_path):
    left, _ = played(
        tmp_path,
        f"conference: board, {PIN}",
        keys={1.0: "4711", 20.0: "#"},
    )

    assert left.steps == ["get", "room", "out", "end"]
    assert "4711" not in repr(left.of(DigitsCollected))


def test_who_has_no_pin_stays_outside(tmp_path):
    left, switch = played(
        tmp_path,
        f"conference: board, {PIN}",
        keys={1.0: "1111", 8.0: "2222", 16.0: "3333"},
    )

    assert left.steps == ["get", "room", "failed", "end"]
    assert switch.log == []


KEPT = "pin: {ask: room_pin, digits: 4, secret: door}"


def known(name, entered):
    return (name, entered.reveal()) == ("door", "4711")


def test_a_pin_of_the_settings_opens_the_door_and_stands_nowhere(tmp_path):
    left, _ = played(
        tmp_path,
        f"conference: board, {KEPT}",
        keys={1.0: "1111", 8.0: "4711", 20.0: "#"},
        world=World_(secret_is=known),
    )

    assert left.steps == ["get", "room", "out", "end"]
    assert left.said[:2] == ["room_pin", "room_pin.wrong"]
    assert "4711" not in repr(left.of(DigitsCollected))


def test_without_settings_nobody_enters_by_their_pin(tmp_path):
    left, switch = played(tmp_path, f"conference: board, {KEPT}", keys={1.0: "4711"})

    assert "out" not in left.steps
    assert switch.log == []


def test_a_pin_that_nothing_proves_is_none(tmp_path):
    with pytest.raises(BadSite, match="any entry would open the room"):
        played(tmp_path, "conference: board, pin: {ask: room_pin, digits: 4}")


# Others in the room -------------------------------------------------------------------


def test_all_hear_who_comes_and_goes(tmp_path):
    left, switch = played(
        tmp_path,
        "conference: board, announce: {joins: came, leaves: went}",
        switch=Others,
        keys={9.0: "#"},
    )

    assert [u.prompt for u in switch.met.heard] == ["came", "went"]
    assert left.of(RoomEntered)[0].members == 3


def test_those_who_stay_hear_of_a_hang_up_too(tmp_path):
    _, switch = played(
        tmp_path,
        "conference: board, announce: tones",
        switch=Others,
        hangs_up_at=20.0,
    )

    assert [u.prompt for u in switch.met.heard] == ["beep"] * 3


def test_without_announce_nobody_is_disturbed(tmp_path):
    _, switch = played(tmp_path, "conference: board", switch=Others, keys={9.0: "#"})

    assert switch.met.heard == []


def test_a_full_room_takes_its_way_out(tmp_path):
    left, _ = played(tmp_path, "conference: board, most: 2", switch=Others)

    assert left.steps == ["get", "room", "full", "end"]
    assert left.of(RoomEntered) == []


def test_a_room_that_cannot_be_entered_is_an_error_and_the_caller_stays(tmp_path):
    left, _ = played(tmp_path, "conference: board, on_error: failed", switch=NoBridge)

    assert left.steps == ["get", "room", "failed", "end"]


def test_tones_and_prompts_are_not_both(tmp_path):
    with pytest.raises(BadSite, match="write `tones`, or what"):
        played(tmp_path, "conference: board, announce: {by: tones, joins: came}")


def test_a_room_is_recorded_once_for_all_who_enter_it(tmp_path):
    class RecordedRoom(Others):
        @asynccontextmanager
        async def room(self, name, channel, *, most, farewell=()):
            async with super().room(
                name, channel, most=most, farewell=farewell
            ) as room:
                room.recording = "calls/first"
                yield room

    steps = "conference: board, record: yes"
    left, _ = played(tmp_path, steps, switch=RecordedRoom, keys={5.0: "#"})
    assert left.of(RoomEntered)[0].recording == "calls/first"


def test_a_room_that_nobody_wants_recorded_is_not(tmp_path):
    left, _ = played(tmp_path, "conference: board", keys={5.0: "#"})
    assert left.of(RoomEntered)[0].recording == ""


def test_a_room_that_cannot_be_recorded_is_entered_all_the_same(tmp_path, caplog):
    class FullDisk(ScriptedSwitch):
        @asynccontextmanager
        async def room(self, name, channel, *, most, farewell=()):
            async with super().room(
                name, channel, most=most, farewell=farewell
            ) as room:
                room.record = no_space
                yield room

    async def no_space(name):
        raise RecordingFailed("no space left")

    left, _ = played(
        tmp_path, "conference: board, record: yes", switch=FullDisk, keys={5.0: "#"}
    )
    assert left.steps == ["get", "room", "out", "end"]
    assert left.of(RoomEntered)[0].recording == ""
    assert "not recorded: no space left" in caplog.text
    caplog.clear()
