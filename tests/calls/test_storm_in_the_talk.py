"""Whoever hangs up, and whenever the service stops: no leg, bridge or agent stays.

One talk goes through all its states in ten seconds: hold, consultation, conference, a
flow, a supervisor who listens, a number outside. At every tenth of a second of it
somebody leaves. What must hold then, the rig asks after each call.
"""

import pytest

from ivrflow.facts import (
    CallEnded,
    CallerTransferBegan,
    CallerTransferEnded,
    Connected,
    Held,
    Resumed,
    TalkEnded,
)
from ivrflow.sim.scripted import Person, ScriptedSwitch
from tests.calls.talk_rig import OUTSIDE, THROUGH_ALL, SlowHands, asks, for_storms, talk

TENTHS = [t / 10 for t in range(125)]

QUICK = {
    "PJSIP/1": Person(answers_after=0.5, talks_for=None),
    "PJSIP/2": Person(answers_after=0.5, talks_for=None),
    "PJSIP/9": Person(answers_after=0.5, talks_for=None),
    OUTSIDE: Person(answers_after=0.8, talks_for=None),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return for_storms(tmp_path_factory.mktemp("site"))


SUPERVISED = {1.0: asks("monitor", supervisor="9"), **THROUGH_ALL}


def storm(here, script=None, **how):
    how.setdefault("hangs_up_at", 14)
    return talk(
        here, {**SUPERVISED, **(script or {})}, ready=("1", "2"), people=QUICK, **how
    )


def must_add_up(seen):
    """Each talk has one end, and the call too."""
    assert len(seen.of(CallEnded)) == 1
    offers = [f.offer for f in seen.of(Connected)]
    assert sorted(f.offer for f in seen.of(TalkEnded)) == sorted(offers)
    assert len(seen.of(CallerTransferBegan)) == len(seen.of(CallerTransferEnded))
    assert len(seen.of(Held)) == len(seen.of(Resumed))
    for ended in seen.of(TalkEnded):
        assert 0 <= ended.held <= ended.seconds + 0.5


def test_left_alone_it_goes_through_everything(here):
    seen = storm(here)

    assert seen.answers == ["done"] * len(SUPERVISED)
    assert [(f.agent, f.by) for f in seen.of(TalkEnded)] == [
        ("2", "caller"),
        ("2", "caller"),
        ("1", "transfer"),
        ("2", "transfer"),
    ]
    must_add_up(seen)


@pytest.mark.parametrize("kind", [ScriptedSwitch, SlowHands])
def test_the_caller_hangs_up_at_any_moment(here, kind):
    for at in TENTHS:
        must_add_up(storm(here, hangs_up_at=at, kind=kind))


@pytest.mark.parametrize("kind", [ScriptedSwitch, SlowHands])
def test_the_service_stops_at_any_moment_and_is_impatient(here, kind):
    for at in TENTHS:
        must_add_up(storm(here, cancelled_at=(at, at + 0.1), kind=kind))


@pytest.mark.parametrize("who", ["PJSIP/1", "PJSIP/2", "PJSIP/9", OUTSIDE])
def test_somebody_else_hangs_up_at_any_moment(here, who):
    for at in TENTHS:
        gone = {at + 0.001: lambda house: house.switch.hang_up(who)}
        must_add_up(storm(here, gone, kind=SlowHands))


def test_agent_and_caller_hang_up_one_after_the_other(here):
    for at in TENTHS[::2]:
        gone = {at + 0.001: lambda house: house.switch.hang_up("PJSIP/1")}
        must_add_up(storm(here, gone, hangs_up_at=at + 0.1, kind=SlowHands))
