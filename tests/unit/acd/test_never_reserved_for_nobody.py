"""Known faults of other systems: agents who stay reserved, calls that count twice.

An agent is taken before the phone rings, so whatever goes wrong between the two must
give him back.
"""

import asyncio

import pytest

from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import Presence, Work
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person
from tests.unit.acd.floor import EPOCH, BadBoard, Floor, agent, now
from tests.unit.acd.test_desk import at, caller, floor_of, on, rung, shown, told

ANN = agent("1001")


class Deaf(MemoryBoard):
    """A board that does what it is asked, and whose answers are lost, until a time."""

    def __init__(self, agents, *, until):
        super().__init__(agents)
        self.until, self.lost = until, 0

    async def write(self, acts):
        answers = await super().write(acts)
        if acts and asyncio.get_running_loop().time() < self.until:
            self.lost += 1
            raise BoardAway("the answer is lost")
        return answers


def test_a_refused_claim_gives_the_agent_back():
    async def story(floor):
        await at(1)
        # Somebody else has taken him, on the board, and gives him back at once.
        await floor.board.join(floor.waiting("theirs"))
        await floor.board.claim([floor.offer("o", call="theirs", agent="1001")])
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller()))
            await at(4)
            assert shown(floor, "1001").call in ("", "c1")
        return call.result(), floor.desk.agents["1001"].calls

    assert on(floor_of(ANN, _1001=Person()), story) == ("talked to 1001", 1)


def test_a_crash_between_claim_and_ring_gives_the_agent_to_the_next_caller():
    async def main():
        board = MemoryBoard([ANN])
        await board.join(Floor([], {}).waiting("old"))
        assert await board.claim([Floor([], {}).offer("o", call="old", agent="1001")])
        floor = Floor([], {"PJSIP/1001": Person()}, board=board)
        async with floor.open():
            ended = await floor.call(caller())
        await floor.must_be_clean()
        return ended, rung(floor)

    assert clock.run(main()) == ("talked to 1001", [(0, "PJSIP/1001")])


def test_a_claim_whose_answer_is_lost_rings_once_and_counts_once():
    board = Deaf([ANN], until=10)

    async def story(floor):
        assert await floor.call(caller()) == "talked to 1001"
        assert board.lost > 3
        return len(rung(floor)), floor.desk.agents["1001"].calls

    assert on(floor_of(board=board, _1001=Person()), story) == (1, 1)


@pytest.mark.parametrize("when", [t / 5 for t in range(1, 40)])
def test_a_call_counts_once_however_many_answers_of_the_board_are_lost(when):
    board = BadBoard([ANN], away=[(when, when + 3)])

    async def story(floor):
        people = floor.switch.people
        people["PJSIP/1001"] = Person(answers_after=1, talks_for=3)
        assert await floor.call(caller()) == "talked to 1001"
        await at(30)
        return floor.desk.agents["1001"].tally, len(told(floor, "TalkEnded"))

    tally, talks = on(floor_of(board=board, _1001=Person()), story)
    [kept] = asyncio.run(board.agents())
    assert kept.tally == tally
    assert (tally.calls, talks) == (1, 1)


@pytest.mark.parametrize("gone", [0.1, 0.3, 0.5, 0.7])
def test_a_caller_who_goes_while_the_claim_is_written_frees_the_agent(gone):
    async def story(floor):
        await at(3)
        await floor.call(caller(hangs_up_at=3 + gone))
        await at(10)
        # It never rang, so nobody reads of it; and he kept his place.
        assert told(floor, "AgentOffered") == told(floor, "OfferEnded") == []
        return shown(floor, "1001").call, floor.desk.agents["1001"].idle_since

    board = BadBoard([ANN], slow=0.8)
    assert on(floor_of(board=board, _1001=Person()), story) == ("", EPOCH - 1)


def test_an_agent_who_is_freed_while_the_claim_is_written_is_free():
    async def story(floor):
        await at(3)
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller(), max_wait=60))
            await at(3.2)
            assert await floor.desk.free("1001", by="9") == "offer"
            assert floor.desk.agents["1001"].work is not Work.OFFERED
            assert rung(floor) == []
        return call.result(), [round(when) for when, _ in rung(floor)]

    board = BadBoard([ANN], slow=1.0)
    ended, rings = on(floor_of(board=board, _1001=Person()), story)
    assert (ended, len(rings)) == ("talked to 1001", 1)
    assert rings[0] > 30  # the pause of one who was lost


def test_no_agent_stays_reserved_when_the_service_ends_in_the_middle_of_a_claim():
    async def main():
        board = BadBoard([ANN, agent("1002", presence=Presence.NOT_READY)], slow=1)
        floor = Floor([], {"PJSIP/1001": Person()}, board=board)
        async with floor.open():
            await at(3)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.7):
                    await floor.call(caller())
        await floor.must_be_clean()
        again = Desk(
            board,
            floor.desk._queues,
            clock=now,
            note=lambda _: None,
            new_id=lambda: "x",
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(again.run())
            await again.reload()
            seen = {number: a.work for number, a in again.agents.items()}
            task.cancel()
        return seen

    assert clock.run(main()) == {"1001": Work.IDLE, "1002": Work.IDLE}


def test_the_monitor_sees_no_idle_agent_beside_a_waiting_caller():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            for n in range(5):
                group.create_task(floor.call(caller(f"c{n}")))
                await asyncio.sleep(7)
        return [round(f.idle, 3) for f in told(floor, "AgentOffered")]

    # Two agents, talks of a minute, a wrap-up: agents get free when it is due, callers
    # come when somebody is free; nothing is lost but what the board takes.
    people = {"_1001": Person(), "_1002": Person()}
    board = BadBoard([ANN, agent("1002")], slow=0.05)
    idle = on(floor_of(board=board, **people), story)
    assert len(idle) == 5
    assert max(idle) <= 0.1
