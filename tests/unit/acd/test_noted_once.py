"""Of what an earlier life has left, each fact is noted once, whoever knew what."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

from ivrflow.acd.desk.held import Ended
from ivrflow.sim import clock
from tests.unit.acd.earlier_life import (
    UP,
    Noted,
    kinds,
    left,
    offered,
    on,
    stood,
    talk_on,
    up,
)
from tests.unit.acd.floor import EPOCH, BadBoard, Floor, agent
from tests.unit.acd.test_desk import at, caller, shown, told

TALK = offered("o1", "c1", "1001", connected=EPOCH - 2)

# What the board knows, and the facts do not -------------------------------------------


def test_what_the_earlier_life_did_and_could_not_note_is_noted_and_nothing_twice():
    async def before(floor):
        await left(
            floor,
            waiting=[("c3", -50), ("c4", -40)],
            ringing=[offered("o1", "c1", "1001")],
            talking=[offered("o2", "c2", "1002")],
        )

    async def story(floor):
        async with asyncio.TaskGroup() as calls:
            for call in ("c1", "c2", "c3", "c4"):
                calls.create_task(
                    floor.call(caller(call, hangs_up_at=1.0), joined=EPOCH - 100)
                )
            await at(0.5)
            assert {(f.kind, f.call) for f in floor.facts} == {
                ("AgentOffered", "c1"),
                ("Connected", "c2"),
                ("CallerQueued", "c4"),
            }
            assert len(floor.facts) == 3
            assert told(floor, "Connected")[0].at == EPOCH - 2

    noted = Noted(
        ("CallerQueued", "c1"),
        ("CallerQueued", "c3"),
        ("AgentOffered", "o2"),
    )
    on(story, "1001", "1002", before=before, past=noted)


def test_ends_that_the_earlier_life_could_not_note_are_noted_as_of_when_they_were():
    async def before(floor):
        pass

    async def story(floor):
        [rang, connected, talked] = floor.facts
        assert (rang.offer, rang.how, rang.at) == ("o1", "no answer", EPOCH - 3)
        assert (connected.offer, connected.waited) == ("o2", 2)
        assert (talked.offer, talked.seconds, talked.by) == ("o2", 5, "outage")

    ended = [
        Ended(offered("o1", "c1", "1001"), "no answer", EPOCH - 3, {"AgentOffered"}),
        Ended(
            offered("o2", "c2", "1001", since=-8, connected=EPOCH - 6),
            "talked",
            EPOCH - 1,
            {"AgentOffered"},
        ),
    ]
    on(story, "1001", before=before, past=Noted(ended=ended))


def test_what_a_fact_says_is_over_is_not_over_twice():
    """The facts came through, and what the board should have heard did not."""

    async def before(floor):
        await left(
            floor,
            ringing=[offered("o1", "c1", "1001")],
            talking=[offered("o2", "c2", "1002")],
        )
        floor.switch.legs.clear()

    async def story(floor):
        assert shown(floor, "1001").work == "idle"
        floor.desk.adopted()
        assert shown(floor, "1002").work == "wrap-up"
        assert told(floor, "OfferEnded") == told(floor, "TalkEnded") == []

    noted = Noted(("OfferEnded", "o1"), ("TalkEnded", "o2"))
    on(story, "1001", "1002", before=before, past=noted)


def test_an_answer_that_is_noted_and_not_on_the_board_is_not_noted_twice():
    async def before(floor):
        await left(floor, ringing=[offered("o1", "c1", "1001")])
        up(floor, "o1", "1001")

    async def story(floor):
        asyncio.get_running_loop().call_at(9, floor.switch.hang_up, "PJSIP/1001")
        assert await floor.call(caller("c1"), joined=EPOCH - 100) == "talked to 1001"
        assert kinds(floor) == ["TalkEnded"]

    noted = Noted(("CallerQueued", "c1"), ("AgentOffered", "o1"), ("Connected", "o1"))
    on(story, "1001", before=before, past=noted)


def test_a_talk_of_which_only_a_fact_tells_is_one_and_ends_as_one():
    async def before(floor):
        await left(floor, ringing=[offered("o1", "c1", "1001")])

    async def story(floor):
        assert shown(floor, "1001").work == "offered"
        await at(4)
        floor.desk.adopted()
        assert kinds(floor) == ["TalkEnded"]
        assert told(floor, "TalkEnded")[0].seconds == 5
        assert shown(floor, "1001").work == "wrap-up"

    noted = Noted(("AgentOffered", "o1"), ("Connected", "o1"))
    on(story, "1001", before=before, past=noted)


def test_who_joined_as_the_facts_know_and_the_board_does_not_joins_once():
    async def before(floor):
        pass

    async def story(floor):
        async with asyncio.TaskGroup() as calls:
            for call in ("c1", "c2"):
                calls.create_task(floor.call(caller(call, hangs_up_at=5.0)))
            await at(1)
            assert [f.call for f in told(floor, "CallerQueued")] == ["c2"]
            floor.desk.adopted()
            await at(2)
            [gone] = told(floor, "LeftQueue")
            assert (gone.call, gone.how) == ("c3", "outage")

    noted = Noted(unjoined=[stood("c1", -0.2), stood("c3", -0.1)])
    on(story, "1001", before=before, past=noted)


# A talk goes on before the board was read ---------------------------------------------


def goes_on_and_ends(board, at, past=None):
    """A talk that goes on from the start and ends at the second *at*; the floor."""

    async def main():
        floor = Floor([], {"PJSIP/1001": UP}, board=board, adopts=True, past=past)
        await left(floor, talking=[replace(TALK, connected=None)])
        await asyncio.sleep(0.2)
        async with floor.open():
            loop = asyncio.get_running_loop()
            loop.call_later(at, floor.switch.hang_up, "PJSIP/1001")
            await talk_on(floor, TALK)
            await floor.desk.until_loaded()
            await asyncio.sleep(10)
            floor.known = "1001" in floor.desk.agents
            floor.desk.adopted()
            await asyncio.sleep(20)
        return floor

    return clock.run(main())


def test_a_talk_that_ends_while_the_board_is_being_read_has_ended_once():
    # It has told its offers, and not yet all.
    floor = goes_on_and_ends(BadBoard([agent("1001")], slow=2), 4.3)
    assert kinds(floor) == ["TalkEnded"]


def test_an_agent_whose_talk_ends_while_the_board_is_being_read_is_known():
    assert goes_on_and_ends(BadBoard([agent("1001")], slow=2), 4.3).known


class LateFacts(Noted):
    """Facts that are not written as soon as the board: it has the end of the talk."""

    async def untold(self):
        return [Ended(TALK, "talked", EPOCH + 1, {"AgentOffered", "Connected"})]


def test_a_talk_that_has_ended_before_the_board_was_read_has_ended_once():
    away = BadBoard([agent("1001")], away=[(0.1, 1.5)])
    past = LateFacts(("AgentOffered", "o1"), ("Connected", "o1"))
    assert kinds(goes_on_and_ends(away, 0.3, past)) == ["TalkEnded"]


def test_a_talk_whose_end_the_last_life_had_noted_just_before_it_died_ends_once():
    # Its facts were written, the board was not told any more, and the call neither.
    away = BadBoard([agent("1001")], away=[(0.1, 1.5)])
    past = Noted(("AgentOffered", "o1"), ("Connected", "o1"), ("TalkEnded", "o1"))
    assert kinds(goes_on_and_ends(away, 0.3, past)) == []


# A talk that goes on when it was taken to be over -------------------------------------


def test_two_who_talk_on_when_they_were_given_up_have_ended_their_talk_once():
    async def before(floor):
        await left(floor, talking=[replace(TALK, connected=None)])

    async def story(floor):
        await at(3)
        floor.desk.adopted()
        talking = asyncio.get_running_loop().create_task(talk_on(floor, TALK))
        await at(6)
        assert shown(floor, "1001").work == "talking"
        floor.switch.hang_up("PJSIP/1001")
        await talking
        assert kinds(floor) == ["TalkEnded"]

    on(story, "1001", before=before)


def test_a_talk_that_was_over_before_the_call_could_note_that_has_ended_once():
    async def before(floor):
        await left(floor, talking=[replace(TALK, connected=None)])
        await floor.board.end_offer("o1", how="talked", at=EPOCH - 1, free_at=None)
        floor.switch.legs.clear()

    async def story(floor):
        async with AsyncExitStack() as held:
            again = floor.desk.again(stood("c1"), TALK)
            place = await held.enter_async_context(again)
            place.left_meanwhile(held=0.0)
        assert kinds(floor) == []

    on(story, "1001", before=before, past=Noted(("TalkEnded", "o1")))


def test_a_talk_that_was_over_goes_on_before_the_board_was_read_and_has_ended_once():
    async def main():
        board = BadBoard([agent("1001")], away=[(0.1, 3)])
        floor = Floor([], {"PJSIP/1001": UP}, board=board, adopts=True, past=Noted())
        await left(floor, talking=[replace(TALK, connected=None)])
        await floor.board.end_offer("o1", how="talked", at=EPOCH - 1, free_at=None)
        await asyncio.sleep(0.2)
        async with floor.open():
            loop = asyncio.get_running_loop()
            loop.call_later(9, floor.switch.hang_up, "PJSIP/1001")
            await talk_on(floor, TALK)
        assert kinds(floor) == []

    clock.run(main())
