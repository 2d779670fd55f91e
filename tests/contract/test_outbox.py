"""What every `Outbox` does."""

from datetime import UTC, datetime

import pytest

from ivrflow.db.engine import Database
from ivrflow.db.outbox import SqlOutbox
from ivrflow.db.tables import metadata
from ivrflow.flow.world import Letter, Trouble
from ivrflow.secret import Secret
from ivrflow.sim.memory import MemoryOutbox

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MAIL = Letter(
    key="17.1.4",
    channel="email",
    to="li@example.com",
    subject="Your order",
    text="It is on its way.",
    call="17.1",
)
HOOK = Letter(key="17.1.5", channel="webhook", to="https://a.cn/x", data={"sum": "1"})


class Memory:
    def __init__(self):
        self.outbox = MemoryOutbox()

    async def kept(self):
        return [(one.key, one.to, one.text) for one in self.outbox.letters.values()]


class Sql:
    def __init__(self, outbox):
        self.outbox = outbox

    async def kept(self):
        taken = await self.outbox.take(
            ["email", "webhook"], NOON.timestamp(), most=10, lease=0
        )
        return [(one.key, one.to, one.text) for one in taken]


@pytest.fixture(params=["memory", "sql"])
async def store(request, tmp_path):
    if request.param == "memory":
        yield Memory()
        return
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield Sql(SqlOutbox(database, lambda: NOON))
    await database.close()


async def test_letters_are_kept_as_they_are(store):
    await store.outbox.put([MAIL, HOOK])

    assert await store.kept() == [
        ("17.1.4", "li@example.com", "It is on its way."),
        ("17.1.5", "https://a.cn/x", ""),
    ]


async def test_a_letter_that_is_put_twice_is_one(store):
    await store.outbox.put([MAIL])
    await store.outbox.put([MAIL, HOOK])

    assert [key for key, _, _ in await store.kept()] == ["17.1.4", "17.1.5"]


async def test_a_secret_is_refused_and_nothing_beside_it_is_kept(store):
    code = Letter(key="1", channel="sms", to="138", text=Secret("739146"))
    with pytest.raises(Trouble, match="secret"):
        await store.outbox.put([MAIL, code])

    assert await store.kept() == []
