"""Whole transactions in one thread: `Database.write_at_once`."""

import asyncio
import sqlite3
import threading
import time
from contextlib import closing, suppress

import pytest
from sqlalchemy import func, insert, select, text

from ivrflow.db.engine import Database, Refused
from ivrflow.db.tables import mailboxes, metadata
from ivrflow.flow.world import Trouble

ENDLESS = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT max(i) FROM n"
)


@pytest.fixture
async def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield database
    await database.close()


@pytest.fixture
async def hasty(database, tmp_path):
    """The same database, by one who does not wait long."""
    hasty = Database(f"sqlite:///{tmp_path}/ivrflow.db", limit=0.4)
    yield hasty
    await hasty.close()


def add(*names):
    def work(db):
        for name in names:
            db.execute(insert(mailboxes).values(name=name))
        return len(names)

    return work


async def names(database):
    async def work(db):
        return list(await db.scalars(select(mailboxes.c.name)))

    return sorted(await database.read(work))


async def test_a_transaction_is_done_and_answers(database):
    assert await database.write_at_once(add("a", "b")) == 2
    assert await names(database) == ["a", "b"]


async def test_a_transaction_that_fails_leaves_nothing_and_harms_no_other(database):
    await database.write_at_once(add("a"))
    with pytest.raises(Refused):
        await database.write_at_once(add("b", "a"))
    with pytest.raises(ZeroDivisionError):
        await database.write_at_once(lambda db: (add("c")(db), 1 / 0))

    await database.write_at_once(add("d"))
    assert await names(database) == ["a", "d"]


async def test_a_database_that_another_program_locks_is_trouble_in_time(
    hasty, database, tmp_path
):
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        began = asyncio.get_running_loop().time()
        with pytest.raises(Trouble, match=r"locked.*fuser"):
            await hasty.write_at_once(add("a"))
        assert asyncio.get_running_loop().time() - began < 2
        other.execute("ROLLBACK")

    await database.write_at_once(add("a"))
    assert await names(database) == ["a"]


async def test_a_statement_that_takes_too_long_is_ended(hasty, database):
    def endless(db):
        add("a")(db)
        db.execute(ENDLESS)

    with pytest.raises(Trouble, match="did not answer in time"):
        await hasty.write_at_once(endless)
    await database.write_at_once(add("b"))
    assert await names(database) == ["b"]


@pytest.mark.parametrize("after", [0, 0.001, 0.01, 0.03])
async def test_one_that_is_cancelled_is_done_whole_or_not_at_all(database, after):
    def slowly(db):
        add("a")(db)
        time.sleep(0.02)
        add("b")(db)

    task = asyncio.get_running_loop().create_task(database.write_at_once(slowly))
    await asyncio.sleep(after)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert await names(database) in ([], ["a", "b"])
    await database.write_at_once(add("c"))


async def test_both_ways_to_write_wait_for_each_other(database):
    async def usual(name):
        async def work(db):
            await db.run_sync(add(name))

        await database.write(work)

    async with asyncio.TaskGroup() as group:
        for n in range(40):
            way = (
                usual(f"{n:02d}") if n % 2 else database.write_at_once(add(f"{n:02d}"))
            )
            group.create_task(way)
    assert len(await names(database)) == 40


async def test_a_read_that_takes_long_keeps_nobody_from_writing(database):
    begun, written = threading.Event(), threading.Event()

    def read(db):
        before = db.scalar(select(func.count()).select_from(mailboxes))
        begun.set()
        assert written.wait(5)
        return before

    reading = asyncio.get_running_loop().create_task(database.read_at_once(read))
    await asyncio.to_thread(begun.wait, 5)
    await database.write_at_once(add("a"))
    written.set()

    assert await reading == 0
    assert await names(database) == ["a"]
