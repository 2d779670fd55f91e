"""Agents at phones that others may answer: who presses 1 has the call."""

import asyncio
from dataclasses import replace

from ivrflow.sim.scripted import Person
from tests.unit.acd.floor import EPOCH, RULES, agent
from tests.unit.acd.test_desk import at, caller, floor_of, on, rung, shown, told

CAREFUL = agent("1001", confirm=True)


def ends(floor):
    return [(f.at - EPOCH, f.agent, f.how) for f in told(floor, "OfferEnded")]


def presses(floor, key, when):
    """Agent 1001 presses *key* at that time, if the phone is up then."""

    def press():
        if (leg := floor.switch.leg_at("PJSIP/1001")) is not None:
            leg.press(key)

    loop = asyncio.get_running_loop()
    loop.call_at(when, press)


def test_who_presses_1_talks_from_then_on():
    async def story(floor):
        presses(floor, "5", 4)
        presses(floor, "1", 6)
        assert await floor.call(caller()) == "talked to 1001"
        [answer] = told(floor, "Connected")
        return answer.at - EPOCH, answer.waited

    assert on(floor_of(CAREFUL, _1001=Person()), story) == (6, 6)


def test_who_answers_and_presses_nothing_has_not_accepted_and_gets_a_pause():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller()))
            await at(14)
            assert floor.switch.leg_at("PJSIP/1001") is None
            assert shown(floor, "1001").presence == "ready"
        return call.result(), ends(floor), rung(floor)

    # An answering machine takes it at 3, and has ten seconds.
    rules = replace(RULES, after_not_accepted=40, accept_within=10)
    machine = Person(talks_for=300)
    assert on(
        floor_of(CAREFUL, agent("1002"), rules=rules, _1001=machine, _1002=Person()),
        story,
    ) == (
        "talked to 1002",
        [(13, "1001", "not accepted")],
        [(0, "PJSIP/1001"), (13, "PJSIP/1002")],
    )


def test_who_hangs_up_instead_of_pressing_1_has_not_accepted():
    async def story(floor):
        assert await floor.call(caller(), max_wait=20) == "timeout"
        return ends(floor)

    assert on(floor_of(CAREFUL, _1001=Person(talks_for=4)), story) == [
        (7, "1001", "not accepted")
    ]


def test_a_caller_who_goes_while_the_agent_is_asked_frees_him_at_once():
    async def story(floor):
        assert await floor.call(caller(hangs_up_at=5)) == "hung up"
        assert floor.switch.legs == {}
        return ends(floor), shown(floor, "1001").work

    assert on(floor_of(CAREFUL, _1001=Person()), story) == (
        [(5, "1001", "caller gone")],
        "idle",
    )


def test_the_caller_who_asks_says_what_the_agent_hears_and_what_counts():
    async def story(floor):
        asked = []

        async def ask(agent, leg):
            asked.append((agent.number, leg.dialled))
            return await leg.keys.next(5) == "7"

        presses(floor, "7", 5)
        async with (
            floor.desk.line(floor.waiting("c")) as place,
            place.agent(floor.switch, ask=ask) as talk,
        ):
            return asked, talk.asked

    assert on(floor_of(CAREFUL, _1001=Person()), story) == (
        [("1001", "PJSIP/1001")],
        True,
    )
