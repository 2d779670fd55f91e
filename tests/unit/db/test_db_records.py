import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from ivrflow.db.history import History
from ivrflow.db.records import Records
from ivrflow.facts import (
    CallEnded,
    CallStarted,
    Connected,
    Decided,
    Fact,
    Said,
    StepEntered,
    StepFailed,
)
from tests.unit.db.tables_made import database_in


@pytest.fixture
async def database(tmp_path):
    async with database_in(tmp_path, limit=0.5) as database:
        yield database


@pytest.fixture
async def patient(tmp_path):
    """One that is given all the time it needs: what is tried is not how long."""
    async with database_in(tmp_path, limit=30.0) as database:
        yield database


def started(call="17.1", at=100.0, **more):
    given = {
        "caller": "13800138000",
        "dialled": "12313",
        "flow": "hotline",
        "version": "abc",
    }
    return CallStarted(at=at, call=call, **given | more)


def entered(number, step, call="17.1", at=101.0):
    return StepEntered(
        at=at,
        call=call,
        flow="hotline",
        step=step,
        verb="menu",
        place="hotline.yaml:7",
        number=number,
    )


def decided(step, outcome, target="x", call="17.1"):
    return Decided(
        at=102.0, call=call, step=step, outcome=outcome, target=target, why="key 1"
    )


def ended(call="17.1", at=130.0):
    return CallEnded(
        at=at, call=call, by="caller", cause=16, flow="hotline", step="menu", seconds=30
    )


def said(n):
    return Said(at=1.0, call="17.1", prompt=str(n), words="hello", language="en")


async def nothing(records):
    return records.waiting == 0


async def until(seen):
    while not await seen():
        await asyncio.sleep(0.01)


async def test_a_call_is_told_by_its_facts(database):
    records, history = Records(database), History(database)
    for fact in (
        started(),
        entered(1, "menu"),
        decided("menu", "1", "balance"),
        entered(2, "balance"),
        StepFailed(at=3, call="17.1", step="balance", place="x:1", error="db away"),
        entered(3, "menu"),
        Connected(
            at=9, call="17.1", queue="service", agent="1003", offer="o", waited=4
        ),
    ):
        records.note(fact)
    await records.flush()

    call = await history.call("17.1")
    assert (call.caller, call.started, call.ended) == ("13800138000", 100.0, None)
    assert call.agent == "1003"
    steps = [(s.number, s.step, s.outcome, s.why) for s in await history.steps("17.1")]
    assert steps == [
        (1, "menu", "1", "key 1"),
        (2, "balance", "error", "db away"),
        (3, "menu", None, None),
    ]

    records.note(decided("menu", "failed"))
    records.note(ended())
    await records.flush()
    call = await history.call("17.1")
    assert (call.ended, call.by, call.cause, call.last_step) == (
        130.0,
        "caller",
        16,
        "menu",
    )
    assert [s.outcome for s in await history.steps("17.1")] == ["1", "error", "failed"]
    kinds = [fact.kind for fact in await history.facts("17.1")]
    assert kinds[0] == "CallStarted"
    assert kinds[-1] == "CallEnded"
    assert len(kinds) == 9


async def test_the_newest_calls_come_first_and_never_too_many(database):
    records, history = Records(database), History(database)
    for n in range(5):
        records.note(started(f"17.{n}", at=100.0 + n))
    await records.flush()

    assert [c.id for c in await history.calls(2)] == ["17.4", "17.3"]
    assert await history.calls(-1) == []
    assert await history.call("18.1") is None


async def test_noted_facts_are_written_by_themselves(database):
    records, history = Records(database), History(database)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(records.run())
        records.note(started())
        await until(history.calls)
        task.cancel()


async def test_a_stop_writes_what_is_there(database):
    records, history = Records(database), History(database)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(records.run())
        await asyncio.sleep(0)
        for n in range(1200):
            records.note(started(f"17.{n}"))
        task.cancel()

    assert len(await history.calls(10_000)) == 1000  # as many as one question gives
    assert records.waiting == 0


@pytest.mark.parametrize("after", [n / 200 for n in range(10, 30, 2)])
async def test_a_stop_in_the_middle_of_a_write_writes_nothing_twice(patient, after):
    database = patient
    records, history = Records(database), History(database)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(records.run())
        for n in range(300):
            records.note(said(n))
        await asyncio.sleep(after)
        task.cancel()

    found = [fact.data["prompt"] for fact in await history.facts("17.1")]
    assert found == [str(n) for n in range(300)]


async def test_facts_wait_while_the_database_is_away(database, tmp_path, caplog):
    records, history = Records(database), History(database)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        task = group.create_task(records.run())
        with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as other:
            other.isolation_level = None
            other.execute("BEGIN EXCLUSIVE")
            records.note(started())
            await asyncio.sleep(0.8)
            records.note(ended())
            assert records.waiting == 2
            other.execute("ROLLBACK")
        await until(lambda: nothing(records))
        task.cancel()

    assert [c.ended for c in await history.calls()] == [130.0]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2  # that it is away, and that it is back: once each
    assert "facts wait" in told[0]
    assert "is back" in told[1]


async def test_when_there_is_no_room_sentences_are_dropped_first(database, caplog):
    records = Records(database, room=100)
    for n in range(100):
        records.note(said(n))
    assert (records.waiting, records.dropped) == (75, 25)

    for n in range(100):
        records.note(started(f"17.{n}"))
    assert (records.waiting, records.dropped) == (100, 100)
    assert "facts lost" in caplog.text
    assert len(caplog.records) <= 8
    caplog.clear()


@dataclass(frozen=True, kw_only=True, slots=True)
class Odd(Fact):
    value: Any


def nested(deep):
    value = []
    for _ in range(deep):
        value = [value]
    return value


class NoText:
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    "value",
    [
        "\ud800",
        "a\0b",
        float("nan"),
        object(),
        {1: {2}},
        b"x",
        "x" * 100_000,
        10**40,
        nested(2000),
    ],
)
async def test_an_odd_value_stops_no_other_fact(database, value):
    records, history = Records(database), History(database)
    records.note(Odd(at=1, call="17.1", value=value))
    records.note(started())
    await records.flush()

    assert [f.kind for f in await history.facts("17.1")] == ["Odd", "CallStarted"]


async def test_a_fact_that_the_database_refuses_is_dropped_alone(database, caplog):
    records, history = Records(database), History(database)
    records.note(started(flow=None))  # NOT NULL
    records.note(started("17.2"))
    await records.flush()

    assert [call.id for call in await history.calls()] == ["17.2"]
    assert (records.waiting, records.dropped) == (0, 1)
    caplog.clear()


@pytest.mark.parametrize("value", [NoText(), 10**5000], ids=["no text", "huge"])
async def test_a_fact_that_can_not_be_written_holds_up_no_other(
    database, caplog, value
):
    records, history = Records(database), History(database)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(records.run())
        records.note(Odd(at=1, call="17.1", value=value))
        records.note(started("17.2"))
        await until(history.calls)
        task.cancel()

    assert records.dropped == 1
    assert [call.id for call in await history.calls()] == ["17.2"]
    caplog.clear()


async def test_a_call_that_is_told_twice_is_there_once(database):
    records, history = Records(database), History(database)
    for _ in range(2):
        records.note(started())
        records.note(entered(1, "menu"))
        await records.flush()

    assert len(await history.calls()) == 1
    assert len(await history.steps("17.1")) == 1
