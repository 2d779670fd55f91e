"""Wrap-ups that last until it is said how the call has ended."""

import asyncio
import math
from dataclasses import replace

import pytest

from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.disposing import DispositionOwed, NothingToDispose
from ivrflow.acd.model import Presence
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person, ScriptedChannel
from tests.unit.acd.floor import EPOCH, RULES, Floor, agent

OWED = replace(RULES, dispose=True)
TALKS = Person(answers_after=2)
"""Talks for a minute: until the clock shows 62; the wrap-up is over at 77."""


def floors(story, *, rules=OWED, board=None):
    """Run *story* on a floor with the agents 1001 and 1002, who talk."""
    board = board or MemoryBoard([agent("1001"), agent("1002")])
    people = {f"PJSIP/{number}": TALKS for number in ("1001", "1002")}

    async def main():
        floor = Floor((), people, board=board, rules=rules)
        async with floor.open():
            result = await story(floor)
        await floor.must_be_clean()
        return floor, result

    return clock.run(main())


def caller(id="c1"):
    return ScriptedChannel(id=id)


async def at(seconds):
    await asyncio.sleep(max(0.0, seconds - asyncio.get_running_loop().time()))


def said(floor):
    return [
        (f.at - EPOCH, f.call, f.queue, f.offer, f.disposition, f.by)
        for f in floor.facts
        if f.kind == "Disposed"
    ]


def works(floor, number="1001"):
    return next(a.work for a in floor.desk.state().agents if a.number == number)


def test_the_wrap_up_waits_for_the_disposition_and_ends_with_it():
    async def story(floor):
        await floor.call(caller())
        await at(200)
        seen = [works(floor), floor.desk.agents["1001"].owes]
        await floor.desk.dispose("1001", "solved")
        return [*seen, works(floor), floor.desk.agents["1001"].free_at - EPOCH]

    floor, seen = floors(story)

    assert seen == ["wrap-up", True, "idle", 200]
    assert said(floor) == [(200, "c1", "sales", "offer1", "solved", "1001")]


def test_said_soon_the_wrap_up_ends_when_it_would_have():
    async def story(floor):
        await floor.call(caller())
        await at(65)
        await floor.desk.dispose("1001", "solved", by="2001")
        return works(floor), floor.desk.agents["1001"].free_at - EPOCH

    floor, seen = floors(story)

    assert seen == ("wrap-up", 77)
    assert said(floor)[0][-1] == "2001"


def test_said_during_the_talk_nothing_is_owed_after_it():
    async def story(floor):
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller()))
            await at(30)
            await floor.desk.dispose("1001", "solved")
        return floor.desk.agents["1001"].free_at - EPOCH

    assert floors(story)[1] == 77


def test_who_owes_one_gets_no_call_and_can_neither_be_ready_nor_end_the_wrap_up():
    async def story(floor):
        await floor.call(caller())
        await at(100)
        with pytest.raises(DispositionOwed, match="1001 must first say"):
            await floor.desk.ready("1001")
        with pytest.raises(DispositionOwed):
            await floor.desk.wrap_up("1001", EPOCH)
        return await floor.call(caller("c2"))

    assert floors(story)[1] == "talked to 1002"


def test_a_supervisor_frees_one_all_the_same():
    async def story(floor):
        await floor.call(caller())
        await at(100)
        freed = await floor.desk.free("1001", by="2001")
        return freed, works(floor)

    assert floors(story)[1] == ("wrap-up", "idle")


def test_where_none_is_required_one_may_be_said_and_the_last_one_counts():
    async def story(floor):
        await floor.call(caller())
        await floor.desk.dispose("1001", "complaint")
        await at(300)
        await floor.desk.dispose("1001", "solved")
        return works(floor)

    floor, seen = floors(story, rules=RULES)

    assert seen == "idle"
    assert [row[4] for row in said(floor)] == ["complaint", "solved"]


def test_who_never_talked_has_nothing_to_say():
    async def story(floor):
        with pytest.raises(NothingToDispose, match="1002 has had no talk"):
            await floor.desk.dispose("1002", "solved")

    floors(story)


def test_what_is_owed_is_owed_after_a_restart_and_said_of_the_same_talk():
    board = MemoryBoard([agent("1001"), agent("1002", presence=Presence.NOT_READY)])

    async def first(floor):
        await floor.call(caller())

    async def second(floor):
        await at(100)
        owed = floor.desk.agents["1001"]
        await floor.desk.dispose("1001", "solved")
        return owed.free_at, owed.work.value, works(floor)

    floors(first, board=board)
    floor, seen = floors(second, board=board)

    assert seen == (math.inf, "wrap-up", "idle")
    assert [row[1:5] for row in said(floor)] == [("c1", "sales", "offer1", "solved")]


def test_of_a_call_in_which_nobody_was_served_nothing_is_owed():
    async def story(floor):
        waiting = floor.waiting("c1", item="callback")
        line = floor.desk.line(waiting)
        async with line as place, place.agent(floor.switch) as talk:
            talk.wrap_up = 0.0  # the customer was not reached
        return floor.desk.agents["1001"].owes

    assert floors(story)[1] is False


def test_the_time_until_it_is_said_counts_as_work_like_any_wrap_up():
    async def story(floor):
        await floor.call(caller())  # from 2 to 62
        owing = floor.desk.agents["1001"].busy
        await at(200)
        await floor.desk.dispose("1001", "solved")
        return owing, floor.desk.agents["1001"].busy

    assert floors(story)[1] == (60, 60 + 138)
