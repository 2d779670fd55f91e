"""The desk, with people at phones, on virtual time."""

import asyncio
import gc
import json
import logging
from dataclasses import asdict, replace

import pytest

from ivrflow.acd.desk import NobodyCanServe, UnknownAgent
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import (
    Offer,
    Preferred,
    Presence,
    QueueRules,
    Waiting,
    Widening,
    need,
)
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person, ScriptedChannel
from ivrflow.telephony.channel import Cause, HungUp, NotReached, Unreached
from tests.unit.acd.floor import EPOCH, RULES, BadBoard, Floor, agent, now

QUIET = Person(answers_after=None)
NOT_READY = Presence.NOT_READY


def on(floor_of, story):
    """Run *story* on the open floor that *floor_of* makes; the floor must end clean."""

    async def main():
        floor = floor_of()
        async with floor.open():
            result = await story(floor)
        await floor.must_be_clean()
        return result

    return clock.run(main())


def floor_of(*agents, board=None, rules=RULES, **people):
    known = {f"PJSIP/{number[1:]}": person for number, person in people.items()}
    return lambda: Floor(agents, known, board=board, rules=rules)


def caller(id="c1", **more):
    return ScriptedChannel(id=id, **more)


async def at(seconds):
    loop = asyncio.get_running_loop()
    await asyncio.sleep(max(0.0, seconds - loop.time()))


def rung(floor):
    return [(t, what[6:]) for t, what in floor.switch.log if what.startswith("rings")]


def shown(floor, number):
    return next(a for a in floor.desk.state().agents if a.number == number)


def told(floor, kind):
    return [f for f in floor.facts if f.kind == kind]


# A call -------------------------------------------------------------------------------


def test_a_call_goes_from_the_line_to_the_talk_to_the_wrap_up():
    async def story(floor):
        assert await floor.call(caller()) == "talked to 1001"
        assert shown(floor, "1001").work == "wrap-up"
        assert shown(floor, "1001").free_at == EPOCH + 2 + 60 + 15
        await at(77.5)
        assert shown(floor, "1001").work == "idle"
        return floor

    floor = on(floor_of(agent("1001"), _1001=Person(answers_after=2)), story)

    assert [(f.at - EPOCH, f.kind) for f in floor.facts] == [
        (0, "CallerQueued"),
        (0, "AgentOffered"),
        (2, "Connected"),
        (2, "AgentChanged"),
        (62, "TalkEnded"),
        (62, "AgentChanged"),
        (77, "AgentChanged"),
    ]
    [talk] = told(floor, "TalkEnded")
    assert (talk.seconds, talk.by, talk.offer) == (60, "agent", "offer1")
    assert told(floor, "AgentOffered")[0].why == (
        "longest idle of 1 free who can serve; waited 0 s"
    )
    assert told(floor, "AgentChanged")[-1].why == "wrap-up over"


@pytest.mark.parametrize(("own", "until"), [(None, 77), (45, 107), (0, 62)])
def test_an_agents_own_wrap_up_wins_over_the_queues(own, until):
    async def story(floor):
        await floor.call(caller())
        return floor.desk.agents["1001"].free_at - EPOCH

    her = agent("1001", wrap_up=own)
    assert on(floor_of(her, _1001=Person(answers_after=2)), story) == until


def test_an_agent_who_is_silent_gets_not_ready_and_the_next_one_rings():
    async def story(floor):
        assert await floor.call(caller()) == "talked to 1002"
        return floor, shown(floor, "1001")

    people = {"_1001": QUIET, "_1002": Person()}
    floor, ann = on(floor_of(agent("1001"), agent("1002"), **people), story)

    assert rung(floor) == [(0, "PJSIP/1001"), (20, "PJSIP/1002")]
    assert (ann.presence, ann.reason) == ("not ready", "no answer")
    assert [f.how for f in told(floor, "OfferEnded")] == ["no answer"]


def test_an_agent_who_signs_out_while_the_phone_rings_stays_signed_out():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller(), max_wait=25))
            await at(5)
            await floor.desk.sign_out("1001")
        return shown(floor, "1001").presence, await floor.board.agents()

    presence, [ann] = on(floor_of(agent("1001"), _1001=QUIET), story)
    assert presence == ann.presence.value == "logged out"


@pytest.mark.parametrize(
    ("how", "pause"),
    [(Unreached.BUSY, 10), (Unreached.REJECTED, 10), (Unreached.UNREACHABLE, 30)],
)
def test_an_agent_who_can_not_be_reached_is_tried_again_after_a_pause(how, pause):
    async def story(floor):
        assert await floor.call(caller(), max_wait=pause + 1) == "timeout"
        return floor, shown(floor, "1001").presence

    floor, presence = on(floor_of(agent("1001"), _1001=Person(refuses=how)), story)

    assert rung(floor) == [(0, "PJSIP/1001"), (pause, "PJSIP/1001")]
    assert presence == "ready"
    assert [f.how for f in told(floor, "OfferEnded")] == [how.value] * 2
    assert [f.how for f in told(floor, "LeftQueue")] == ["timeout"]


def test_a_caller_whose_agent_rings_does_not_keep_the_next_agent_from_the_next():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller("c1")))
            await at(1)
            group.create_task(floor.call(caller("c2")))
        return rung(floor)

    people = {"_1001": Person(answers_after=15), "_1002": Person()}
    assert on(floor_of(agent("1001"), agent("1002"), **people), story) == [
        (0, "PJSIP/1001"),
        (1, "PJSIP/1002"),
    ]


def test_the_oldest_caller_gets_the_agent_and_positions_move_up():
    async def story(floor):
        await floor.desk.not_ready("1001", "lunch")
        places = []

        async def stand(n):
            waiting = Waiting(call=f"c{n}", queue="sales", joined=now())
            async with floor.desk.line(waiting) as place:
                places.append(place)
                async with place.agent(floor.switch):
                    await asyncio.sleep(10)

        async with asyncio.TaskGroup() as group:
            for n in range(3):
                group.create_task(stand(n))
                await asyncio.sleep(1)
            assert [p.position for p in places] == [1, 2, 3]
            assert [p.waited for p in places] == [3, 2, 1]
            assert [c.call for c in floor.desk.state().queues[0].waiting] == [
                "c0",
                "c1",
                "c2",
            ]
            await floor.desk.ready("1001")
            await asyncio.sleep(1)
            assert [p.position for p in places] == [1, 2, 3]  # it rings
            assert [p.ringing for p in places] == [True, False, False]
            await asyncio.sleep(3)
            assert [p.position for p in places[1:]] == [1, 2]
        return [f.call for f in told(floor, "Connected")]

    assert on(floor_of(agent("1001"), _1001=Person()), story) == ["c0", "c1", "c2"]


def test_who_comes_back_from_a_key_still_has_the_place():
    async def story(floor):
        await floor.desk.not_ready("1001")
        waiting = Waiting(call="first", queue="sales", joined=now())
        async with asyncio.TaskGroup() as group, floor.desk.line(waiting) as place:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(5), place.agent(floor.switch):
                    pass
            group.create_task(floor.call(caller("second")))
            await asyncio.sleep(1)
            assert place.position == 1
            async with asyncio.TaskGroup() as both:
                both.create_task(floor.desk.ready("1001"))
                async with place.agent(floor.switch) as talk:
                    assert talk.waited == 9
        return [f.call for f in told(floor, "Connected")]

    assert on(floor_of(agent("1001"), _1001=Person()), story) == ["first", "second"]


def test_who_loses_the_agent_before_they_could_talk_goes_back_to_the_old_place():
    async def story(floor):
        waiting = Waiting(call="first", queue="sales", joined=now())
        async with asyncio.TaskGroup() as group, floor.desk.line(waiting) as place:
            async with place.agent(floor.switch) as talk:
                group.create_task(floor.call(caller("second")))
                await asyncio.sleep(5)
                await talk.leg.hang_up()
            assert [w.call for w in await floor.board.waiting()] == ["second"]
            async with place.agent(floor.switch) as talk:
                assert place.position == 1
                assert talk.waited == 3 + 5 + 15 + 3
        return [(f.call, f.kind) for f in floor.facts if not f.kind.startswith("Agent")]

    people = {"_1001": Person(answers_after=3)}
    assert on(floor_of(agent("1001"), **people), story) == [
        ("first", "CallerQueued"),
        ("first", "Connected"),
        ("second", "CallerQueued"),
        ("first", "TalkEnded"),
        ("first", "CallerQueued"),
        ("first", "Connected"),
        ("first", "TalkEnded"),
        ("second", "Connected"),
        ("second", "TalkEnded"),
    ]


def test_who_listens_to_something_else_is_offered_to_nobody():
    async def story(floor):
        waiting = Waiting(call="first", queue="sales", joined=now())
        async with floor.desk.line(waiting) as place:
            await asyncio.sleep(5)
            assert await floor.call(caller("second")) == "talked to 1001"
            place.left = "key"
        return [(f.call, f.how) for f in told(floor, "LeftQueue")]

    assert on(floor_of(agent("1001"), _1001=Person()), story) == [("first", "key")]


def test_an_agents_leg_that_dies_while_it_rings_is_no_hang_up_of_the_caller():
    async def story(floor):
        async def dial(order):
            raise HungUp(Cause.NORMAL_CLEARING)

        floor.switch.dial = dial
        assert await floor.call(caller(), max_wait=5) == "timeout"
        return [f.how for f in told(floor, "OfferEnded")]

    assert on(floor_of(agent("1001")), story) == ["unreachable"]


def phone_is_not_there(floor):
    async def dial(order):
        raise NotReached(order.address, Unreached.UNREACHABLE)

    floor.switch.dial = dial


def standing(floor):
    state = floor.desk.state()
    [one], [queue] = state.agents, state.queues
    return one.work, one.unreached, queue.ready, queue.unreached


def test_phone_that_is_not_reached_is_told_until_a_caller_has_reached_it():
    async def story(floor):
        there, began = floor.switch.dial, now()
        phone_is_not_there(floor)
        assert await floor.call(caller("c1"), max_wait=5) == "timeout"
        assert standing(floor) == ("resting", began, 0, 1)
        await asyncio.sleep(60)
        assert await floor.call(caller("c2"), max_wait=5) == "timeout"
        assert standing(floor) == ("resting", began, 0, 1)
        await asyncio.sleep(60)
        assert standing(floor) == ("idle", began, 0, 1)
        floor.switch.dial = there
        assert await floor.call(caller("c3")) == "talked to 1001"
        return standing(floor)[1:]

    assert on(floor_of(agent("1001"), _1001=Person()), story) == (None, 0, 0)


@pytest.mark.parametrize("act", ["ready", "sign_in", "sign_out"])
def test_who_gets_ready_or_signs_in_anew_is_believed_to_be_there(act):
    async def story(floor):
        phone_is_not_there(floor)
        assert await floor.call(caller(), max_wait=5) == "timeout"
        await floor.desk.not_ready("1001", "lunch")
        assert list(floor.desk.unreached) == ["1001"]
        await getattr(floor.desk, act)("1001")
        return dict(floor.desk.unreached)

    assert on(floor_of(agent("1001")), story) == {}


def test_end_of_a_rest_is_told_as_one():
    async def story(floor):
        phone_is_not_there(floor)
        assert await floor.call(caller(), max_wait=5) == "timeout"
        await asyncio.sleep(60)
        return told(floor, "AgentChanged")[-1].why

    assert on(floor_of(agent("1001")), story) == "rest over"


def test_rest_is_no_wrap_up_in_what_the_next_caller_is_told():
    async def story(floor):
        phone_is_not_there(floor)
        assert await floor.call(caller("c1"), max_wait=5) == "timeout"
        assert await floor.call(caller("c2"), max_wait=5) == "timeout"
        return told(floor, "CallerQueued")[-1].agents

    assert on(floor_of(agent("1001")), story) == {"resting": 1}


def test_a_fault_while_dialling_gives_the_agent_back_and_goes_to_the_call():
    async def story(floor):
        async def dial(order):
            raise OSError("the switch is away")

        floor.switch.dial = dial
        with pytest.raises(ExceptionGroup):
            await floor.call(caller())
        return [f.how for f in told(floor, "OfferEnded")]

    assert on(floor_of(agent("1001")), story) == ["lost"]


def test_a_leg_that_can_not_be_hung_up_does_not_keep_the_agent(monkeypatch):
    async def story(floor):
        waiting = Waiting(call="c", queue="sales", joined=now())
        async with (
            floor.desk.line(waiting) as place,
            place.agent(floor.switch) as talk,
        ):

            async def never():
                await asyncio.get_running_loop().create_future()

            talk.leg.hang_up = never
            asyncio.get_running_loop().call_later(20, talk.leg.drop)
        await asyncio.sleep(20)
        return told(floor, "TalkEnded")[0]

    # The error in the log is as it should be.
    monkeypatch.setattr(logging.getLogger("ivrflow.acd.desk.rings"), "disabled", True)
    ended = on(floor_of(agent("1001"), _1001=Person(talks_for=None)), story)
    assert (ended.by, ended.seconds) == ("caller", 5)


# Who can't stand in line --------------------------------------------------------------


def test_a_line_that_is_full_takes_nobody():
    async def story(floor):
        await floor.desk.not_ready("1001")
        async with asyncio.TaskGroup() as group:
            first = group.create_task(floor.call(caller("c1"), max_wait=9))
            await at(1)
            assert await floor.call(caller("c2")) == "full"
        return first.result(), [f.how for f in told(floor, "LeftQueue")]

    rules = replace(RULES, longest_line=1)
    assert on(floor_of(agent("1001"), rules=rules), story) == (
        "timeout",
        ["full", "timeout"],
    )


def test_nobody_waits_for_a_skill_that_nobody_signed_in_has():
    async def story(floor):
        asked = need({"language=zh-CN": 1})
        assert await floor.call(caller("c1"), need=asked) == "no agents"
        widening = (Widening(after=60, drop=("language",)),)
        result = await floor.call(caller("c2"), need=asked, widening=widening)
        assert result == "talked to 1001"
        assert told(floor, "NeedsWidened")[0].after == 60
        return rung(floor)

    assert on(floor_of(agent("1001"), _1001=Person()), story) == [(60, "PJSIP/1001")]


def test_callers_hear_at_once_when_the_last_agent_signs_out():
    async def story(floor):
        await floor.desk.not_ready("1001")
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(floor.call(caller(f"c{n}"))) for n in range(3)]
            await at(7)
            await floor.desk.sign_out("1001")
        assert asyncio.get_running_loop().time() == 7
        assert [f.how for f in told(floor, "LeftQueue")] == ["no agents"] * 3
        return [c.result() for c in calls]

    assert on(floor_of(agent("1001")), story) == ["no agents"] * 3


def test_one_who_is_out_of_the_line_can_not_take_an_agent():
    async def story(floor):
        waiting = Waiting(call="c", queue="sales", joined=now())
        async with floor.desk.line(waiting) as place:
            await floor.desk.sign_out("1001")
            with pytest.raises(NobodyCanServe):
                async with place.agent(floor.switch):
                    pass

    on(floor_of(agent("1001")), story)


# Agents -------------------------------------------------------------------------------


def test_what_an_agent_chooses_is_on_the_board_when_it_returns():
    async def story(floor):
        seen = []
        for act in (
            lambda: floor.desk.sign_in("1001", "PJSIP/77"),
            lambda: floor.desk.ready("1001"),
            lambda: floor.desk.not_ready("1001", "lunch"),
            lambda: floor.desk.sign_out("1001"),
        ):
            await act()
            [ann] = await floor.board.agents()
            seen.append((ann.presence.value, ann.reason, ann.address))
        with pytest.raises(UnknownAgent, match="99"):
            await floor.desk.ready("99")
        return seen

    signed_out = agent("1001", presence=Presence.LOGGED_OUT)
    assert on(floor_of(signed_out), story) == [
        ("not ready", "signed in", "PJSIP/77"),
        ("ready", "", "PJSIP/77"),
        ("not ready", "lunch", "PJSIP/77"),
        ("logged out", "", "PJSIP/1001"),
    ]


def test_ready_ends_a_wrap_up():
    async def story(floor):
        await floor.call(caller("c1"))
        await floor.desk.ready("1001")
        await floor.call(caller("c2"))
        return [t for t, _ in rung(floor)]

    assert on(floor_of(agent("1001"), _1001=Person()), story) == [0, 63]


def test_not_ready_during_a_talk_holds_after_it():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller("c1")))
            await at(10)
            await floor.desk.not_ready("1001", "lunch")
            assert shown(floor, "1001").work == "talking"
        assert await floor.call(caller("c2"), max_wait=30) == "timeout"

    on(floor_of(agent("1001"), _1001=Person()), story)


def test_an_agent_hears_when_the_board_is_away():
    async def story(floor):
        await at(2)
        with pytest.raises(BoardAway):
            await floor.desk.ready("1001")
        assert asyncio.get_running_loop().time() == 7
        await at(20)

    away = agent("1001", presence=NOT_READY)
    on(floor_of(board=BadBoard([away], away=[(1, 9)])), story)


def test_the_agent_who_served_last_is_found_if_signed_in():
    async def story(floor):
        await floor.call(caller("c1"), who="li")
        assert await floor.desk.last_agent("li", within=100) == "1001"
        assert await floor.desk.last_agent("li", within=10) is None
        held = Preferred("1001", now() + 20)
        await floor.call(caller("c2"), who="li", preferred=held)
        await floor.desk.sign_out("1001")
        assert await floor.desk.last_agent("li", within=100) is None
        return rung(floor)

    # At 63 agent 1002 is free, but the call is held for 1001, who wraps up until 78.
    agents = (agent("1001"), agent("1002"))
    assert on(floor_of(*agents, _1001=Person(), _1002=Person()), story) == [
        (0, "PJSIP/1001"),
        (78, "PJSIP/1001"),
    ]


def test_the_state_is_ready_for_json():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller("c1"), need=need({"zh": 2})))
            await at(1)
            return json.loads(json.dumps(asdict(floor.desk.state())))

    state = on(floor_of(agent("1001", skills={"zh": 3}), _1001=Person()), story)
    [ann], [queue] = state["agents"], state["queues"]
    assert (ann["work"], ann["call"]) == ("offered", "c1")
    assert (queue["name"], queue["signed_in"], queue["ready"]) == ("sales", 1, 0)
    [waiting] = queue["waiting"]
    assert (waiting["position"], waiting["waited"], waiting["ringing"]) == (1, 1, True)
    assert waiting["needs"] == {"zh": 2}


# The board ----------------------------------------------------------------------------


def test_while_the_board_is_away_callers_wait_and_then_it_goes_on():
    async def story(floor):
        await at(2)
        assert await floor.call(caller()) == "talked to 1001"
        return rung(floor)

    board = BadBoard([agent("1001")], away=[(1, 30)])
    [(when, _)] = on(floor_of(board=board, _1001=Person()), story)
    assert 30 <= when <= 35


def test_a_talk_goes_on_while_the_board_is_away():
    async def story(floor):
        assert await floor.call(caller()) == "talked to 1001"
        assert asyncio.get_running_loop().time() == 63
        await at(120)

    board = BadBoard([agent("1001")], away=[(2, 100)])
    on(floor_of(board=board, _1001=Person()), story)


def test_agents_who_could_not_be_read_again_are_read_when_the_board_is_back():
    async def story(floor):
        await at(2)
        await MemoryBoard.enrol(floor.board, [agent("1001"), agent("1002")])
        for _ in range(3):
            with pytest.raises(BoardAway):
                await floor.desk.reload()
        assert not floor.desk._keeper._asked  # nothing grows meanwhile
        await at(26)
        assert set(floor.desk.agents) == {"1001", "1002"}

    board = BadBoard([agent("1001")], away=[(1, 20)])
    on(floor_of(board=board), story)


def test_a_desk_may_end_while_the_board_is_away():
    async def main():
        board = BadBoard([agent("1001")], slow=0.4, away=[(1, 99)])
        floor = floor_of(board=board, _1001=Person())()
        async with asyncio.TaskGroup() as calls:
            async with floor.open():
                await at(2)
                call = calls.create_task(floor.call(caller()))
                await at(2.1)
            call.cancel()
        gc.collect()  # a failure that nobody looked at would be logged now

    clock.run(main())


def test_a_start_ends_what_an_earlier_life_left_on_the_board():
    async def main():
        floor = floor_of(agent("1001"), _1001=Person())()
        left = Waiting(call="old", queue="sales", joined=EPOCH)
        await floor.board.join(left)
        offer = Offer(id="o", call="old", queue="sales", agent="1001", at=EPOCH)
        assert await floor.board.claim([offer])
        async with floor.open():
            ended = await floor.call(caller())
        await floor.must_be_clean()
        return ended

    assert clock.run(main()) == "talked to 1001"


def test_a_desk_that_is_started_again_keeps_its_talks():
    async def main():
        floor = floor_of(agent("1001"), _1001=Person())()
        async with asyncio.TaskGroup() as calls:
            async with floor.open():
                call = calls.create_task(floor.call(caller()))
                await at(10)
            async with floor.open():
                await at(20)
                assert shown(floor, "1001").work == "talking"
                assert len(await floor.board.offers()) == 1
                await at(70)
        await floor.must_be_clean()
        return call.result()

    assert clock.run(main()) == "talked to 1001"


def test_what_others_write_on_the_board_is_learnt_from_a_refused_claim():
    async def story(floor):
        await at(1)
        await floor.board.set_presence("1001", NOT_READY, at=now(), reason="by hand")
        assert await floor.call(caller(), max_wait=20) == "timeout"
        assert shown(floor, "1001").reason == "by hand"
        assert rung(floor) == []
        await floor.board.set_presence("1001", Presence.READY, at=now())
        await floor.desk.reload()
        return await floor.call(caller())

    assert on(floor_of(agent("1001"), _1001=Person()), story) == "talked to 1001"


@pytest.mark.parametrize("when", [14.3 + t / 5 for t in range(13)])
def test_reading_the_board_never_brings_back_what_has_changed_meanwhile(when):
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller()))
            await at(when)
            assert not call.done()
            await floor.desk.reload()
            assert call.done()
        return shown(floor, "1001").work

    # Each look at the board takes a second: it rings at 4, they talk from 7 to 17, and
    # a comparison takes three.
    board = BadBoard([agent("1001")], slow=1)
    people = {"_1001": Person(answers_after=3, talks_for=10)}
    assert on(floor_of(board=board, **people), story) == "wrap-up"


def test_agents_who_are_enrolled_anew_take_calls_and_the_others_go():
    async def story(floor):
        await floor.board.enrol([agent("1002")])
        await floor.desk.reload()
        assert [a.number for a in floor.desk.state().agents] == ["1002"]
        await floor.desk.ready("1002")
        return await floor.call(caller())

    assert on(floor_of(agent("1001"), _1002=Person()), story) == "talked to 1002"


# The estimate -------------------------------------------------------------------------


def test_the_estimate_falls_with_the_line_and_never_rises_without_a_cause():
    async def story(floor):
        said = []

        async def last():
            waiting = Waiting(call="last", queue="sales", joined=now())
            async with (
                floor.desk.line(waiting) as place,
                asyncio.TaskGroup() as group,
            ):

                async def ask():
                    while not place.connected:
                        said.append(place.estimate())
                        await asyncio.sleep(10)

                asking = group.create_task(ask())
                async with place.agent(floor.switch):
                    asking.cancel()

        async with asyncio.TaskGroup() as group:
            for n in range(4):
                group.create_task(floor.call(caller(f"c{n}"), max_wait=2000))
            await at(1)
            group.create_task(last())
        return said

    rules = replace(RULES, handle=100)
    slow = Person(talks_for=300)
    said = on(floor_of(agent("1001"), rules=rules, _1001=slow), story)

    assert all(low >= 60 and high >= low for low, high in said)
    assert said == sorted(said, reverse=True)
    assert said[0][1] > said[-1][1]


def test_a_phone_rings_for_as_long_as_its_queue_says():
    rules = QueueRules(name="sales", ring=7)

    async def story(floor):
        assert await floor.call(caller(), max_wait=30) == "timeout"
        return [f.at - EPOCH for f in told(floor, "OfferEnded")]

    assert on(floor_of(agent("1001"), rules=rules, _1001=QUIET), story) == [7]
