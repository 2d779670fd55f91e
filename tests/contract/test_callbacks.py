"""What every `Callbacks` does: the one in the database, and its twin in memory."""

from datetime import UTC, datetime, timedelta

import pytest

from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata
from ivrflow.db.wishes import SqlCallbacks
from ivrflow.sim.memory import MemoryCallbacks

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DUE = NOON + timedelta(days=1)


@pytest.fixture(params=["memory", "database"])
async def callbacks(request, tmp_path):
    if request.param == "memory":
        yield MemoryCallbacks()
        return
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield SqlCallbacks(database)
    await database.close()


async def book(callbacks, call, queue="service", due=DUE):
    return await callbacks.book(call, queue, "138", NOON, due=due, most=2)


async def booked(callbacks, queue="service"):
    found = await callbacks.booked(queue, NOON, DUE)
    return {datetime.fromtimestamp(at, UTC): number for at, number in found.items()}


async def test_a_time_has_room_for_so_many(callbacks):
    assert [await book(callbacks, call) for call in "123"] == [True, True, False]
    assert await booked(callbacks) == {DUE: 2}


async def test_each_queue_has_room_of_its_own(callbacks):
    assert [await book(callbacks, call) for call in "12"] == [True, True]
    assert await book(callbacks, "3", "sales")
    assert await booked(callbacks, "sales") == {DUE: 1}


async def test_a_call_that_books_again_takes_no_second_place(callbacks):
    assert [await book(callbacks, call) for call in "121"] == [True, True, True]
    assert await booked(callbacks) == {DUE: 2}


async def test_a_call_that_chooses_another_time_frees_the_first(callbacks):
    await book(callbacks, "1")
    await book(callbacks, "1", due=NOON + timedelta(hours=1))

    assert await booked(callbacks) == {NOON + timedelta(hours=1): 1}


async def test_who_then_wants_no_time_frees_it(callbacks):
    await book(callbacks, "1")
    await callbacks.ask("1", "service", "138", NOON)

    assert await booked(callbacks) == {}
