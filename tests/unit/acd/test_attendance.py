"""What is done with agents at the desk: by themselves, by others, by their phones."""

import asyncio
from dataclasses import replace

import pytest

from ivrflow.acd.desk import (
    NobodyWouldServe,
    NotInWrapUp,
    UnknownAgent,
    UnknownCaller,
    UnknownQueue,
)
from ivrflow.acd.model import Preferred, Presence, need
from ivrflow.sim.scripted import Person
from ivrflow.telephony.channel import NotReached
from tests.unit.acd.floor import EPOCH, RULES, BadBoard, agent, now
from tests.unit.acd.test_desk import at, caller, floor_of, on, rung, shown, told

QUIET = Person(answers_after=None)


def test_each_change_tells_who_made_it_why_and_what_the_agent_serves():
    async def story(floor):
        await floor.desk.sign_in("1001")
        await floor.desk.ready("1001", by="1009")
        await floor.call(caller())
        await floor.desk.not_ready("1001", "lunch", by="1009")
        return [(f.why, f.reason, f.by, f.queues) for f in told(floor, "AgentChanged")]

    out = agent("1001", presence=Presence.LOGGED_OUT)
    assert on(floor_of(out, _1001=Person()), story) == [
        ("signed in", "signed in", "1001", ["sales"]),
        ("ready", "", "1009", ["sales"]),
        ("answered", "", "service", ["sales"]),
        ("talk ended", "", "service", ["sales"]),
        ("lunch", "lunch", "1009", ["sales"]),
    ]


# The wrap-up --------------------------------------------------------------------------


def test_a_wrap_up_can_be_made_longer_and_ended_early():
    async def story(floor):
        await floor.call(caller("c1"))  # until 63, wraps up until 78
        await floor.desk.wrap_up("1001", EPOCH + 90)
        await at(89)
        assert shown(floor, "1001").work == "wrap-up"
        assert shown(floor, "1001").free_at == EPOCH + 90
        await floor.desk.wrap_up("1001", EPOCH, by="1009")
        assert shown(floor, "1001").work == "idle"
        return [(f.until - EPOCH, f.by, f.agent) for f in told(floor, "WrapUpChanged")]

    assert on(floor_of(agent("1001"), _1001=Person()), story) == [
        (90, "1001", "1001"),
        (89, "1009", "1001"),
    ]


def test_an_agent_in_no_wrap_up_has_none_that_could_be_changed():
    async def story(floor):
        with pytest.raises(NotInWrapUp, match="agent 1001 is in no wrap-up, but idle"):
            await floor.desk.wrap_up("1001", now() + 5)
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller()))
            await at(10)
            with pytest.raises(NotInWrapUp, match="talking"):
                await floor.desk.wrap_up("1001", now() + 5)
        with pytest.raises(UnknownAgent, match="99"):
            await floor.desk.wrap_up("99", now())

    on(floor_of(agent("1001"), _1001=Person()), story)


def test_a_talk_may_have_a_wrap_up_of_its_own_and_says_how_it_went():
    async def story(floor):
        async with (
            floor.desk.line(floor.waiting("c")) as place,
            place.agent(floor.switch) as talk,
        ):
            talk.by, talk.held, talk.wrap_up = "transfer", 4.0, 0.0
            await asyncio.sleep(10)
        [ended] = told(floor, "TalkEnded")
        return ended.by, ended.held, shown(floor, "1001").work

    assert on(floor_of(agent("1001"), _1001=Person()), story) == (
        "transfer",
        4,
        "idle",
    )


# The phone ----------------------------------------------------------------------------


def test_an_agent_whose_phone_is_in_another_call_is_not_rung():
    async def story(floor):
        await at(1)
        floor.desk.phone("1001", busy=True, state="INUSE")
        floor.desk.phone("1001", busy=True, state="INUSE")
        floor.desk.phone("99", busy=True, state="INUSE")
        assert shown(floor, "1001").elsewhere
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller()))
            await at(20)
            await floor.desk.reload()  # the board knows nothing of phones
            await at(30)
            floor.desk.phone("1001", busy=False, state="NOT_INUSE")
        changes = [(f.busy, f.state) for f in told(floor, "PhoneChanged")]
        return rung(floor), changes

    assert on(floor_of(agent("1001"), _1001=Person()), story) == (
        [(30, "PJSIP/1001")],
        [(True, "INUSE"), (False, "NOT_INUSE")],
    )


# What they can do ---------------------------------------------------------------------


def test_skills_that_are_changed_live_are_asked_for_at_once_and_kept():
    async def story(floor):
        assert await floor.call(caller("c1"), need=need({"zh": 1})) == "no agents"
        await floor.desk.set_abilities("1001", skills={"zh": 3}, by="1009")
        assert await floor.call(caller("c2"), need=need({"zh": 1}))
        await floor.board.enrol([agent("1001")])
        await floor.desk.reload()
        assert shown(floor, "1001").live
        with pytest.raises(UnknownQueue, match="'slaes'"):
            await floor.desk.set_abilities("1001", queues={"slaes"}, by="1009")
        [fact] = told(floor, "AbilitiesChanged")
        return fact.agent, fact.by, fact.skills, fact.queues

    assert on(floor_of(agent("1001"), _1001=Person()), story) == (
        "1001",
        "1009",
        {"zh": 3},
        ["sales"],
    )


def test_an_agent_who_gets_a_skill_takes_the_caller_who_waits_for_it():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller(), need=need({"zh": 2})))
            await at(10)
            assert not rung(floor)
            await floor.desk.set_abilities("1001", skills={"zh": 2}, by="1009")
        return call.result(), rung(floor)[0][0]

    one, two = agent("1001", skills={"zh": 1}), agent("1002", skills={"zh": 9})
    away = [one, agent("1003", presence=Presence.NOT_READY, skills=two.skills)]
    assert on(floor_of(*away, _1001=Person()), story) == ("talked to 1001", 10)


# Who is stuck -------------------------------------------------------------------------


def test_freeing_an_agent_silences_the_phone_and_the_caller_goes_on_waiting():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller()))
            await at(5)
            assert await floor.desk.free("1001", by="1009") == "offer"
            assert "PJSIP/1001" not in floor.switch.ringing
            assert shown(floor, "1001").call == ""
        return call.result(), [f.how for f in told(floor, "OfferEnded")]

    people = {"_1001": QUIET, "_1002": Person()}
    agents = (agent("1001"), agent("1002"))
    assert on(floor_of(*agents, **people), story) == ("talked to 1002", ["lost"])


def test_freeing_an_agent_ends_his_talk_on_our_side():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller()))
            await at(10)
            assert await floor.desk.free("1001", by="1009") == "talk"
            assert shown(floor, "1001").work == "wrap-up"
            assert await floor.desk.free("1001", by="1009") == "wrap-up"
            assert await floor.desk.free("1001", by="1009") == "nothing"
        return shown(floor, "1001").presence

    assert on(floor_of(agent("1001"), _1001=Person()), story) == "ready"


def test_an_agent_whom_nobody_gives_back_is_freed_all_the_same():
    async def story(floor):
        async def stuck():
            async with (
                floor.desk.line(floor.waiting("c")) as place,
                place.agent(floor.switch),
            ):
                await asyncio.sleep(1000)  # a fault: it does not look at the leg

        async with asyncio.TaskGroup() as group:
            group.create_task(stuck())
            await at(10)
            assert await floor.desk.free("1001", by="1009") == "talk"
            assert shown(floor, "1001").work == "wrap-up"
            assert await floor.call(caller("c2")) == "talked to 1001"
        return [f.call for f in told(floor, "TalkEnded")]

    assert on(floor_of(agent("1001"), _1001=Person()), story) == ["c", "c2"]


def test_freeing_an_agent_ends_what_only_the_board_believes():
    async def story(floor):
        await floor.board.join(floor.waiting("old"))
        stale = floor.offer("o", call="old", agent="1001")
        assert await floor.board.claim([stale])
        assert await floor.desk.free("1001", by="1009") == "nothing"
        await at(1)
        return await floor.board.offers()

    assert on(floor_of(agent("1001"), _1001=Person()), story) == []


# The counts ---------------------------------------------------------------------------


def test_what_is_counted_of_an_agent_survives_a_restart_and_is_counted_once():
    board = BadBoard([agent("1001")], away=[(60, 80)])

    async def story(floor):
        await floor.call(caller("c1"))  # the talk ends while the board is away
        await at(100)
        return floor.desk.agents["1001"].tally

    tally = on(floor_of(board=board, _1001=Person()), story)
    [kept] = asyncio.run(board.agents())
    assert kept.tally == tally
    assert (tally.calls, tally.last_call) == (1, EPOCH + 63)


# Callers who are chosen ---------------------------------------------------------------


def test_a_caller_who_is_given_to_an_agent_is_the_next_one_there():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            for n in range(3):
                group.create_task(floor.call(caller(f"c{n}")))
                await asyncio.sleep(1)
            await floor.desk.change("c2", agent="1001", by="1009")
            await floor.desk.ready("1001")
        facts = told(floor, "CallerMoved")
        moved = [(f.call, f.queue, f.to, f.by, f.agent) for f in facts]
        return [f.call for f in told(floor, "Connected")], moved

    away = agent("1001", presence=Presence.NOT_READY)
    assert on(floor_of(away, _1001=Person()), story) == (
        ["c2", "c0", "c1"],
        [("c2", "sales", "sales", "1009", "1001")],
    )


def test_a_caller_is_given_to_nobody_who_is_signed_out_and_waits_on():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller()))
            await at(3)
            with pytest.raises(NobodyWouldServe, match="1002 is signed out: c1 waits"):
                await floor.desk.change("c1", agent="1002", by="1009")
            floor.desk._queues["help"] = replace(RULES, name="help")
            with pytest.raises(NobodyWouldServe, match="signed in for 'help'"):
                await floor.desk.change("c1", queue="help", by="1009")
            assert told(floor, "CallerMoved") == []
            await at(5)
            await floor.desk.ready("1001")
        return call.result()

    away = agent("1001", presence=Presence.NOT_READY)
    out = agent("1002", presence=Presence.LOGGED_OUT)
    assert on(floor_of(away, out, _1001=Person()), story) == "talked to 1001"


def test_a_caller_who_was_given_to_an_agent_goes_to_anyone_when_he_signs_out():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller()))
            await at(3)
            await floor.desk.change("c1", agent="1002", by="1009")
            await floor.desk.ready("1001")
            await at(5)
            assert rung(floor) == []
            await floor.desk.sign_out("1002")
        return call.result()

    away = agent("1001", presence=Presence.NOT_READY)
    other = agent("1002", presence=Presence.NOT_READY)
    assert on(floor_of(away, other, _1001=Person()), story) == "talked to 1001"


def test_a_caller_who_is_moved_keeps_the_time_and_is_served_by_the_other_queue():
    async def story(floor):
        floor.desk._queues["help"] = replace(RULES, name="help", wrap_up=2)
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller()))
            await at(30)
            await floor.desk.change("c1", queue="help", priority=2.0, by="1009")
            with pytest.raises(UnknownQueue, match="'hepl'"):
                await floor.desk.change("c1", queue="hepl", by="1009")
        with pytest.raises(UnknownCaller, match="'c1'"):
            await floor.desk.change("c1", priority=1.0, by="1009")
        [moved], [talk] = told(floor, "CallerMoved"), told(floor, "Connected")
        assert (moved.queue, moved.to, moved.priority) == ("sales", "help", 2)
        assert moved.agent == ""
        assert (talk.queue, talk.waited) == ("help", 33)
        assert shown(floor, "1002").free_at == now() + 2
        return call.result()

    away = agent("1001", presence=Presence.NOT_READY)
    helper = agent("1002", queues=frozenset({"help"}))
    assert on(floor_of(away, helper, _1002=Person()), story) == "talked to 1002"


def test_a_consult_whose_agent_does_not_answer_ends_at_once():
    async def story(floor):
        waiting = floor.waiting(
            "consult", item="consult", preferred=Preferred("1001", float("inf"))
        )
        async with floor.desk.line(waiting) as place:
            with pytest.raises(NotReached, match="1001 not reached: no answer"):
                async with place.agent(floor.switch):
                    pass
        return asyncio.get_running_loop().time()

    assert on(floor_of(agent("1001"), _1001=QUIET), story) == 20
