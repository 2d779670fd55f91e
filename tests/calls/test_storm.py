"""Hang-up and shutdown at every possible moment, once and twice; and a whole hour.

Whatever happens: no agent stuck, no queue entry, no leg, no bridge.
"""

import asyncio
import random
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.model import Presence, need
from ivrflow.db.board import SqlBoard
from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person, ScriptedChannel
from ivrflow.telephony.channel import Unreached
from tests.unit.acd.floor import RULES, BadBoard, Floor, agent

TENTHS = [t / 10 for t in range(180)]
"""Joins at 1, an agent answers at 3 and talks until 13; a slow board adds a little."""


def after(cancel_at=(), hangs_up_at=None, keys=None, slow=0.3, away=()):
    """One call, with trouble; return the floor afterwards, which is clean."""

    async def main():
        board = BadBoard([agent("1001")], slow=slow, away=away)
        people = {"PJSIP/1001": Person(answers_after=2, talks_for=10)}
        floor = Floor([], people, board=board)
        floor.switch.slow = slow
        loop = asyncio.get_running_loop()
        async with floor.open():
            caller = ScriptedChannel(keys=keys, hangs_up_at=hangs_up_at)

            async def call():
                await asyncio.sleep(1)
                await floor.call(caller)

            async with asyncio.TaskGroup() as calls:
                task = calls.create_task(call())
                for t in cancel_at:
                    loop.call_at(t, task.cancel)
            if away:
                await asyncio.sleep(20)  # what is owed is written when it is back
        await floor.must_be_clean()
        [ann] = await board.agents()
        assert ann.presence is Presence.READY
        return floor

    return clock.run(main())


def test_left_alone_the_call_talks():
    floor = after()

    assert [f.kind for f in floor.facts] == [
        "CallerQueued",
        "AgentOffered",
        "Connected",
        "AgentChanged",
        "TalkEnded",
        "AgentChanged",
    ]


@pytest.mark.parametrize("slow", [0.0, 0.3])
def test_hang_up_at_any_moment(slow):
    for at in TENTHS:
        after(hangs_up_at=at, slow=slow)


@pytest.mark.parametrize("slow", [0.0, 0.3])
def test_shutdown_at_any_moment(slow):
    for at in TENTHS:
        after([at], slow=slow)


@pytest.mark.parametrize("gap", [0.0, 0.05, 0.2, 0.4])
def test_hang_up_then_shutdown(gap):
    for at in TENTHS:
        after([at + gap], hangs_up_at=at)


def test_impatient_shutdown():
    for at in TENTHS:
        after([at, at + 0.1, at + 0.25])


@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_a_key_that_leads_elsewhere_then_a_hang_up(gap):
    for at in TENTHS:
        after(keys={at: "1"}, hangs_up_at=at + gap)


def test_hang_up_at_any_moment_while_the_board_is_away():
    for at in TENTHS[::3]:
        after(hangs_up_at=at, slow=0.1, away=[(at - 1, at + 2), (at + 3, at + 4)])


# An hour ------------------------------------------------------------------------------


def an_hour(seed):
    """300 callers and 5 agents of all tempers; return the facts and how calls ended."""
    chance = random.Random(seed)

    def temper():
        kind = chance.random()
        if kind < 0.1:
            return Person(answers_after=None)
        if kind < 0.2:
            return Person(refuses=chance.choice(list(Unreached)))
        return Person(
            answers_after=chance.uniform(0, 19), talks_for=chance.uniform(5, 90)
        )

    people = {f"PJSIP/{n}": temper() for n in range(5)}
    agents = [
        agent(str(n), skills={s: chance.randint(0, 3) for s in ("zh", "en")})
        for n in range(5)
    ]
    begin = chance.uniform(0, 3000)
    board = BadBoard(
        agents, slow=chance.choice([0, 0, 0.2]), away=[(begin, begin + 60)]
    )

    async def main():
        floor = Floor([], people, board=board)
        loop = asyncio.get_running_loop()

        async def caller(n):
            await asyncio.sleep(n * 12)
            at, kind = loop.time(), chance.random()
            channel = ScriptedChannel(
                id=f"c{n}",
                hangs_up_at=at + chance.uniform(0, 200) if kind < 0.4 else None,
                keys={at + chance.uniform(0, 200): "1"} if kind > 0.8 else None,
            )
            return await floor.call(
                channel,
                need=need({chance.choice(["zh", "en"]): chance.randint(0, 2)}),
                priority=float(chance.randint(0, 1)),
            )

        async def moods():
            """Agents come, go, and get ready again after they did not answer."""
            while True:
                await asyncio.sleep(chance.uniform(5, 40))
                number = str(chance.randrange(5))
                people[f"PJSIP/{number}"] = temper()
                for act in chance.choice(
                    [(floor.desk.ready,)] * 4
                    + [(floor.desk.not_ready,), (floor.desk.sign_out, floor.desk.ready)]
                ):
                    with suppress(BoardAway):
                        await act(number)

        async with floor.open(), asyncio.TaskGroup() as group:
            mood = group.create_task(moods())
            async with asyncio.TaskGroup() as calls:
                made = [calls.create_task(caller(n)) for n in range(300)]
            mood.cancel()
        await floor.must_be_clean()
        assert loop.time() > 3500
        return floor.facts, [m.result() for m in made]

    return clock.run(main())


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32))
@example(1)
def test_an_hour_with_300_callers_and_5_agents(seed):
    facts, endings = an_hour(seed)

    kinds = defaultdict(Counter)
    for fact in facts:
        if fact.call:
            kinds[fact.call][fact.kind] += 1
    for call, seen in kinds.items():
        # Each caller has one final place, and each offer one end.
        assert seen["Connected"] + seen["LeftQueue"] == 1, (call, seen)
        assert seen["AgentOffered"] == seen["OfferEnded"] + seen["TalkEnded"]
        assert seen["Connected"] == seen["TalkEnded"]
    assert sum(e.startswith("talked") for e in endings) > 20

    busy = {}
    for fact in facts:
        if fact.kind == "AgentOffered":
            assert fact.agent not in busy
            busy[fact.agent] = fact.offer
        elif fact.kind in ("OfferEnded", "TalkEnded"):
            assert busy.pop(fact.agent) == fact.offer
    assert busy == {}


# A database ---------------------------------------------------------------------------


async def test_forty_callers_on_sqlite_leave_nothing_behind(tmp_path):
    """On the real clock, with people who talk fast and callers who hang up early."""
    chance = random.Random(1)
    database = Database(f"sqlite:///{tmp_path}/board.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    board = SqlBoard(database)
    numbers = ["1001", "1002", "1003"]
    await board.enrol([agent(number) for number in numbers])
    people = {
        f"PJSIP/{number}": Person(answers_after=0.01, talks_for=0.03)
        for number in numbers
    }
    floor = Floor([], people, board=board, rules=replace(RULES, wrap_up=0.02))
    loop = asyncio.get_running_loop()

    async def caller(n):
        await asyncio.sleep(n * 0.02)
        early = loop.time() + chance.uniform(0, 0.1) if n % 4 == 0 else None
        return await floor.call(ScriptedChannel(id=f"c{n}", hangs_up_at=early))

    async with floor.open():
        for number in numbers:
            await floor.desk.ready(number)
        async with asyncio.TaskGroup() as calls:
            made = [calls.create_task(caller(n)) for n in range(40)]
    await floor.must_be_clean()
    await database.close()

    endings = Counter(m.result().split()[0] for m in made)
    assert endings["talked"] >= 30
    assert endings["talked"] + endings["hung"] == 40
