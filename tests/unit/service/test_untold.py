"""A message that was kept is told once, whoever died behind it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from ivrflow.db.engine import Database
from ivrflow.db.messages import SqlMessages
from ivrflow.db.records import Records
from ivrflow.facts import CallStarted
from ivrflow.flow.left import keep
from ivrflow.flow.site.mailboxes import Mailbox
from ivrflow.flow.world import LeftSound, NewMessage
from ivrflow.service.adoption.untold import Untold
from ivrflow.voicemail.judging import Judged, Verdict
from tests.unit.db.tables_made import make_tables

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BOX = Mailbox.model_validate(
    {"greeting": "hello", "tell": [{"email": "duty@example.com"}]}
)
SITE = SimpleNamespace(mailboxes={"a": BOX})
FOUR_SECONDS = Judged(verdict=Verdict.MESSAGE, seconds=4.0, ends=4.0)


def left_as(message, call="17.1"):
    new = NewMessage(
        message=message, sound=message, mailbox="a", call=call, caller="1", at=NOON
    )
    return LeftSound(sound=message, call=call, urgent=False, messages=(new,))


class House:
    """A database, and one service after the other that has it."""

    def __init__(self, database):
        self.messages = SqlMessages(database, lambda: NOON)
        self.records = Records(database)
        self.facts = []
        self.writes = True
        self.world = SimpleNamespace(
            messages=self.messages,
            note=self.note,
            seconds=NOON.timestamp,
            transcribes=False,
        )

    def note(self, fact):
        self.facts.append(fact.kind)
        self.records.note(fact)

    async def begins(self):
        """The next service; return what it finds untold."""
        return Untold(self.messages, await self.messages.untold(), durable=self.stored)

    async def stored(self, within):
        if self.writes:
            await self.records.flush()
        return self.writes

    async def leaves(self, message, call="17.1"):
        """Keep a message, and note that."""
        left = left_as(message, call)
        await self.messages.begin(left.messages, most={})
        await keep(self.world, SITE, left, FOUR_SECONDS)

    def dies(self):
        """What is noted and not written is lost."""
        self.records._waiting.clear()
        self.facts.clear()


@pytest.fixture
async def house(tmp_path):
    url = f"sqlite:///{tmp_path}/ivrflow.db"
    await make_tables(url)
    database = Database(url)
    house = House(database)
    house.note(
        CallStarted(
            at=NOON.timestamp(),
            call="17.1",
            caller="1",
            dialled="2",
            flow="f",
            version="v",
        )
    )
    await house.records.flush()
    yield house
    await database.close()


async def test_message_of_which_nobody_told_is_told_with_its_notices(house):
    await house.leaves("told")
    await house.stored(1)
    await house.leaves("untold")
    house.dies()
    untold = await house.begins()

    assert await untold.tell(lambda call: True, house.world) == 1
    assert house.facts == ["MessageLeft", "Notified"]
    assert await untold.tell(lambda call: True, house.world) == 0
    house.dies()
    assert await (await house.begins()).tell(lambda call: True, house.world) == 1


async def test_call_that_is_up_tells_it_itself(house):
    await house.leaves("m")
    house.dies()
    untold = await house.begins()

    assert await untold.tell(lambda call: False, house.world) == 0
    await keep(house.world, SITE, left_as("m"), FOUR_SECONDS, note_anyhow=True)
    assert await untold.tell(lambda call: True, house.world) == 0
    assert house.facts == ["MessageLeft", "Notified"]


async def test_message_that_is_kept_by_this_service_is_not_told_by_it_twice(house):
    untold = await house.begins()
    await house.leaves("m")

    assert await untold.tell(lambda call: True, house.world) == 0


async def test_what_is_not_written_in_time_is_told_later(house):
    await house.leaves("m")
    house.dies()
    untold = await house.begins()
    house.writes = False
    assert await untold.tell(lambda call: True, house.world) == 0
    house.writes = True
    assert await untold.tell(lambda call: True, house.world) == 1
