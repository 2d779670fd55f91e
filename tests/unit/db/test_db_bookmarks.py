"""Where calls are is durable with all that was noted before, and gone with the call."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing

import pytest

from ivrflow.db.bookmarks import Before, SqlBookmarks
from ivrflow.db.records import BATCH, PATIENCE, Records
from ivrflow.facts import CallEnded, CallResumed, CallStarted, Decided, StepEntered
from tests.unit.db.tables_made import database_in


@pytest.fixture
async def database(tmp_path):
    async with database_in(tmp_path, limit=30.0) as database:
        yield database


@pytest.fixture
async def records(database):
    records = Records(database)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(records.run())
        yield records
        task.cancel()


@asynccontextmanager
async def locked_by_another(tmp_path, *, limit):
    """Records that are written to a database that somebody else has locked, who too."""
    async with database_in(tmp_path, limit=limit) as database:
        records = Records(database)
        with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as other:
            other.execute("BEGIN EXCLUSIVE")
            async with asyncio.TaskGroup() as group:
                task = group.create_task(records.run())
                yield records, other
                task.cancel()


def rows(tmp_path, sql):
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        return db.execute(sql).fetchall()


def started(call="17.1", at=100.0):
    return CallStarted(
        at=at, call=call, caller="138", dialled="12313", flow="hotline", version="v1"
    )


def entered(number, step="menu", call="17.1"):
    return StepEntered(
        at=101.0,
        call=call,
        flow="hotline",
        step=step,
        verb="menu",
        place="hotline.yaml:7",
        number=number,
    )


def decided(target, step="menu", call="17.1"):
    return Decided(
        at=102.0, call=call, step=step, outcome="key 1", target=target, why="key 1"
    )


def ended(call="17.1", at=130.0, by="caller"):
    return CallEnded(
        at=at, call=call, by=by, cause=16, flow="hotline", step="menu", seconds=30
    )


async def test_bookmark_is_durable_when_keep_returns_and_so_is_all_before(
    tmp_path, records
):
    records.note(started())
    records.note(entered(1))
    await records.keep("17.1", 1, "here", 3)

    assert rows(tmp_path, "SELECT call, number, mark, text FROM call_bookmarks") == [
        ("17.1", 1, 3, "here")
    ]
    assert rows(tmp_path, "SELECT kind FROM facts") == [
        ("CallStarted",),
        ("StepEntered",),
    ]


async def test_a_call_has_one_bookmark_the_last(tmp_path, records):
    for number in range(1, 6):
        await records.keep("17.1", number, f"step {number}")

    assert rows(tmp_path, "SELECT number, text FROM call_bookmarks") == [(5, "step 5")]


async def test_bookmark_goes_with_the_call(tmp_path, database, records):
    records.note(started())
    await records.keep("17.1", 1, "here")
    await records.keep("17.2", 1, "there")
    records.note(ended())

    assert await records.durable(5.0)
    assert rows(tmp_path, "SELECT call FROM call_bookmarks") == [("17.2",)]
    assert await SqlBookmarks(records, database).of(["17.1", "17.2"]) == {
        "17.2": "there"
    }


async def test_many_callers_wait_for_one_transaction(tmp_path, records):
    async with asyncio.TaskGroup() as group:
        for n in range(100):
            group.create_task(records.keep(f"17.{n}", 1, "here"))

    assert rows(tmp_path, "SELECT count(*) FROM call_bookmarks") == [(100,)]


async def test_caller_does_not_wait_for_a_database_that_is_away(tmp_path):
    loop = asyncio.get_running_loop()
    async with locked_by_another(tmp_path, limit=0.05) as (records, other):
        began = loop.time()
        await records.keep("17.1", 1, "first")
        waited = loop.time() - began
        while not records.away:
            await asyncio.sleep(0.01)
        began = loop.time()
        for number in range(2, 50):
            await records.keep("17.1", number, f"step {number}")
        at_once = loop.time() - began
        other.rollback()
        while records.away or records.waiting:
            await asyncio.sleep(0.01)

    assert waited < PATIENCE * 2
    assert at_once < PATIENCE
    assert rows(tmp_path, "SELECT number, text FROM call_bookmarks") == [
        (49, "step 49")
    ]


async def test_one_caller_waits_for_a_slow_database_and_no_other(tmp_path):
    loop = asyncio.get_running_loop()
    async with locked_by_another(tmp_path, limit=30) as (records, other):
        await records.keep("17.1", 1, "first")
        began = loop.time()
        for number in range(2, 50):
            await records.keep("17.1", number, f"step {number}")
        at_once = loop.time() - began
        assert not records.away
        other.rollback()
        while records.waiting:
            await asyncio.sleep(0.01)
        await records.keep("17.1", 50, "healthy again")

    assert at_once < PATIENCE * 4
    assert rows(tmp_path, "SELECT number FROM call_bookmarks") == [(50,)]


async def test_a_decision_and_the_place_to_which_it_led_are_never_parted(database):
    records = Records(database)

    for n in range(BATCH - 1):
        records.note(started(f"18.{n}"))
    records.note(decided("agent"))  # the last that has room in one batch
    records.note(entered(2, "agent"))
    keeping = asyncio.get_running_loop().create_task(records.keep("17.1", 2, "two"))
    await asyncio.sleep(0)
    batch = records._next_batch()
    await records.flush()
    await keeping

    assert len(batch) == BATCH + 2


async def test_first_decision_of_a_step_counts(tmp_path, records):
    records.note(started())
    records.note(entered(1))
    records.note(decided("agent"))
    await records.durable(5.0)
    records.note(
        CallResumed(at=110.0, call="17.1", flow="hotline", step="menu", number=1)
    )
    records.note(decided("goodbye"))
    await records.durable(5.0)

    assert rows(tmp_path, "SELECT number, target FROM steps") == [(1, "agent")]


async def test_call_that_comes_back_after_its_end_is_open_again(tmp_path, records):
    records.note(started())
    records.note(ended())
    await records.durable(5.0)
    records.note(CallResumed(at=140.0, call="17.1", flow="hotline", step="q", number=3))
    await records.durable(5.0)

    assert rows(tmp_path, "SELECT ended, by, cause FROM calls") == [(None, None, None)]


async def test_calls_that_are_open_are_found_with_their_bookmarks(database, records):
    bookmarks = SqlBookmarks(records, database)
    records.note(started("17.1"))
    records.note(started("17.2", at=101.0))
    records.note(started("17.3", at=102.0))
    await records.keep("17.2", 1, "here")
    records.note(ended("17.1"))
    await records.durable(5.0)

    found = await bookmarks.open()

    assert [(c.call, c.flow, c.bookmark) for c in found.calls.values()] == [
        ("17.2", "hotline", "here"),
        ("17.3", "hotline", ""),
    ]
    assert found.bookmarks == {"17.2": "here"}


async def test_last_time_that_a_service_was_alive_is_known(database, records):
    bookmarks = SqlBookmarks(records, database)
    assert await bookmarks.before("ivrflow") == Before()

    records.note(started(at=100.0))
    await records.durable(5.0)
    assert await bookmarks.before("ivrflow") == Before(alive=100.0)

    await bookmarks.seen("ivrflow", "2026-11-22T10:00:00", 120.0)
    await bookmarks.seen("ivrflow", "2026-11-22T11:00:00", 125.0)

    assert await bookmarks.before("ivrflow") == Before(
        startup_time="2026-11-22T11:00:00", alive=125.0
    )
    assert await bookmarks.before("another") == Before(alive=100.0)


async def test_records_that_have_ended_keep_nobody_waiting(database):
    records = Records(database)
    task = asyncio.get_running_loop().create_task(records.run())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    loop = asyncio.get_running_loop()
    records.note(started())
    began = loop.time()

    assert not await records.durable(30.0)
    assert loop.time() - began < 1.0


async def test_a_database_that_does_not_answer_is_known_to_stall(monkeypatch):
    answers = asyncio.Event()

    class Hangs:
        async def write_at_once(self, work):
            await answers.wait()

    monkeypatch.setattr("ivrflow.db.records.PATIENCE", 0.05)
    records = Records(Hangs())
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(records.run())
        await records.keep("17.1", 1, "one")
        assert records.stalls
        began = asyncio.get_running_loop().time()
        for number in range(2, 100):
            await records.keep("17.1", number, "more")
        assert asyncio.get_running_loop().time() - began < 1.0
        answers.set()
        assert await records.durable(2.0)
        assert not records.stalls
        task.cancel()


async def test_a_database_that_is_busy_with_others_is_not_taken_for_one_that_hangs(
    monkeypatch,
):
    class Busy:
        async def write_at_once(self, work):
            await asyncio.sleep(0.04)

    monkeypatch.setattr("ivrflow.db.records.PATIENCE", 0.1)
    monkeypatch.setattr("ivrflow.db.records.BATCH", 1)
    records = Records(Busy())
    for number in range(20):
        records.note(started(f"18.{number}"))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(records.run())
        await records.keep("17.1", 1, "waits in vain behind twenty others")
        assert not records.stalls
        task.cancel()
