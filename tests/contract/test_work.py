"""What every `WorkStore` does: database and memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from ivrflow.acd.model import need
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.db.messages import SqlMessages
from ivrflow.db.tables import audit, facts, metadata
from ivrflow.db.work import SqlWork
from ivrflow.facts import WorkBegan
from ivrflow.flow.working.item import NewWork, WorkState
from ivrflow.flow.world import NewMessage
from ivrflow.sim.memory import MemoryMessages, MemoryWork
from ivrflow.sim.memory.boxes import MemoryBoxes

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = NOON.timestamp()


class Store:
    """The work of messages that are left in a mailbox, and that mailbox."""

    def __init__(self, database=None):
        self.database = database
        if database is None:
            self.messages = MemoryMessages()
            self.work = MemoryWork(self.messages)
            self.boxes = MemoryBoxes(self.messages, lambda: NOON)
        else:
            self.work = SqlWork(database)
            news = self.work.news.set
            self.messages = SqlMessages(database, lambda: NOON, work_news=news)
            self.boxes = SqlBoxes(database, lambda: NOON, work_news=news)

    async def left(self, message, *, within=3600.0, queue="service", **more):
        """A message that was left at noon, and is work."""
        urgent, wanted = more.pop("urgent", False), more.pop("need", need({}))
        more = {"caller": "13800138000", "at": NOON, **more}
        new = NewMessage(
            message=message,
            sound=message,
            mailbox="box",
            call=f"call {message}",
            **more,
        )
        await self.messages.begin([new], most={})
        work = NewWork(queue=queue, promised=NOW + within, need=wanted)
        await self.messages.keep(
            message, seconds=7.5, urgent=urgent, work={message: work}
        )
        return await self.work.of(message)


@pytest.fixture(params=["memory", "database"])
async def store(request, tmp_path):
    if request.param == "memory":
        yield Store()
        return
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield Store(database)
    await database.close()


def heard_of(store):
    """Whether there was news of the work since this was asked last."""
    was = store.work.news.is_set()
    store.work.news.clear()
    return was


def names(items):
    return [item.message for item in items]


async def test_a_message_that_is_work_waits_with_all_that_is_known_of_it(store):
    card = {"customer": "Li"}
    item = await store.left(
        "m1",
        urgent=True,
        number="057188880101",
        language="zh-CN",
        data=card,
        need=need({"billing": 3}),
    )

    assert await store.work.open() == [item]
    assert (item.mailbox, item.queue, item.call) == ("box", "service", "call m1")
    assert (item.number, item.caller) == ("057188880101", "13800138000")
    assert (item.asked, item.promised, item.seconds) == (NOW, NOW + 3600, 7.5)
    assert (item.urgent, item.language, item.data) == (True, "zh-CN", card)
    assert (item.need, item.sound) == (need({"billing": 3}), "m1")
    assert (item.state, item.tries, item.told) == (WorkState.WAITING, 0, 0)


async def test_who_was_not_asked_for_a_number_is_called_at_his_own(store):
    assert (await store.left("m1")).number == "13800138000"


async def test_the_oldest_promise_comes_first_and_queues_are_apart(store):
    await store.left("late", within=3600)
    await store.left("soon", within=60)
    await store.left("other", within=600, queue="sales")

    assert names(await store.work.open()) == ["soon", "other", "late"]
    assert names(await store.work.open("service")) == ["soon", "late"]


async def test_what_is_no_work_is_none(store):
    assert await store.work.of("m1") is None
    assert not await store.work.end("m1", WorkState.DONE, NOW)


async def test_it_ends_once_whoever_wants_to_end_it(store):
    await store.left("m1")
    store.work.news.clear()

    ends = store.work.end("m1", WorkState.DONE, NOW + 9, agent="1", disposition="sold")
    assert await ends
    assert not await store.work.end("m1", WorkState.WITHDRAWN, NOW + 10, by="ann")

    item = await store.work.of("m1")
    assert await store.work.open() == []
    assert (item.state, item.agent, item.disposition) == (WorkState.DONE, "1", "sold")
    assert (item.ended, item.by) == (NOW + 9, "")
    assert store.work.news.is_set()


async def test_a_deleted_message_is_out_of_sight_until_it_is_restored(store):
    item = await store.left("m1")
    assert heard_of(store)
    await store.boxes.delete("m1", by="mailbox 800")

    assert heard_of(store)
    await store.boxes.delete("m1", by="mailbox 800")
    assert not heard_of(store)  # nothing has changed
    assert await store.work.open() == []
    assert await store.work.had(item, "1") is None
    assert await store.work.dialled(item, NOW) is None
    assert await store.work.overdue(NOW + 9999) == {}

    await store.boxes.restore("m1", by="mailbox 800")
    assert heard_of(store)
    await store.boxes.restore("m1", by="mailbox 800")
    assert not heard_of(store)
    assert await store.work.open() == [item]


async def test_a_try_is_over_once_however_often_that_is_said(store):
    first = await store.left("m1")
    assert (await store.work.had(first, "1")).agent == "1"
    await store.work.at(first, 3.5)
    assert (await store.work.of("m1")).offset == 3.5

    await store.work.give_back(first, NOW + 30)
    await store.work.give_back(first, NOW + 99)
    second = await store.work.of("m1")
    assert (second.tries, second.not_before, second.offset) == (1, NOW + 30, 0)
    assert first.item() != second.item()

    await store.work.at(first, 9.0)  # of the try that is over
    assert (await store.work.of("m1")).offset == 0


async def test_the_first_time_that_its_number_is_dialled_counts(store):
    item = await store.left("m1")
    await store.work.dialled(item, NOW + 5)
    dialled = await store.work.dialled(item, NOW + 500)

    assert (dialled.dials, dialled.tried) == (2, NOW + 5)
    assert dialled.in_time(NOW + 9999)
    await store.work.end("m1", WorkState.DONE, NOW)
    assert await store.work.dialled(item, NOW + 600) is None


async def test_what_is_late_and_was_not_tried_is_overdue(store):
    await store.left("m1", within=60)
    await store.left("m2", within=90)
    tried = await store.left("m3", within=30)
    await store.work.dialled(tried, NOW + 20)

    assert await store.work.overdue(NOW + 50) == {}
    assert await store.work.overdue(NOW + 100) == {"service": (2, 40.0)}


async def test_a_beginning_and_an_end_are_untold_until_that_is_said(store):
    item = await store.left("m1")
    assert names(await store.work.untold(9)) == ["m1"]
    await store.work.told([item])
    assert await store.work.untold(9) == []

    await store.work.end("m1", WorkState.DONE, NOW + 9, agent="1")
    [ended] = await store.work.untold(9)
    assert (ended.told, ended.to_tell) == (1, 2)
    await store.work.told([item])  # as it was: that says nothing of its end
    assert names(await store.work.untold(9)) == ["m1"]
    await store.work.told([ended])
    assert await store.work.untold(9) == []


async def test_the_untold_come_as_they_happened_and_not_all_at_once(store):
    for n in range(4):
        await store.left(f"m{n}", at=NOON + timedelta(minutes=n))
    await store.work.end("m0", WorkState.WITHDRAWN, NOW + 150, by="ann")

    assert names(await store.work.untold(3)) == ["m1", "m2", "m0"]


@pytest.mark.parametrize("by", ["", "agent 1 (api)"])
async def test_what_a_person_ends_from_outside_is_in_the_audit_log(store, by):
    if store.database is None:
        pytest.skip("nothing in memory is audited")
    await store.left("m1")
    await store.work.end("m1", WorkState.DONE, NOW, disposition="sold", by=by)

    async def look(db):
        return [(row.who, row.after) for row in await db.execute(select(audit))]

    entries = await store.database.read(look)
    assert entries == ([(by, "done: sold")] if by else [])


async def test_what_a_service_told_that_died_before_it_said_so_is_not_told_again(store):
    if store.database is None:
        pytest.skip("facts go with the memory")
    item = await store.left("m1")
    began = item.told_began()

    async def tell(db):
        row = {"at": began.at, "call": began.call, "kind": WorkBegan.__name__}
        await db.execute(insert(facts).values(**row, data=began.details()))

    await store.database.write(tell)

    assert await store.work.untold(9) == [replace(item, told=1)]
