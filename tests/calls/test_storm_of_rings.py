"""Three phones ring for one caller, and everything ends at any moment.

As `test_storm` for one phone: nobody stuck, no leg, no bridge, one talk at most.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import text

from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.model import Presence
from ivrflow.db.board import SqlBoard
from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person, ScriptedChannel
from ivrflow.telephony.channel import Unreached
from tests.unit.acd.floor import RULES, BadBoard, Floor, agent

NUMBERS = ("1001", "1002", "1003")
ALL = replace(RULES, choose="ring_all", ring=4, accept_within=2)
BY_AND_BY = replace(ALL, choose="ring_progressively", ring_next=1)
TENTHS = [t / 10 for t in range(110)]
"""Joins at 1; one lets it ring, one must press 1 from 2 on, one answers at 3 and talks
until 8, and each act of the board and of the switch takes a while."""


def after(rules, cancel_at=(), hangs_up_at=None, slow=0.2, answers=2.0):
    async def main():
        board = BadBoard(
            [agent("1001"), agent("1002", confirm=True), agent("1003")], slow=slow
        )
        people = {
            "PJSIP/1001": Person(answers_after=None),
            "PJSIP/1002": Person(answers_after=1, talks_for=10),
            "PJSIP/1003": Person(answers_after=answers, talks_for=5),
        }
        floor = Floor([], people, board=board, rules=rules)
        floor.switch.slow = slow
        loop = asyncio.get_running_loop()
        async with floor.open():
            caller = ScriptedChannel(hangs_up_at=hangs_up_at)

            async def call():
                await asyncio.sleep(1)
                await floor.call(caller)

            async with asyncio.TaskGroup() as calls:
                task = calls.create_task(call())
                for t in cancel_at:
                    loop.call_at(t, task.cancel)
        await floor.must_be_clean()
        fits(floor)

    clock.run(main())


def fits(floor):
    """Each offer that rang has one end, and no call two talks at once."""
    open_offers, talking = {}, {}
    for fact in floor.facts:
        match fact.kind:
            case "AgentOffered":
                assert fact.agent not in open_offers
                open_offers[fact.agent] = fact.offer
            case "Connected":
                assert fact.call not in talking
                talking[fact.call] = fact.offer
            case "OfferEnded":
                assert open_offers.pop(fact.agent) == fact.offer
            case "TalkEnded":
                assert open_offers.pop(fact.agent) == fact.offer
                assert talking.pop(fact.call) == fact.offer
    assert open_offers == talking == {}


@pytest.mark.parametrize("rules", [ALL, BY_AND_BY], ids=lambda rules: rules.choose)
def test_hang_up_at_any_moment_of_a_round(rules):
    for at in TENTHS:
        after(rules, hangs_up_at=at)


def test_shutdown_at_any_moment_of_a_round():
    for at in TENTHS:
        after(ALL, [at])
        after(ALL, [at], slow=0)


def test_hang_up_then_shutdown_twice_in_a_round():
    for at in TENTHS[::2]:
        after(ALL, [at + 0.1, at + 0.2], hangs_up_at=at)


def test_all_answer_at_about_one_moment():
    for tenth in range(30):
        after(BY_AND_BY, answers=tenth / 10)
        after(ALL, answers=1 + tenth / 100, slow=0)


@pytest.mark.parametrize("seed", range(6))
def test_a_quarter_of_an_hour_of_rounds(seed):
    chance = random.Random(seed)

    def temper():
        kind = chance.random()
        if kind < 0.15:
            return Person(answers_after=None)
        if kind < 0.3:
            return Person(refuses=chance.choice(list(Unreached)))
        return Person(
            answers_after=chance.choice([0.0, 1.0, 1.0, 3.0]),
            talks_for=chance.uniform(1, 30),
        )

    people = {f"PJSIP/{n}": temper() for n in NUMBERS}
    agents = [agent(n, confirm=chance.random() < 0.2) for n in NUMBERS]
    board = BadBoard(agents, slow=chance.choice([0, 0.2]), away=[(300, 330)])
    rules = chance.choice([ALL, BY_AND_BY])

    async def main():
        floor = Floor([], people, board=board, rules=replace(rules, wrap_up=3))
        loop = asyncio.get_running_loop()

        async def caller(n):
            await asyncio.sleep(n * 9)
            patience = chance.uniform(0, 60) if chance.random() < 0.4 else 900
            return await floor.call(
                ScriptedChannel(id=f"c{n}", hangs_up_at=loop.time() + patience),
                max_wait=300,
            )

        async def moods():
            while True:
                await asyncio.sleep(chance.uniform(1, 15))
                number = chance.choice(NUMBERS)
                people[f"PJSIP/{number}"] = temper()
                desk = floor.desk
                act = chance.choice(
                    [desk.ready, desk.ready, desk.ready, desk.not_ready]
                )
                with suppress(BoardAway):
                    await act(number)
                    if chance.random() < 0.1:
                        await desk.free(number, by="9")
                    if chance.random() < 0.2:
                        desk.phone(number, chance.random() < 0.3, "INUSE")

        async with floor.open(), asyncio.TaskGroup() as group:
            mood = group.create_task(moods())
            async with asyncio.TaskGroup() as calls:
                made = [calls.create_task(caller(n)) for n in range(100)]
            mood.cancel()
        await floor.must_be_clean()
        fits(floor)
        assert {a.presence for a in await board.agents()} <= set(Presence)
        return sum(m.result().startswith("talked") for m in made)

    assert clock.run(main()) > 10


async def test_thirty_callers_for_whom_all_phones_ring_on_sqlite(tmp_path):
    """On the real clock; the database itself counts who talked with whom."""
    database = Database(f"sqlite:///{tmp_path}/board.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    board = SqlBoard(database)
    await board.enrol([agent(number) for number in NUMBERS])
    people = {
        f"PJSIP/{number}": Person(answers_after=0.01, talks_for=0.02)
        for number in NUMBERS
    }
    rules = replace(ALL, wrap_up=0.01)
    floor = Floor([], people, board=board, rules=rules)
    loop = asyncio.get_running_loop()

    async def caller(n):
        await asyncio.sleep(n * 0.02)
        early = loop.time() + (n % 4) * 0.01 if n % 3 == 0 else None
        return await floor.call(ScriptedChannel(id=f"c{n}", hangs_up_at=early))

    async with floor.open():
        for number in NUMBERS:
            await floor.desk.ready(number)
        async with asyncio.TaskGroup() as calls:
            made = [calls.create_task(caller(n)) for n in range(30)]
    await floor.must_be_clean()
    fits(floor)
    talked = text(
        "SELECT count(*), count(DISTINCT call) FROM offers WHERE how='talked'"
    )

    async def count(db):
        return tuple((await db.execute(talked)).one())

    talks, served = await database.read(count)
    counted = sum(a.calls for a in await board.agents())
    await database.close()
    ended = sum(m.result().startswith("talked") for m in made)
    assert talks == served == counted >= ended >= 20
