"""The service dies at every tenth of a second of a talk, and another one goes on.

Whatever happens: the caller keeps his line until he hangs up, two who talk are not
parted, no agent is stuck, no leg stays, and each offer has one end.
"""

import asyncio
import random
from contextlib import suppress
from itertools import count

import pytest

from ivrflow.facts import (
    AgentOffered,
    CallEnded,
    CallerCameBack,
    CallerQueued,
    CallerTransferBegan,
    CallerTransferEnded,
    Connected,
    Held,
    LeftQueue,
    OfferEnded,
    Resumed,
    StepEntered,
    TalkEnded,
)
from ivrflow.flow.bookmark import newer
from ivrflow.flow.ending import end_call
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person, ScriptedChannel
from tests.calls.dying import Process
from tests.calls.lives import SEAL, TICK
from tests.calls.talk_lives import Lives, must_be_in_order, through
from tests.calls.talk_rig import (
    AGENTS,
    NUMBER,
    OUTSIDE,
    QUEUES,
    THROUGH_ALL,
    TOP,
    asks,
    for_storms,
    site,
)

TENTHS = [t / 10 for t in range(1, 128)]

QUICK = {
    "PJSIP/1": Person(answers_after=0.53, talks_for=None),
    "PJSIP/2": Person(answers_after=0.53, talks_for=None),
    OUTSIDE: Person(answers_after=0.83, talks_for=None),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return for_storms(tmp_path_factory.mktemp("site"))


def must_have_kept_his_line(lives, where):
    (ended,) = lives.of(CallEnded)
    assert (ended.by, ended.seconds) == ("caller", 14.0), (where, ended)


def must_add_up(lives, where):
    """Each hold and each transfer has its end, unless its beginning was not noted yet:
    facts are written twenty times a second."""
    assert len(lives.of(Held)) == len(lives.of(Resumed)), where
    began, over = lives.of(CallerTransferBegan), lives.of(CallerTransferEnded)
    assert len(began) == len(over), where
    for talk in lives.of(TalkEnded):
        assert 0 <= talk.held <= talk.seconds + 0.1, where


def log(lives):
    """What the switch did, without times."""
    return [what for _, what in lives.switch.log]


def test_a_talk_that_goes_through_everything_survives_a_death_at_any_moment(here):
    for death in TENTHS:
        lives = through(here, THROUGH_ALL, [death], people=QUICK)

        must_be_in_order(lives, death)
        must_have_kept_his_line(lives, death)
        must_add_up(lives, death)


def test_deaths_that_follow_each_other_are_survived_too(here):
    for seed in range(40):
        chance = random.Random(seed)
        deaths = sorted(chance.uniform(0.1, 12) for _ in range(chance.randint(2, 5)))
        lives = through(here, THROUGH_ALL, deaths, people=QUICK)

        must_be_in_order(lives, deaths)
        must_have_kept_his_line(lives, deaths)


@pytest.mark.parametrize(("written_after", "first"), [(0.0, 1), (TICK, 2)])
def test_each_hold_and_each_transfer_has_one_end_at_whatever_act_the_service_dies(
    here, written_after, first, monkeypatch
):
    monkeypatch.setattr("tests.calls.lives.TICK", written_after)
    left_alone = through(here, THROUGH_ALL, [], people=QUICK)
    for act in range(first, len(left_alone.moments) + 1, 3):
        lives = through(here, THROUGH_ALL, [], people=QUICK, dies_at=act)
        where = (act, left_alone.moments[act - 1])

        must_be_in_order(lives, where)
        must_add_up(lives, where)


@pytest.mark.parametrize("act", [("hold",), ("transfer", "number", NUMBER)])
def test_what_was_on_when_the_caller_hung_up_while_nobody_was_there_has_its_end(
    here, act
):
    async def main():
        lives = Lives(here, ScriptedChannel(hangs_up_at=6.0), dict(QUICK), ("1",))

        async def asked():
            await asyncio.sleep(4)
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await asks(*act)(lives.house)

        async with asyncio.TaskGroup() as group:
            group.create_task(asked())
            group.create_task(lives.live(5.0))
        kept = lives.database.bookmarks[lives.caller.id]
        mark = newer(lives.caller.id, lives.caller.remembered, kept, SEAL)
        world = lives._house(Process()).world
        await end_call(mark, here, world, at=lives.seconds() + 1)
        await asyncio.sleep(2 * TICK)
        return lives

    lives = clock.run(main())
    assert lives.of(Held)
    must_add_up(lives, act)
    for ended in lives.of(Resumed, CallerTransferEnded):
        assert (ended.queue, ended.agent) == ("desk", "1")


@pytest.mark.parametrize("death", [0.9, 5.2, 9.7, 12.0])
def test_who_talks_is_not_touched_by_a_death(here, death):
    """With one agent, in a conference of three, after a transfer, with a number."""
    # As the next process lives 0.4 s later, it hears what is asked half a second later.
    script = {at + 0.3 * (at > 10): ask for at, ask in THROUGH_ALL.items()}
    if death < 1:
        script = {}
    left_alone = through(here, script, [], people=QUICK)
    lives = through(here, script, [death], people=QUICK)

    assert log(lives) == log(left_alone)
    assert len(lives.of(Connected)) == len(left_alone.of(Connected))
    assert len(lives.of(CallerQueued)) == len(left_alone.of(CallerQueued))
    for ours, theirs in zip(lives.of(TalkEnded), left_alone.of(TalkEnded), strict=True):
        assert (ours.agent, ours.by) == (theirs.agent, theirs.by)
        assert ours.seconds == pytest.approx(theirs.seconds, abs=0.2)
        assert ours.held == pytest.approx(theirs.held, abs=0.2)


def test_keys_and_acts_work_in_a_talk_that_goes_on(here):
    acts = {4.0: asks("hold"), 5.0: asks("resume"), 6.0: asks("end")}
    lives = through(here, acts, [2.0], people=QUICK)

    assert lives.house.answers == ["done"] * 3
    assert [f.by for f in lives.of(TalkEnded)] == ["agent"]
    assert [f.step for f in lives.of(StepEntered)] == ["wait", "rate"]
    must_be_in_order(lives, 2.0)


def test_an_agent_who_hangs_up_while_nobody_is_there_leaves_the_caller_to_his_flow(
    here,
):
    people = {**QUICK, "PJSIP/1": Person(answers_after=0.5, talks_for=1.7)}
    lives = through(here, {}, [2.0], people=people)

    assert [f.step for f in lives.of(StepEntered)] == ["wait", "rate"]
    (ended,) = lives.of(TalkEnded)
    assert ended.by == "agent"
    assert ended.seconds == pytest.approx(1.9, abs=0.2)
    assert lives.of(CallEnded)[0].by == "flow"
    must_be_in_order(lives, 2.0)


def test_an_agent_who_hung_up_while_the_caller_was_in_a_flow_is_told_of_once(here):
    people = {**QUICK, "PJSIP/1": Person(answers_after=0.5, talks_for=2.5)}
    sent = {1.0: asks("send-to-flow", "flow", "pin")}
    lives = through(here, sent, [4.0], people=people)

    (ended,) = lives.of(TalkEnded)
    assert ended.seconds == pytest.approx(2.5, abs=0.2)
    assert [f.outcome for f in lives.of(CallerCameBack)] == ["agent gone"]
    assert [f.step for f in lives.of(StepEntered)][-1] == "rate"
    must_be_in_order(lives, 4.0)


# While the caller waits ---------------------------------------------------------------


def test_a_caller_waits_on_through_deaths_and_hears_no_announcement_twice(here):
    spoken = QUEUES.replace(
        "desk: {title: Desk,",
        "desk: {title: Desk, announce: [{say: you_have, after: 5s, every: 4s}],",
    )
    there = site(here.folder / "spoken", queues=spoken)
    lives = through(
        there, {}, [2.0, 6.0, 10.5], people=QUICK, ready=(), signed_in=("1",)
    )

    heard = [round(at) for at, said in lives.caller.heard if said.prompt == "you_have"]
    assert heard == [5, 9, 13]
    assert len(lives.of(CallerQueued)) == 1
    (left,) = lives.of(LeftQueue)
    assert (left.how, left.waited) == ("abandoned", 14.0)


def test_who_overflows_after_a_death_stands_anew_in_the_other_line(here, monkeypatch):
    """By a clock that moves with each look at it, as a real one does."""
    spoken = QUEUES.replace(
        "desk: {title: Desk,", "desk: {title: Desk, overflow: {after: 4s, queue: back},"
    ).replace("title: Back office", "title: Back office, announce: [{say: you_have}]")
    there = site(here.folder / "onwards", queues=spoken)
    steady, ticks = Lives.seconds, count()
    monkeypatch.setattr(Lives, "seconds", lambda me: steady(me) + next(ticks) * 1e-6)

    lives = through(there, {}, [2.0], people=QUICK, ready=(), signed_in=("1", "3"))

    assert [fact.queue for fact in lives.of(CallerQueued)] == ["desk", "back"]
    assert [round(at) for at, said in lives.caller.heard] == [4]


def test_max_wait_goes_on_through_a_death(here):
    top = TOP.replace("queue: desk,", "queue: desk, max_wait: 6s, timeout: rate,")
    there = site(here.folder / "patient", top=top)
    lives = through(there, {}, [3.0], people=QUICK, ready=(), signed_in=("1",))

    assert [f.step for f in lives.of(StepEntered)] == ["wait", "rate"]
    assert lives.of(LeftQueue)[0].waited == pytest.approx(6.0, abs=0.1)


def test_of_ringing_phones_the_same_one_rings_on(here):
    slow = {**QUICK, "PJSIP/1": Person(answers_after=5, talks_for=None)}
    for death in (0.5, 1.0, 4.9, 5.2):
        lives = through(here, {}, [death], people=slow, ready=("1", "2"))

        assert log(lives)[:2] == ["rings PJSIP/1", "joins caller and id1"], death
        assert len(lives.of(AgentOffered)) == len(lives.of(Connected)) == 1
        must_be_in_order(lives, death)


def test_a_phone_that_rang_out_while_nobody_was_there_leads_to_the_next_agent(here):
    slow = {**QUICK, "PJSIP/1": Person(answers_after=None)}
    short = site(here.folder / "short", queues=QUEUES.replace("ring: 20s", "ring: 5s"))
    lives = through(short, {}, [4.8], people=slow)

    assert [f.how for f in lives.of(OfferEnded)] == ["no answer"]
    assert [f.agent for f in lives.of(Connected)] == ["2"]
    must_be_in_order(lives, 4.8)


def test_of_two_who_ring_at_once_one_wins_whenever_the_service_dies(here):
    both = site(
        here.folder / "both",
        queues=QUEUES.replace("desk: {", "desk: {choose: ring_all, "),
    )
    for death in [t / 20 for t in range(1, 30)]:
        lives = through(both, {}, [death], people=QUICK)

        must_be_in_order(lives, death)
        assert len(lives.of(Connected)) == 1, death
        must_have_kept_his_line(lives, death)


def test_of_two_who_answer_at_one_moment_one_wins_at_whatever_act_the_service_dies(
    here,
):
    """Before and after each claim, ring, answer, mark and bridge."""
    both = site(
        here.folder / "at_once",
        queues=QUEUES.replace("desk: {", "desk: {choose: ring_all, "),
    )
    left_alone = through(both, {}, [], people=QUICK, hangs_up_at=6)
    assert {"before switch.bridge", "after switch.dial"} <= set(left_alone.moments)
    for act in range(1, len(left_alone.moments) + 1):
        lives = through(both, {}, [], people=QUICK, hangs_up_at=6, dies_at=act)
        where = left_alone.moments[act - 1]

        must_be_in_order(lives, where)
        assert len(lives.of(Connected)) == 1, where
        assert [f.by for f in lives.of(CallEnded)] == ["caller"], where


def test_who_overflows_to_a_number_is_put_through_once_whenever_the_service_dies(here):
    queues = QUEUES.replace(
        "desk: {", f'desk: {{overflow: {{after: 2s, number: "{NUMBER}"}}, '
    )
    there = site(here.folder / "overflows", queues=queues)
    for death in [t / 10 for t in range(1, 60)]:
        lives = through(
            there, {}, [death], people=QUICK, ready=(), signed_in=("1",), hangs_up_at=8
        )

        must_be_in_order(lives, death)
        assert log(lives).count(f"rings {OUTSIDE}") == 1, death
        assert [f.by for f in lives.of(CallEnded)] == ["caller"], death
        assert [f.how for f in lives.of(LeftQueue)] == ["overflow"], death


def test_who_overflows_to_a_queue_stands_there_whenever_the_service_dies(here):
    queues = QUEUES.replace("desk: {", "desk: {overflow: {after: 2s, queue: back}, ")
    there = site(here.folder / "flows", queues=queues)
    for death in [t / 10 for t in range(1, 40)]:
        lives = through(
            there, {}, [death], people=QUICK, ready=("3",), signed_in=("1",)
        )

        must_be_in_order(lives, death)
        assert [f.agent for f in lives.of(Connected)] == ["3"], death
        assert lives.of(Connected)[0].waited == pytest.approx(3, abs=2), death
        must_have_kept_his_line(lives, death)


# A phone that stays up ----------------------------------------------------------------


def test_an_agent_whose_phone_stays_up_is_called_once_whenever_the_service_dies(here):
    nailed = AGENTS.replace("name: Li,", "name: Li, nailed: yes,")
    there = site(here.folder / "nailed", queues=QUEUES, agents=nailed)
    for death in [t / 5 for t in range(1, 30)]:
        lives = through(there, {}, [death], people=QUICK, ready=("1",), hangs_up_at=8)

        assert log(lives).count("rings PJSIP/1") == 1, death
        assert len(lives.of(Connected)) == len(lives.of(TalkEnded)) == 1, death
        assert lives.of(TalkEnded)[0].by == "caller", death
        assert lives.left == ([], []), death
        assert [leg.dialled for leg in lives.legs] == ["PJSIP/1"], death
