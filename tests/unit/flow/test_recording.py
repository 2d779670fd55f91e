"""`record`: what is recorded of a call, and what must not be."""

import pytest

from ivrflow.facts import (
    CallRecorded,
    CallRecordingBegan,
    CallRecordingPaused,
    CallRecordingResumed,
    DigitsCollected,
    Said,
)
from ivrflow.flow.load import BadSite
from ivrflow.flow.recording import falls_in
from ivrflow.sim.scripted import ScriptedSwitch
from ivrflow.telephony.channel import RecordingFailed
from tests.unit.flow.one_call import EPOCH, World_, call, site

PROMPTS = "your_pin: Your PIN.\nhow_many: How many?\n"


def played(tmp_path, flow, world=None, **how):
    world = world or World_()
    left = call(site(tmp_path, flow, prompts__en=PROMPTS), world=world, **how)
    return left, world.used.recorders


def test_a_call_is_recorded_from_the_step_to_its_end(tmp_path):
    left, recorders = played(tmp_path, """
steps:
  before: {say: hello}
  on: {record: all}
  after: {say: hello}
  end: {hangup: bye}
""")  # fmt: skip

    [recorder] = recorders
    [done] = left.of(CallRecorded)
    [_, again, _] = left.of(Said)
    assert recorder.name.startswith("calls/")
    assert done.recording == recorder.name
    assert done.seconds == pytest.approx(done.at - again.at)
    assert recorder.over


def test_off_ends_it_and_a_second_all_begins_another_file(tmp_path):
    left, recorders = played(tmp_path, """
steps:
  on: {record: all}
  more: {record: all}
  one: {say: hello}
  off: {record: "off"}
  two: {say: hello}
  again: {record: all}
  end: {hangup: bye}
""")  # fmt: skip

    assert len(recorders) == 2
    assert len({f.recording for f in left.of(CallRecorded)}) == 2
    assert all(f.seconds > 0 for f in left.of(CallRecorded))


def test_a_pause_is_no_part_of_it(tmp_path):
    left, _ = played(tmp_path, """
steps:
  on: {record: all}
  pause: {record: pause}
  twice: {record: pause}
  hidden: {say: hello}
  go_on: {record: resume}
  end: {hangup: bye}
""")  # fmt: skip

    [done] = left.of(CallRecorded)
    [_, bye] = left.of(Said)
    assert done.seconds == pytest.approx(done.at - bye.at)
    assert len(left.of(CallRecordingPaused)) == len(left.of(CallRecordingResumed)) == 1


SECRET = """
steps:
  on: {record: all}
  PAUSE
  pin: {ask: your_pin, digits: 4, secret: yes, save: pin, failed: end}
  number: {ask: how_many, digits: 1, save: n, failed: end}
  end: {hangup: bye}
"""


def test_nothing_is_recorded_while_a_secret_is_entered(tmp_path):
    flow = SECRET.replace("  PAUSE\n", "")
    left, [recorder] = played(tmp_path, flow, keys={5.0: "12", 7.0: "34", 9.5: "3"})

    [asked, _] = left.of(DigitsCollected)
    pin_said = left.of(Said)[0].at - EPOCH.timestamp()
    entered = asked.at - EPOCH.timestamp()
    assert entered == 7.0
    assert not any(
        begin < moment < end
        for begin, end in recorder.ran
        for moment in (pin_said + 0.01, 5.0, 6.0, 7.0)
    )
    assert any(begin <= 8.0 < end for begin, end in recorder.ran)
    assert [f.why for f in left.of(CallRecordingPaused)] == [
        "something secret is asked or said"
    ]


def test_a_wrong_secret_and_a_silent_one_are_off_the_record_too(tmp_path):
    flow = SECRET.replace("  PAUSE\n", "")
    left, [recorder] = played(tmp_path, flow, keys={8.0: "9#"})

    failed = [f.at - EPOCH.timestamp() for f in left.of(DigitsCollected)]
    assert len(failed) == 3
    assert recorder.ran[0] == (0.0, 0.0)
    assert recorder.ran[1][0] == pytest.approx(failed[-1])


def test_what_the_flow_paused_stays_paused_after_a_secret(tmp_path):
    flow = SECRET.replace("PAUSE", "quiet: {record: pause}")
    left, [recorder] = played(tmp_path, flow, keys={5.0: "1234", 9.0: "3"})

    assert recorder.ran == [(0.0, 0.0)]
    assert left.of(CallRecordingResumed) == []


@pytest.mark.parametrize("at", [0.5, 3.0, 6.0, 12.0])
def test_a_hang_up_ends_and_keeps_it(tmp_path, at):
    flow = SECRET.replace("  PAUSE\n", "")
    left, [recorder] = played(tmp_path, flow, hangs_up_at=at)

    assert recorder.over
    assert len(left.of(CallRecorded)) == 1


class NoPause(ScriptedSwitch):
    async def record_call(self, channel, name):
        recorder = await super().record_call(channel, name)

        async def pause():
            raise RecordingFailed("it can't be paused")

        recorder.pause = pause
        return recorder


def test_a_secret_is_not_asked_while_the_recording_may_run(tmp_path):
    flow = SECRET.replace("  PAUSE\n", "")
    left, _ = played(tmp_path, flow, World_(switch=NoPause))

    assert "your_pin" not in left.said
    assert left.said == ["apology"]


class FullDisk(ScriptedSwitch):
    def __init__(self, people):
        super().__init__(people)
        self.disk_full = True


def test_a_call_that_cannot_be_recorded_goes_on(tmp_path, caplog):
    flow = "steps:\n  on: {record: all}\n  end: {hangup: bye}\n"
    left, _ = played(tmp_path, flow, World_(switch=FullDisk))

    assert left.steps == ["on", "end"]
    assert left.of(CallRecordingBegan) == []
    assert "not recorded: the scripted disk is full" in caplog.text
    caplog.clear()


def test_a_step_may_say_where_a_call_goes_that_cannot_be_recorded(tmp_path):
    flow = "steps:\n  on: {record: all, on_error: no}\n  yes: {say: hello}\n"
    flow += "  no: {hangup: bye}\n"
    left, _ = played(tmp_path, flow, World_(switch=FullDisk))

    assert left.steps == ["on", "no"]


def test_a_share_of_the_calls_is_recorded_and_always_the_same():
    calls = [f"1795315512.{n}" for n in range(2000)]
    chosen = [c for c in calls if falls_in(c, 10)]

    assert 150 <= len(chosen) <= 250
    assert [c for c in calls if falls_in(c, 10)] == chosen
    assert not any(falls_in(c, 0) for c in calls)
    assert all(falls_in(c, 100) for c in calls)


@pytest.mark.parametrize("share", ["0%", "100%"])
def test_a_share_may_be_none_or_all(tmp_path, share):
    flow = f"steps:\n  on: {{record: share {share}}}\n  end: {{hangup: bye}}\n"
    _, recorders = played(tmp_path, flow)

    assert len(recorders) == (share == "100%")


@pytest.mark.parametrize("written", ["yes", "share 101%", "share", "10%"])
def test_anything_else_is_refused(tmp_path, written):
    with pytest.raises(BadSite, match="write `all`, `off`, `pause`"):
        site(tmp_path, f"steps:\n  on: {{record: {written}}}\n")
