"""What every `Messages` does."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from ivrflow.acd.model import need
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.db.messages import SqlMessages, notice_of
from ivrflow.db.tables import messages, metadata, outbox, transcripts, work
from ivrflow.flow.working.item import NewWork
from ivrflow.flow.world import LeftSound, NewMessage, Notice, Trouble
from ivrflow.sim.memory import MemoryMessages

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEW = NewMessage(
    message="m1",
    sound="m1",
    mailbox="service",
    call="17.1",
    caller="13800138000",
    at=NOON,
    data={"topic": "complaint"},
)
COPY = replace(NEW, message="m1-sales", mailbox="sales")
MAIL = Notice(
    channel="email",
    to="duty@example.com",
    mailbox="service",
    message="m1",
    attach="wav",
)
CALL = Notice(channel="call", to="PJSIP/2001", mailbox="service", message="m1")
DO_IT = NewWork(queue="service", promised=NOON.timestamp() + 3600)


class Memory:
    def __init__(self):
        self.messages = MemoryMessages()

    async def state(self, message):
        kept = self.messages.all.get(message)
        return kept and (kept.state, kept.seconds or 0.0, kept.urgent)

    async def notices(self, message):
        return [n for n in self.messages.outbox if n.message == message]

    async def known(self, message):
        new = self.messages.all[message].new
        return new.data, new.number

    async def work(self):
        return {m: (new.queue, new.promised) for m, new in self.messages.work.items()}

    async def transcribed(self):
        return self.messages.transcribe


class Sql:
    def __init__(self, database):
        self.database = database
        self.messages = SqlMessages(database, lambda: NOON)

    async def state(self, message):
        kept = await SqlBoxes(self.database, lambda: NOON).message(message)
        return kept and (kept.state, kept.seconds, kept.urgent)

    async def rows(self, asked):
        async def look(db):
            return list((await db.execute(asked)).mappings())

        return await self.database.read(look)

    async def notices(self, message):
        asked = select(outbox).where(outbox.c.message == message).order_by(outbox.c.id)
        return [notice_of(row) for row in await self.rows(asked)]

    async def known(self, message):
        asked = select(messages).where(messages.c.id == message)
        [row] = await self.rows(asked)
        return row["data"], row["number"]

    async def work(self):
        rows = await self.rows(select(work))
        return {row["message"]: (row["queue"], row["promised"]) for row in rows}

    async def transcribed(self):
        rows = await self.rows(select(transcripts))
        return {row["sound"]: row["language"] for row in rows}


@pytest.fixture(params=["memory", "sql"])
async def store(request, tmp_path):
    if request.param == "memory":
        yield Memory()
        return
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield Sql(database)
    await database.close()


async def begin(store, *new, **most):
    return await store.messages.begin(new or [NEW], most=most)


async def keep(store, *notices, seconds=5, **how):
    of = {"m1": notices}
    return await store.messages.keep("m1", seconds=seconds, notices=of, **how)


async def test_a_message_is_there_before_it_is_recorded(store):
    assert await begin(store) == {"m1"}

    assert await store.state("m1") == ("recording", 0, False)
    assert await store.notices("m1") == []


async def test_a_kept_message_has_its_notices_in_the_outbox(store):
    await begin(store)
    assert await keep(store, MAIL, CALL, seconds=12.5, urgent=True) == ["m1"]

    assert await store.state("m1") == ("new", 12.5, True)
    assert await store.notices("m1") == [MAIL, CALL]


async def test_keeping_a_message_twice_tells_nobody_twice(store):
    await begin(store)
    await keep(store, MAIL, seconds=12.5)

    assert list(await keep(store, MAIL, CALL, seconds=99, urgent=True)) == []
    assert await store.state("m1") == ("new", 12.5, False)
    assert await store.notices("m1") == [MAIL]


async def test_who_is_named_twice_is_told_once(store):
    await begin(store)
    await keep(store, MAIL, MAIL)

    assert await store.notices("m1") == [MAIL]


async def test_a_message_without_notices_is_kept_too(store):
    await begin(store)
    await store.messages.keep("m1", seconds=5)

    assert await store.state("m1") == ("new", 5, False)


async def test_a_dropped_message_is_not_new_and_tells_nobody(store):
    await begin(store)

    assert await store.messages.drop("m1", "silent") is True
    assert await store.messages.drop("m1", "silent") is False
    assert await store.state("m1") == ("dropped", 0, False)
    assert list(await keep(store, MAIL)) == []
    assert await store.notices("m1") == []


async def test_what_was_known_of_the_caller_goes_with_what_is_dropped(store):
    await begin(store, replace(NEW, data={"name": "Ann"}, number="139"))
    await store.messages.drop("m1", "silent")
    assert await store.known("m1") == ({}, "")


async def test_a_kept_message_can_not_be_dropped_any_more(store):
    await begin(store)
    await keep(store)

    assert await store.messages.drop("m1", "thrown away") is False
    assert await store.state("m1") == ("new", 5, False)


async def test_dropping_what_is_not_there_is_no_error(store):
    assert await store.messages.drop("m9", "nothing") is False


async def test_keeping_what_was_never_begun_is_trouble(store):
    with pytest.raises(Trouble, match="m9"):
        await store.messages.keep("m9", seconds=5, notices={"m9": [MAIL]})
    assert await store.notices("m9") == []


async def test_beginning_a_message_again_changes_nothing(store):
    await begin(store)
    assert await begin(store, replace(NEW, caller="1")) == {"m1"}
    [left] = await store.messages.left()
    assert left.messages == (NEW,)

    await keep(store)
    assert await begin(store) == {"m1"}
    assert await store.state("m1") == ("new", 5, False)


async def test_urgent_is_what_was_said_last_whoever_keeps_it(store):
    await begin(store)
    await store.messages.urge("m1", True)
    assert [left.urgent for left in await store.messages.left()] == [True]
    await keep(store)
    assert await store.state("m1") == ("new", 5, True)

    await begin(store, replace(NEW, message="m2", sound="m2"))
    await store.messages.urge("m2", True)
    await store.messages.urge("m2", False)
    await store.messages.keep("m2", seconds=5)
    assert await store.state("m2") == ("new", 5, False)


async def test_nothing_becomes_urgent_once_it_is_settled(store):
    await begin(store)
    await keep(store)
    await store.messages.urge("m1", True)
    await store.messages.urge("m9", True)

    assert await store.state("m1") == ("new", 5, False)


async def test_those_that_nobody_has_settled_are_known_as_they_were_begun(store):
    wanted = replace(
        NEW,
        number="13900000000",
        language="zh-CN",
        queue="service",
        waited=12.0,
        dialled="4001",
        wanted=need({"billing": 3}, none={"rude": 1}),
    )
    for message in ("m1", "m2", "m3"):
        await begin(store, replace(wanted, message=message, sound=message))
    await keep(store)
    await store.messages.drop("m3", "short")

    assert await store.messages.left() == [
        LeftSound(
            sound="m2",
            call="17.1",
            urgent=False,
            messages=(replace(wanted, message="m2", sound="m2"),),
        )
    ]


async def test_one_recording_is_a_message_in_each_of_its_mailboxes(store):
    assert await begin(store, NEW, COPY) == {"m1", "m1-sales"}
    [left] = await store.messages.left()
    assert left.messages == (NEW, COPY)
    await store.messages.urge("m1", True)

    of = {"m1": [MAIL], "m1-sales": [CALL]}
    kept = await store.messages.keep("m1", seconds=5, notices=of)
    assert list(kept) == ["m1", "m1-sales"]
    assert await store.state("m1") == await store.state("m1-sales") == ("new", 5, True)
    assert await store.notices("m1-sales") == [replace(CALL, message="m1-sales")]


async def test_a_full_mailbox_gets_none_and_the_other_one_does(store):
    await begin(store, replace(NEW, message="m0", sound="m0"))
    assert await begin(store, NEW, COPY, service=1, sales=1) == {"m1-sales"}
    [_, left] = await store.messages.left()

    assert (left.sound, left.messages) == ("m1", (COPY,))
    assert list(await store.messages.keep("m1", seconds=5)) == ["m1-sales"]
    assert await store.state("m1") is None


async def test_what_is_being_recorded_takes_room_and_what_was_dropped_does_not(store):
    second = replace(NEW, message="m2", sound="m2")
    await begin(store, service=1)
    assert await begin(store, second, service=1) == set()
    assert await begin(store, service=1) == {"m1"}

    await store.messages.drop("m1", "silent")
    assert await begin(store, second, service=1) == {"m2"}


async def test_a_mailbox_that_only_greets_takes_none(store):
    assert await begin(store, service=0) == set()
    assert await store.messages.left() == []


async def test_a_message_becomes_work_in_the_act_that_keeps_it_and_once(store):
    await begin(store, NEW, COPY)
    assert await store.work() == {}
    for _ in range(2):
        await store.messages.keep("m1", seconds=5, work={"m1": DO_IT})

    assert await store.work() == {"m1": ("service", DO_IT.promised)}


async def test_whoever_keeps_a_message_may_have_it_written_down(store):
    await begin(store)
    await store.messages.keep("m1", seconds=5, transcribe="zh-CN")
    assert await store.transcribed() == {"m1": "zh-CN"}

    await begin(store, replace(NEW, message="m2", sound="m2"))
    await store.messages.keep("m2", seconds=5)
    assert await store.transcribed() == {"m1": "zh-CN"}


async def test_two_messages_of_one_mailbox_are_apart(store):
    await begin(store)
    await begin(store, replace(NEW, message="m2", sound="m2"))
    await store.messages.keep("m2", seconds=5)

    assert await store.state("m1") == ("recording", 0, False)
    assert await store.state("m2") == ("new", 5, False)


async def test_of_fifty_at_once_as_many_begin_as_there_is_room(store):
    new = [replace(NEW, message=f"m{n}", sound=f"m{n}") for n in range(50)]
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(begin(store, one, service=45)) for one in new]

    begun = [one for task in asked for one in task.result()]
    assert len(begun) == len(set(begun)) == 45
    assert len(await store.messages.left()) == 45
