"""The recording of a talk ends with it, whenever the service dies: nobody hears of it
in what comes after."""

import pytest

from ivrflow.facts import CallRecorded, CallRecordingBegan, TalkEnded
from ivrflow.sim.scripted import Person
from tests.calls.talk_lives import AWAY, must_be_in_order, through
from tests.calls.talk_rig import EPOCH, PIN, QUEUES, TOP, asks, site

QUICK = {
    "PJSIP/1": Person(answers_after=0.53, talks_for=None),
    "PJSIP/2": Person(answers_after=None),
}
AFTER = "flow: after\nsteps: {rest: {wait: 30s, then: hangup}}\n"
FLOWS = {"flows__pin": PIN, "flows__after": AFTER}
LATER = TOP.replace("rate: {hangup: yes}", "rate: {wait: 30s, then: hangup}")


def all_of_desk(folder, how):
    queues = QUEUES.replace("ring: 20s", f"record: {how}, ring: 20s", 1)
    return site(folder, top=LATER, queues=queues, **FLOWS)


def deaths(here, script, **how):
    """The call with a death at each act outside of it, and without any."""
    how = {"people": QUICK, "ready": ("1",), "hangs_up_at": 8.0, **how}
    alone = through(here, script, [], **how)
    assert len(alone.switch.recorders) == 1
    yield alone, "left alone"
    for act, what in enumerate(alone.moments, 1):
        yield through(here, script, [], dies_at=act, **how), (act, what)


def must_have_ended(lives, where):
    """What is recorded is told, and nothing is when the last talk is over."""
    recorders = lives.switch.recorders
    over = max(fact.at for fact in lives.of(TalkEnded)) - EPOCH.timestamp()
    for recorder in recorders:
        assert recorder.over, where
        ended = max(end for _, end in recorder.ran)
        assert ended <= over + AWAY + 0.1, (where, recorder.ran, over)
    began = [fact.recording for fact in lives.of(CallRecordingBegan)]
    ended = [fact.recording for fact in lives.of(CallRecorded)]
    names = sorted(recorder.name for recorder in recorders)
    assert sorted(began) == sorted(ended) == names, where
    must_be_in_order(lives, where)


@pytest.mark.parametrize("to", [("flow", "after"), ("queue", "back")])
def test_who_is_given_away_is_not_recorded_any_more(tmp_path, to):
    here = all_of_desk(tmp_path, "all")
    given = {3.0: asks("blind", *to)}
    for lives, where in deaths(here, given, signed_in=("2",)):
        must_have_ended(lives, where)


def test_who_is_left_by_the_agent_is_not_recorded_any_more(tmp_path):
    here = all_of_desk(tmp_path, "all")
    left = {3.0: lambda house: house.switch.hang_up("PJSIP/1")}
    for lives, where in deaths(here, left):
        must_have_ended(lives, where)


def test_what_the_agent_ends_does_not_begin_again(tmp_path):
    here = all_of_desk(tmp_path, "on demand")
    recorded = {
        2.0: asks("record", do="start"),
        3.0: asks("record", do="stop"),
    }
    stopped = [
        (lives, where)
        for lives, where in deaths(here, recorded)
        if where[1].endswith("ScriptedRecorder.stop")
    ]
    assert len(stopped) == 2
    for lives, where in stopped:
        [recorder] = lives.switch.recorders
        [(began, ended)] = recorder.ran
        assert (began, ended) == (2.0, pytest.approx(3.0, abs=AWAY + 0.1)), where
        assert len(lives.of(CallRecorded)) == 1, where
