"""What every `Transcripts` does: each sound is written down once, whoever dies."""

from datetime import UTC, datetime

import pytest

from ivrflow.db.engine import Database
from ivrflow.db.messages import SqlMessages
from ivrflow.db.sounds import SqlSounds
from ivrflow.db.tables import metadata
from ivrflow.db.transcripts import SqlTranscripts
from ivrflow.flow.world import NewMessage
from ivrflow.flow.world.sounds import Copied
from ivrflow.flow.world.transcripts import LEASE, PAUSE_OF_DEAD
from ivrflow.sim.memory.transcripts import MemoryTranscripts

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AT = NOON.timestamp()


class Sql:
    def __init__(self, database):
        self.database = database
        self.transcripts = SqlTranscripts(database)

    async def left(self, sound):
        messages = SqlMessages(self.database, lambda: NOON)
        new = NewMessage(
            message=sound, sound=sound, mailbox="box", call="17.1", caller="", at=NOON
        )
        await messages.begin([new], most={})
        await messages.keep(sound, seconds=3.0)
        copied = Copied(size=44, sha256="")
        await SqlSounds(self.database).stored(sound, copied, 3.0)


class Memory:
    def __init__(self):
        self.transcripts = MemoryTranscripts()

    async def left(self, sound):
        pass


@pytest.fixture(params=["memory", "sql"])
async def house(request, tmp_path):
    if request.param == "memory":
        yield Memory()
        return
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield Sql(database)
    await database.close()


async def due(house, at=AT, most=5):
    found = await house.transcripts.due(at, most)
    return [(one.speech.sound, one.tries) for one in found]


async def test_what_is_asked_for_is_due_and_then_somebody_has_it(house):
    await house.left("s1")
    assert await due(house) == []
    assert await house.transcripts.ask("s1", "en", AT) is True
    assert await house.transcripts.ask("s1", "en", AT) is False
    assert house.transcripts.news.is_set()

    assert await due(house) == [("s1", 0)]
    assert await due(house) == []
    assert await due(house, AT + LEASE) == [("s1", 1)]


async def test_no_more_are_given_than_are_asked_for(house):
    for sound in ("s1", "s2", "s3"):
        await house.left(sound)
        await house.transcripts.ask(sound, "", AT)

    assert await due(house, most=2) == [("s1", 0), ("s2", 0)]
    assert await due(house, most=2) == [("s3", 0)]


async def test_words_that_were_heard_stay(house):
    await house.left("s1")
    await house.transcripts.ask("s1", "en", AT)
    await due(house)

    assert await house.transcripts.done("s1", "hello", by="ear", now=AT) is True
    assert await house.transcripts.done("s1", "other", by="ear", now=AT) is False
    await house.transcripts.failed("s1", "late", due=None)
    assert await house.transcripts.ask("s1", "en", AT) is False
    found = (await house.transcripts.of(["s1", "s9"]))["s1"]
    assert (found.state, found.words, found.language) == ("done", "hello", "en")
    assert await due(house, AT + 9 * LEASE) == []


async def test_what_failed_is_due_again_when_it_was_said_to_be(house):
    await house.left("s1")
    await house.transcripts.ask("s1", "en", AT)
    await due(house)
    await house.transcripts.failed("s1", "no ear", due=AT + 60)

    assert await due(house, AT + 59) == []
    assert await due(house, AT + 60) == [("s1", 1)]


async def test_what_failed_for_good_waits_until_somebody_asks_again(house):
    await house.left("s1")
    await house.transcripts.ask("s1", "en", AT)
    await house.transcripts.failed("s1", "too long", due=None)

    found = (await house.transcripts.of(["s1"]))["s1"]
    assert (found.state, found.error) == ("failed", "too long")
    assert await due(house, AT + 9 * LEASE) == []
    assert await house.transcripts.ask("s1", "zh-CN", AT) is True
    assert await due(house) == [("s1", 0)]


async def test_what_a_dead_service_had_in_hand_is_due_at_once(house):
    for sound in ("s1", "s2"):
        await house.left(sound)
        await house.transcripts.ask(sound, "en", AT)
    await due(house)
    await house.transcripts.failed("s2", "no ear", due=AT + 60)
    await house.transcripts.release(AT + 1)

    assert await due(house, AT + 1) == [("s1", 1)]


async def test_what_services_may_have_died_of_is_not_the_next_ones_first_work(house):
    await house.left("s1")
    await house.transcripts.ask("s1", "en", AT)
    await due(house)
    await house.transcripts.release(AT + 1)
    await due(house, AT + 1)
    await house.transcripts.release(AT + 2)

    assert await due(house, AT + 2) == []
    assert await due(house, AT + 2 + PAUSE_OF_DEAD) == [("s1", 2)]


async def test_what_found_no_ear_at_all_was_not_tried(house):
    await house.left("s1")
    await house.transcripts.ask("s1", "en", AT)
    await due(house)
    await house.transcripts.failed("s1", "no ear", due=AT + 60, counts=False)

    assert await due(house, AT + 60) == [("s1", 0)]
