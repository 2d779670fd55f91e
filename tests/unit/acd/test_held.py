"""What an earlier life of the service left on the board: held, claimed, or over."""

import asyncio
from dataclasses import replace

import pytest

from ivrflow.acd.desk.board import BoardAway
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person
from tests.unit.acd.earlier_life import UP, kinds, left, offered, on, stood, talk_on
from tests.unit.acd.floor import EPOCH, RULES, BadBoard, Floor, agent
from tests.unit.acd.test_desk import at, caller, rung, shown, told

# Nobody new is offered ----------------------------------------------------------------


def test_until_adoption_is_over_a_new_caller_only_waits_and_then_the_oldest_is_first():
    async def before(floor):
        await left(floor, waiting=[("old", -50)])

    async def story(floor):
        async with asyncio.TaskGroup() as calls:
            new = calls.create_task(floor.call(caller("new")))
            await at(1)
            calls.create_task(floor.call(caller("old"), joined=EPOCH - 50))
            await at(2)
            assert rung(floor) == []
            assert shown(floor, "1001").work == "idle"
            floor.desk.adopted()
            await at(4)
            assert [f.call for f in told(floor, "AgentOffered")] == ["old"]
        assert new.result() == "talked to 1001"
        assert [f.call for f in told(floor, "CallerQueued")] == ["new"]

    on(story, "1001", before=before)


def test_who_is_back_waits_from_when_he_joined_and_as_supervisors_have_placed_him():
    async def before(floor):
        await floor.board.join(replace(stood("old", -50), priority=7.0))

    async def story(floor):
        async with floor.desk.line(stood("old", 0.0)) as place:
            assert place.waiting.joined == EPOCH - 50
            assert place.waiting.priority == 7.0
            assert kinds(floor) == []

    on(story, "1001", before=before)


def test_who_is_back_finds_no_line_full_and_who_is_new_does():
    async def before(floor):
        await left(floor, waiting=[("old", -50)])

    async def story(floor):
        assert await floor.call(caller("new")) == "full"
        async with floor.desk.line(stood("old")):
            pass

    on(story, "1001", before=before, rules=replace(RULES, longest_line=1))


# A phone that rings -------------------------------------------------------------------


def test_a_phone_rings_on_for_the_rest_of_its_time_in_the_same_offer():
    async def before(floor):
        await left(floor, ringing=[offered("o1", "c1", "1001", since=-5)])

    async def story(floor):
        assert shown(floor, "1001").work == "offered"
        made = asyncio.get_running_loop().create_task(
            floor.call(caller("c1"), joined=EPOCH - 100)
        )
        await at(1)
        assert rung(floor) == [(0.0, "PJSIP/1001")]
        floor.desk.adopted()
        await at(15.5)
        # It rang 5 s in the earlier life: 15 s were left of its 20.
        assert [(f.offer, f.how, f.at) for f in told(floor, "OfferEnded")] == [
            ("o1", "no answer", EPOCH + 15)
        ]
        assert told(floor, "AgentOffered") == []
        made.cancel()
        await at(17)

    silent = {"PJSIP/1001": Person(answers_after=None)}
    on(story, "1001", before=before, people=silent)


def test_who_answers_a_phone_that_rings_since_an_earlier_life_talks():
    async def before(floor):
        await left(floor, ringing=[offered("o1", "c1", "1001")])

    async def story(floor):
        assert await floor.call(caller("c1"), joined=EPOCH - 100) == "talked to 1001"
        assert kinds(floor) == ["Connected", "TalkEnded"]
        assert told(floor, "Connected")[0].offer == "o1"
        assert told(floor, "Connected")[0].waited == 103

    on(story, "1001", before=before)


def test_of_two_phones_that_ring_since_an_earlier_life_one_wins():
    async def before(floor):
        await left(
            floor,
            ringing=[
                offered("o1", "c1", "1001", alone=False),
                offered("o2", "c1", "1002", alone=False),
            ],
        )

    async def story(floor):
        assert await floor.call(caller("c1"), joined=EPOCH - 100) == "talked to 1002"
        [lost] = told(floor, "OfferEnded")
        assert (lost.offer, lost.how) == ("o1", "lost race")

    on(
        story,
        "1001",
        "1002",
        before=before,
        rules=replace(RULES, choose="ring_all"),
        people={"PJSIP/1002": Person(answers_after=1, talks_for=5)},
    )


def test_a_round_of_an_earlier_life_grows_once_adoption_is_over():
    async def before(floor):
        await left(floor, ringing=[offered("o1", "c1", "1001", alone=False)])

    async def story(floor):
        made = asyncio.get_running_loop().create_task(
            floor.call(caller("c1"), joined=EPOCH - 100)
        )
        await at(1)
        assert [who for _, who in rung(floor)] == ["PJSIP/1001"]
        floor.desk.adopted()
        await at(2)
        assert [who for _, who in rung(floor)] == ["PJSIP/1001", "PJSIP/1002"]
        assert await made == "talked to 1001"

    on(story, "1001", "1002", before=before, rules=replace(RULES, choose="ring_all"))


# A talk -------------------------------------------------------------------------------


def test_an_agent_who_had_answered_before_the_two_could_talk_talks_now():
    async def before(floor):
        await left(floor, talking=[offered("o1", "c1", "1001")])

    async def story(floor):
        asyncio.get_running_loop().call_at(30, floor.switch.hang_up, "PJSIP/1001")
        assert await floor.call(caller("c1"), joined=EPOCH - 100) == "talked to 1001"
        assert kinds(floor) == ["TalkEnded"]
        assert told(floor, "TalkEnded")[0].seconds == 32
        assert rung(floor) == []

    on(story, "1001", before=before)


def test_one_who_answered_and_hung_up_meanwhile_has_a_wrap_up_and_the_next_one_rings():
    async def before(floor):
        await left(floor, talking=[offered("o1", "c1", "1001")])
        floor.switch.legs.clear()

    async def story(floor):
        asyncio.get_running_loop().call_at(1, floor.desk.adopted)
        assert await floor.call(caller("c1"), joined=EPOCH - 100) == "talked to 1002"
        ended = told(floor, "TalkEnded")[0]
        assert (ended.offer, ended.by) == ("o1", "agent")

    on(story, "1001", "1002", before=before)


def test_a_talk_goes_on_and_is_counted_from_when_they_were_connected():
    talk = offered("o1", "c1", "1001", connected=EPOCH - 2)

    async def before(floor):
        await left(floor, talking=[replace(talk, connected=None)])

    async def story(floor):
        asyncio.get_running_loop().call_at(30, floor.switch.hang_up, "PJSIP/1001")
        talking = asyncio.get_running_loop().create_task(talk_on(floor, talk))
        await at(1)
        floor.desk.adopted()
        assert shown(floor, "1001").work == "talking"
        await talking
        assert kinds(floor) == ["TalkEnded"]
        [ended] = told(floor, "TalkEnded")
        assert (ended.seconds, ended.by, ended.held) == (32, "agent", 4.0)
        assert shown(floor, "1001").work == "wrap-up"

    on(story, "1001", before=before)


def test_a_talk_goes_on_while_the_board_is_away_and_the_agent_stays_busy_after_it():
    talk = offered("o1", "c1", "1001", connected=EPOCH - 2)

    async def main():
        board = BadBoard([agent("1001")], away=[(0.1, 20)])
        floor = Floor([], {"PJSIP/1001": UP}, board=board, adopts=True)
        await left(floor, talking=[replace(talk, connected=None)])
        await asyncio.sleep(0.2)
        async with floor.open():
            talking = asyncio.get_running_loop().create_task(talk_on(floor, talk))
            await at(10)
            floor.desk.adopted()
            assert not talking.done()
            with pytest.raises(BoardAway):
                await floor.desk.anyone_for(stood("x"))
            await at(40)
            assert shown(floor, "1001").work == "talking"
            floor.switch.hang_up("PJSIP/1001")
            await talking
            assert shown(floor, "1001").work == "wrap-up"
            await at(45)
        await floor.must_be_clean()
        assert kinds(floor) == ["TalkEnded"]

    clock.run(main())


# What nobody claims -------------------------------------------------------------------


def test_what_nobody_claims_ends_with_its_facts_and_frees_its_agents():
    async def before(floor):
        await left(
            floor,
            waiting=[("gone", -50)],
            ringing=[offered("o1", "c1", "1001")],
            talking=[offered("o2", "c2", "1002")],
        )

    async def story(floor):
        await at(3)
        floor.desk.adopted()
        how = {f.kind: f for f in floor.facts if f.kind != "LeftQueue"}
        assert how["OfferEnded"].offer == "o1"
        assert how["OfferEnded"].how == "lost"
        assert (how["TalkEnded"].by, how["TalkEnded"].seconds) == ("outage", 5)
        gone = {f.call: (f.how, f.waited) for f in told(floor, "LeftQueue")}
        assert gone["gone"] == ("outage", 53)
        assert shown(floor, "1001").work == "idle"
        assert shown(floor, "1002").work == "wrap-up"
        assert shown(floor, "1002").free_at == EPOCH + 3 + 15
        floor.switch.legs.clear()  # the switch hangs up what nobody claims
        await at(4)

    on(story, "1001", "1002", before=before)


def test_adoption_that_ends_before_the_board_was_read_leaves_callers_a_moment():
    async def main():
        board = BadBoard([agent("1001")], away=[(0.1, 8)])
        floor = Floor([], {"PJSIP/1001": UP}, board=board, adopts=True)
        await left(floor, ringing=[offered("o1", "c1", "1001")])
        await asyncio.sleep(0.2)
        async with floor.open():
            floor.desk.adopted()
            await at(7)
            made = asyncio.get_running_loop().create_task(
                floor.call(caller("c1"), joined=EPOCH - 100)
            )
            assert await made == "talked to 1001"
        await floor.must_be_clean()
        assert told(floor, "OfferEnded") == []

    clock.run(main())


def test_a_supervisor_frees_an_agent_whom_an_earlier_life_has_left_busy():
    async def before(floor):
        await left(floor, talking=[offered("o1", "c1", "1001")])

    async def story(floor):
        assert await floor.desk.free("1001", by="2001") == "talk"
        assert shown(floor, "1001").work == "wrap-up"
        floor.switch.legs.clear()
        await at(1)

    on(story, "1001", before=before)


# The end ------------------------------------------------------------------------------


def test_a_service_that_is_about_to_leave_offers_nobody_new():
    async def before(floor):
        pass

    async def story(floor):
        async with asyncio.TaskGroup() as calls:
            calls.create_task(floor.call(caller("c1", hangs_up_at=30.0)))
            await at(1)
            floor.desk.hold()
            late = calls.create_task(floor.call(caller("c2", hangs_up_at=30.0)))
            await at(5)
            assert [who for _, who in rung(floor)] == ["PJSIP/1001"]
            assert len(told(floor, "Connected")) == 1
        assert late.result() == "hung up"

    on(story, "1001", "1002", before=before, adopts=False)
