"""Several phones ring for one caller, and one agent wins."""

import asyncio
from dataclasses import replace

import pytest

from ivrflow.acd.model import Presence
from ivrflow.sim.scripted import Person
from ivrflow.telephony.channel import Unreached
from tests.unit.acd.floor import EPOCH, RULES, BadBoard, agent
from tests.unit.acd.test_desk import at, caller, floor_of, on, rung, shown, told

ALL = replace(RULES, choose="ring_all")
BY_AND_BY = replace(RULES, choose="ring_progressively", ring_next=5)
QUIET = Person(answers_after=None)
THREE = (agent("1001"), agent("1002"), agent("1003"))


def ends(floor):
    return [(f.at - EPOCH, f.agent, f.how) for f in told(floor, "OfferEnded")]


def talks(floor):
    return [(f.at - EPOCH, f.agent) for f in told(floor, "Connected")]


def test_all_ring_and_the_first_who_answers_has_the_call():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller()))
            await at(5)
            assert set(floor.switch.legs) == {"offer2"}
            works = [shown(floor, a.number).work for a in THREE]
            assert works == ["idle", "talking", "idle"]
        return call.result(), rung(floor), talks(floor), ends(floor)

    people = {
        "_1001": Person(answers_after=6),
        "_1002": Person(answers_after=4),
        "_1003": QUIET,
    }
    assert on(floor_of(*THREE, rules=ALL, **people), story) == (
        "talked to 1002",
        [(0, "PJSIP/1001"), (0, "PJSIP/1002"), (0, "PJSIP/1003")],
        [(4, "1002")],
        [(4, "1001", "lost race"), (4, "1003", "lost race")],
    )


def test_two_agents_who_answer_one_ringing_call_at_one_moment_make_one_talk():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller()))
            await at(4)
            # Both lift the receiver before the service hears of either.
            floor.switch.answer("PJSIP/1001")
            floor.switch.answer("PJSIP/1002")
            floor.switch.answer("PJSIP/1003")
            await at(5)
            assert len(floor.switch.legs) == 1
            assert floor.switch.bridges == 1
        [talk] = talks(floor)
        assert sorted(how for _, _, how in ends(floor)) == ["lost race"] * 2
        calls = [floor.desk.agents[a.number].calls for a in THREE]
        assert sorted(calls) == [0, 0, 1]
        return talk[0]

    people = dict.fromkeys(("_1001", "_1002", "_1003"), QUIET)
    assert on(floor_of(*THREE, rules=ALL, **people), story) == 4


def test_who_lost_the_race_keeps_the_place_among_the_idle_and_rings_for_the_next():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller("c1")))
            await at(10)
            group.create_task(floor.call(caller("c2")))
        return talks(floor)

    people = {"_1001": Person(answers_after=2), "_1002": Person(answers_after=3)}
    agents = THREE[:2]
    assert on(floor_of(*agents, rules=ALL, **people), story) == [
        (2, "1001"),
        (13, "1002"),
    ]


def test_an_agent_who_gets_free_while_others_ring_is_rung_too():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller()))
            await at(7)
            await floor.desk.ready("1002")
        return rung(floor), talks(floor)

    away = agent("1002", presence=Presence.NOT_READY)
    people = {"_1001": QUIET, "_1002": Person(answers_after=2)}
    assert on(floor_of(agent("1001"), away, rules=ALL, **people), story) == (
        [(0, "PJSIP/1001"), (7, "PJSIP/1002")],
        [(9, "1002")],
    )


def test_one_who_refuses_is_left_out_and_the_others_ring_on():
    async def story(floor):
        assert await floor.call(caller()) == "talked to 1002"
        return ends(floor)

    people = {
        "_1001": Person(refuses=Unreached.REJECTED),
        "_1002": Person(answers_after=12),
    }
    assert on(floor_of(*THREE[:2], rules=ALL, **people), story) == [
        (0, "1001", "rejected")
    ]


def test_when_nobody_answers_all_are_not_ready_and_the_caller_waits_on():
    async def story(floor):
        assert await floor.call(caller(), max_wait=60) == "timeout"
        return ends(floor), {shown(floor, a.number).reason for a in THREE}

    people = dict.fromkeys(("_1001", "_1002", "_1003"), QUIET)
    assert on(floor_of(*THREE, rules=ALL, **people), story) == (
        [(20, a.number, "no answer") for a in THREE],
        {"no answer"},
    )


def test_progressively_one_more_rings_every_few_seconds():
    async def story(floor):
        assert await floor.call(caller()) == "talked to 1003"
        return rung(floor), ends(floor)

    people = {"_1001": QUIET, "_1002": QUIET, "_1003": Person(answers_after=3)}
    assert on(floor_of(*THREE, rules=BY_AND_BY, **people), story) == (
        [(0, "PJSIP/1001"), (5, "PJSIP/1002"), (10, "PJSIP/1003")],
        [(13, "1001", "lost race"), (13, "1002", "lost race")],
    )


def test_an_agent_who_must_press_1_loses_to_one_who_need_not():
    async def story(floor):
        assert await floor.call(caller()) == "talked to 1002"
        assert floor.switch.legs == {}
        return ends(floor)

    # 1001 has lifted at 1 and listens to what the call is when 1002 answers.
    careful = agent("1001", confirm=True)
    people = {"_1001": Person(answers_after=1), "_1002": Person(answers_after=3)}
    assert on(floor_of(careful, agent("1002"), rules=ALL, **people), story) == [
        (3, "1001", "lost race")
    ]


def test_one_agent_of_a_round_can_be_freed_and_the_others_ring_on():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller()))
            await at(5)
            assert await floor.desk.free("1001", by="1009") == "offer"
            assert list(floor.switch.ringing) == ["PJSIP/1002"]
        return call.result(), ends(floor)

    people = {"_1001": QUIET, "_1002": Person(answers_after=8)}
    assert on(floor_of(*THREE[:2], rules=ALL, **people), story) == (
        "talked to 1002",
        [(5, "1001", "lost")],
    )


@pytest.mark.parametrize("when", [t / 4 for t in range(20, 36)])
def test_a_claim_that_comes_too_late_rings_nowhere(when):
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            await at(4)
            group.create_task(floor.call(caller()))
            await at(when)
            # Claimed, at some of these moments, for one who is just being answered.
            group.create_task(floor.desk.ready("1002"))
        return talks(floor)

    away = agent("1002", presence=Presence.NOT_READY)
    board = BadBoard([agent("1001"), away], slow=1)
    people = {"_1001": Person(answers_after=1), "_1002": QUIET}
    [(_, number)] = on(floor_of(board=board, rules=ALL, **people), story)
    assert number == "1001"
