import asyncio
import logging
import sqlite3
from contextlib import closing, suppress

import pytest
from sqlalchemy import insert, select, text

from ivrflow.db.engine import BadDatabase, Database, Refused, database_url
from ivrflow.db.tables import mailboxes, messages, metadata
from ivrflow.flow.world import Trouble


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
    await names(hasty)
    yield hasty
    await hasty.close()


def add(name):
    return lambda db: db.execute(insert(mailboxes).values(name=name))


async def names(database):
    async def work(db):
        return list(await db.scalars(select(mailboxes.c.name)))

    return sorted(await database.read(work))


# What it does with the world's failures -----------------------------------------------


async def test_a_database_that_another_program_locks_is_trouble_in_time(
    hasty, tmp_path
):
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        began = asyncio.get_running_loop().time()
        with pytest.raises(Trouble, match=r"locked.*fuser"):
            await hasty.write(add("a"))
        assert asyncio.get_running_loop().time() - began < 2
        other.execute("ROLLBACK")

    await hasty.write(add("a"))
    assert await names(hasty) == ["a"]


async def test_all_who_wait_for_a_locked_database_are_told_within_the_limit(
    hasty, tmp_path
):
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        began = asyncio.get_running_loop().time()
        told = await asyncio.gather(
            *(hasty.write(add(str(n))) for n in range(10)), return_exceptions=True
        )
        took = asyncio.get_running_loop().time() - began

    assert all(isinstance(error, Trouble) for error in told)
    assert took < 2


async def test_a_folder_that_is_not_there_is_trouble_with_a_cure(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/nowhere/ivrflow.db")
    with pytest.raises(Trouble, match="check the path"):
        await names(database)
    await database.close()


async def test_a_database_without_tables_is_trouble_with_a_cure(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(Trouble, match="ivrflow db upgrade"):
        await names(database)
    await database.close()


async def test_a_file_that_is_no_database_is_trouble(tmp_path):
    (tmp_path / "text.db").write_text("this is no database at all, it is a text\n" * 99)
    database = Database(f"sqlite:///{tmp_path}/text.db")
    with pytest.raises(Trouble, match="no SQLite database"):
        await names(database)
    await database.close()


async def test_a_full_disk_is_trouble_and_harms_nothing(database):
    async def fill(db):
        # The file may not grow beyond what it has: to SQLite a full disk.
        pages = await db.scalar(text("PRAGMA page_count"))
        await db.execute(text(f"PRAGMA max_page_count = {pages}"))
        await db.execute(insert(mailboxes).values(name="x" * 100_000))

    with pytest.raises(Trouble, match="make room"):
        await database.write(fill)

    async def check(db):
        return await db.scalar(text("PRAGMA integrity_check"))

    assert await database.read(check) == "ok"


async def test_what_the_database_does_not_take_is_refused_and_not_quoted(database):
    await database.write(add("secret-name"))
    with pytest.raises(Refused) as refused:
        await database.write(add("secret-name"))

    assert "secret-name" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_foreign_keys_hold(database):
    row = {
        "id": "m1",
        "mailbox": "nowhere",
        "call": "1",
        "caller": "",
        "at": 0,
        "data": {},
        "state": "new",
        "urgent": False,
    }
    with pytest.raises(Refused):
        await database.write(lambda db: db.execute(insert(messages).values(row)))


async def test_a_statement_that_takes_too_long_is_ended(hasty):
    endless = text(
        "with recursive n(i) as (select 1 union all select i + 1 from n) "
        "select count(*) from n"
    )
    with pytest.raises(Trouble, match="did not answer in time"):
        await hasty.read(lambda db: db.execute(endless))

    # Its thread is free again: were it not, closing would wait for it for ever.
    assert await names(hasty) == []


# Transactions -----------------------------------------------------------------------


async def test_a_transaction_that_fails_leaves_nothing(database):
    async def work(db):
        await add("a")(db)
        raise Trouble("half-way")

    with pytest.raises(Trouble, match="half-way"):
        await database.write(work)
    assert await names(database) == []


@pytest.mark.parametrize("after", [n / 2000 for n in range(0, 20, 2)])
async def test_a_write_that_is_cancelled_is_done_whole_or_not_at_all(database, after):
    async def work(db):
        await add("a")(db)
        await add("b")(db)

    with suppress(TimeoutError):
        async with asyncio.timeout(after):
            await database.write(work)

    assert await names(database) in ([], ["a", "b"])
    await database.write(add("c"))


async def test_a_hundred_writers_at_once_all_get_their_turn(database):
    async with asyncio.TaskGroup() as group:
        for n in range(100):
            group.create_task(database.write(add(f"{n:03}")))

    assert await names(database) == [f"{n:03}" for n in range(100)]


async def test_a_writer_that_reads_first_is_not_refused_for_it(database, tmp_path):
    other = Database(f"sqlite:///{tmp_path}/ivrflow.db")

    async def count_then_add(db):
        held = list(await db.scalars(select(mailboxes.c.name)))
        await add(f"{len(held):03}")(db)

    async with asyncio.TaskGroup() as group:
        for n in range(40):
            group.create_task((database, other)[n % 2].write(count_then_add))
    await other.close()

    assert await names(database) == [f"{n:03}" for n in range(40)]


# Urls and logs ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "driver"),
    [
        ("sqlite:////var/lib/ivrflow.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite"),
        ("postgresql://user@host/name", "postgresql+psycopg"),
    ],
)
def test_a_url_gets_the_driver_that_works_here(written, driver):
    assert database_url(written).drivername == driver


@pytest.mark.parametrize(
    "written", ["", "crm", "mysql://host/x", "sqlite://", "sqlite:///:memory:", "x://y"]
)
def test_another_url_is_refused_with_a_cure(written):
    with pytest.raises(BadDatabase, match=r"sqlite:////absolute/path\.db"):
        database_url(written)


async def test_values_stay_out_of_the_log_even_when_all_is_logged(database, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy.engine", "sqlalchemy.pool"):
        caplog.set_level(logging.DEBUG, name)
    await database.write(add("739146"))
    await database.read(
        lambda db: db.execute(select(mailboxes).where(mailboxes.c.name == "739147"))
    )

    assert "insert into mailboxes" in caplog.text.lower()
    assert "739147" not in caplog.text
