"""What every `Messages` does."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ivrflow.db.engine import Database
from ivrflow.db.messages import SqlMessages
from ivrflow.db.tables import metadata
from ivrflow.flow.world import LeftMessage, NewMessage, Notice, Trouble
from ivrflow.sim.memory import MemoryMessages

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEW = NewMessage(
    message="m1",
    mailbox="service",
    call="17.1",
    caller="13800138000",
    at=NOON,
    data={"topic": "complaint"},
)
MAIL = Notice(
    channel="email",
    to="duty@example.com",
    mailbox="service",
    message="m1",
    attach="wav",
)
CALL = Notice(channel="call", to="PJSIP/2001", mailbox="service", message="m1")


class Memory:
    def __init__(self):
        self.messages = MemoryMessages()

    async def state(self, message):
        kept = self.messages.all.get(message)
        return kept and (kept.state, kept.seconds, kept.urgent)

    async def notices(self, message):
        return [n for n in self.messages.outbox if n.message == message]


class Sql:
    def __init__(self, messages):
        self.messages = messages

    async def state(self, message):
        for kept in await self.messages.of("service"):
            if kept.message == message:
                return kept.state, kept.seconds, kept.urgent
        return None

    async def notices(self, message):
        return await self.messages.notices(message)


@pytest.fixture(params=["memory", "sql"])
async def store(request, tmp_path):
    if request.param == "memory":
        yield Memory()
        return
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield Sql(SqlMessages(database, lambda: NOON))
    await database.close()


async def test_a_message_is_there_before_it_is_recorded(store):
    await store.messages.begin(NEW)

    assert await store.state("m1") == ("recording", None, False)
    assert await store.notices("m1") == []


async def test_a_kept_message_has_its_notices_in_the_outbox(store):
    await store.messages.begin(NEW)
    await store.messages.keep("m1", seconds=12.5, urgent=True, notices=[MAIL, CALL])

    assert await store.state("m1") == ("new", 12.5, True)
    assert await store.notices("m1") == [MAIL, CALL]


async def test_keeping_a_message_twice_tells_nobody_twice(store):
    await store.messages.begin(NEW)
    await store.messages.keep("m1", seconds=12.5, urgent=False, notices=[MAIL])
    await store.messages.keep("m1", seconds=99, urgent=True, notices=[MAIL, CALL])

    assert await store.state("m1") == ("new", 12.5, False)
    assert await store.notices("m1") == [MAIL]


async def test_who_is_named_twice_is_told_once(store):
    await store.messages.begin(NEW)
    await store.messages.keep("m1", seconds=5, urgent=True, notices=[MAIL, MAIL])

    assert await store.notices("m1") == [MAIL]


async def test_a_message_without_notices_is_kept_too(store):
    await store.messages.begin(NEW)
    await store.messages.keep("m1", seconds=5, urgent=False, notices=[])

    assert await store.state("m1") == ("new", 5, False)


async def test_a_dropped_message_is_not_new_and_tells_nobody(store):
    await store.messages.begin(NEW)
    await store.messages.drop("m1")

    assert await store.state("m1") == ("dropped", None, False)
    assert await store.notices("m1") == []


async def test_a_kept_message_can_not_be_dropped_any_more(store):
    await store.messages.begin(NEW)
    await store.messages.keep("m1", seconds=5, urgent=False, notices=[])
    await store.messages.drop("m1")

    assert await store.state("m1") == ("new", 5, False)


async def test_dropping_what_is_not_there_is_no_error(store):
    await store.messages.drop("m9")


async def test_keeping_what_was_never_begun_is_trouble(store):
    with pytest.raises(Trouble, match="m9"):
        await store.messages.keep("m9", seconds=5, urgent=False, notices=[MAIL])
    assert await store.notices("m9") == []


async def test_beginning_a_message_again_changes_nothing(store):
    await store.messages.begin(NEW)
    await store.messages.begin(replace(NEW, caller="1"))
    assert await store.state("m1") == ("recording", None, False)

    await store.messages.keep("m1", seconds=5, urgent=False, notices=[])
    await store.messages.begin(NEW)
    assert await store.state("m1") == ("new", 5, False)


async def test_a_message_is_settled_by_the_first_who_does_it(store):
    for message in ("m1", "m2"):
        await store.messages.begin(replace(NEW, message=message))
    await store.messages.drop("m2")

    how = {"seconds": 5, "urgent": False, "notices": [MAIL]}
    assert await store.messages.keep("m1", **how) is True
    assert await store.messages.keep("m1", **how) is False
    assert await store.messages.keep("m2", **how) is False
    assert await store.notices("m2") == []


async def test_what_was_urgent_is_so_whoever_keeps_it(store):
    await store.messages.begin(NEW)
    await store.messages.urge("m1")
    assert [left.urgent for left in await store.messages.left()] == [True]

    await store.messages.keep("m1", seconds=5, urgent=False, notices=[])
    assert await store.state("m1") == ("new", 5, True)


async def test_nothing_becomes_urgent_once_it_is_settled(store):
    await store.messages.begin(NEW)
    await store.messages.keep("m1", seconds=5, urgent=False, notices=[])
    await store.messages.urge("m1")
    await store.messages.urge("m9")

    assert await store.state("m1") == ("new", 5, False)


async def test_those_that_nobody_has_settled_are_known(store):
    for message in ("m1", "m2", "m3"):
        await store.messages.begin(
            replace(NEW, message=message, call=f"call {message}")
        )
    await store.messages.keep("m1", seconds=5, urgent=False, notices=[])
    await store.messages.drop("m3")

    [left] = await store.messages.left()
    assert left == LeftMessage(message="m2", mailbox="service", call="call m2")


async def test_two_messages_of_one_mailbox_are_apart(store):
    await store.messages.begin(NEW)
    await store.messages.begin(replace(NEW, message="m2"))
    await store.messages.keep("m2", seconds=5, urgent=False, notices=[])

    assert await store.state("m1") == ("recording", None, False)
    assert await store.state("m2") == ("new", 5, False)
