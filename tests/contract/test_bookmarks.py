"""What every `Bookmarks` does."""

import asyncio

import pytest

from ivrflow.db.bookmarks import SqlBookmarks
from ivrflow.db.engine import Database
from ivrflow.db.records import Records
from ivrflow.sim.bookmarks import MemoryBookmarks
from tests.unit.db.tables_made import make_tables


@pytest.fixture(params=["memory", "sql"])
async def bookmarks(request, tmp_path):
    if request.param == "memory":
        yield MemoryBookmarks()
        return
    url = f"sqlite:///{tmp_path}/ivrflow.db"
    await make_tables(url)
    database = Database(url, limit=30.0)
    records = Records(database)
    async with asyncio.TaskGroup() as group:
        writer = group.create_task(records.run())
        yield SqlBookmarks(records, database)
        writer.cancel()
    await database.close()


async def test_what_was_kept_is_there_at_once_as_it_was(bookmarks):
    text = 'sig{"name": "李", "~": [1]}'

    await bookmarks.keep("17.1", 3, text, 2)

    assert dict(await bookmarks.of(["17.1"])) == {"17.1": text}


async def test_the_last_one_of_a_call_counts(bookmarks):
    for number, mark in ((1, 1), (2, 2), (2, 3), (3, 4)):
        await bookmarks.keep("17.1", number, f"{number} {mark}", mark)

    assert dict(await bookmarks.of(["17.1"])) == {"17.1": "3 4"}


async def test_only_those_that_are_asked_for_are_told(bookmarks):
    for call in ("17.1", "17.2", "17.3"):
        await bookmarks.keep(call, 1, f"of {call}")

    assert dict(await bookmarks.of(["17.2", "17.9"])) == {"17.2": "of 17.2"}
    assert dict(await bookmarks.of([])) == {}
