"""What every `SoundRows` does: a sound goes one way only."""

from datetime import UTC, datetime, timedelta

import pytest

from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.db.messages import SqlMessages
from ivrflow.db.sounds import SqlSounds
from ivrflow.db.tables import metadata
from ivrflow.flow.world import NewMessage
from ivrflow.flow.world.boxes import NewSound
from ivrflow.flow.world.sounds import Copied, Going
from ivrflow.sim.memory.sounds import MemorySoundRows, SoundRow

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
SOUND = "5e" * 16
COPIED = Copied(size=44, sha256="0" * 64)


class Memory:
    def __init__(self):
        self.rows = MemorySoundRows()

    async def left(self):
        self.rows.all[SOUND] = SoundRow(at=NOON, recorded=f"voicemail/{SOUND}")

    async def dropped(self):
        await self.left()
        self.rows.change(SOUND, dropped=True, referred=False)

    async def reviewed(self):
        await self.left()
        self.rows.change(SOUND, reviewed=True)


class Sql:
    def __init__(self, database):
        self.rows = SqlSounds(database)
        self.messages = SqlMessages(database, lambda: NOON)
        self.boxes = SqlBoxes(database, lambda: NOON)

    async def reviewed(self):
        new = NewMessage(
            message=SOUND, sound=SOUND, mailbox="box", call="17.1", caller="", at=NOON
        )
        await self.messages.begin([new], most={})

    async def left(self):
        await self.reviewed()
        await self.messages.keep(SOUND, seconds=3.0, ends=2.5)

    async def dropped(self):
        await self.reviewed()
        await self.messages.drop(SOUND, "silent")


@pytest.fixture(params=["memory", "sql"])
async def house(request, tmp_path):
    if request.param == "memory":
        yield Memory()
        return
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield Sql(database)
    await database.close()


@pytest.fixture
async def sql(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/rows.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield Sql(database)
    await database.close()


async def place(house):
    return (await house.rows.places([SOUND])).get(SOUND)


async def test_from_the_switch_into_the_store_and_away(house):
    await house.dropped()
    [one] = await house.rows.in_spool(5)
    assert (one.recorded, one.wanted) == (f"voicemail/{SOUND}", False)
    await house.rows.stored(SOUND, COPIED, 1.0)
    assert await place(house) == "store"
    await house.rows.emptied(SOUND)
    assert await house.rows.in_spool(5) == []
    assert await house.rows.let_go(LATER, 5) == [Going(sound=SOUND)]
    assert await place(house) == "going"
    await house.rows.gone([SOUND])
    assert await place(house) == "gone"


async def test_what_was_kept_is_wanted_and_stays(house):
    await house.left()
    assert [one.wanted for one in await house.rows.in_spool(5)] == [True]
    await house.rows.stored(SOUND, COPIED, 1.0)
    assert [one.wanted for one in await house.rows.in_spool(5)] == [False]
    assert await house.rows.let_go(LATER, 5) == []


async def test_where_a_recording_ends_is_known_before_it_is_cut_there(house):
    await house.left()
    [one] = await house.rows.in_spool(5)
    assert await house.rows.ends(SOUND) == one.ends
    assert await house.rows.ends("6f" * 16) == 0.0


async def test_where_the_busy_tone_begins_a_message_ends(sql):
    await sql.left()
    assert await sql.rows.ends(SOUND) == 2.5


async def test_what_is_still_reviewed_stays_in_the_spool(house):
    await house.reviewed()
    assert await house.rows.in_spool(5) == []
    assert await house.rows.let_go(LATER, 5) == []


async def test_one_that_was_let_go_does_not_come_back_into_the_store(house):
    await house.dropped()
    assert await house.rows.let_go(NOON, 5) == []
    await house.rows.let_go(LATER, 5)
    await house.rows.stored(SOUND, COPIED, 1.0)
    assert await place(house) == "going"
    await house.rows.gone([SOUND])
    await house.rows.stored(SOUND, COPIED, 1.0)
    assert await place(house) == "gone"


async def test_only_what_the_switch_should_have_may_be_missing(house):
    await house.left()
    await house.rows.stored(SOUND, COPIED, 1.0)
    await house.rows.missing(SOUND)
    assert await place(house) == "store"


async def test_what_is_nowhere_is_gone(house):
    await house.left()
    await house.rows.missing(SOUND)
    assert await place(house) == "gone"


async def test_only_what_was_let_go_can_be_gone(house):
    await house.left()
    await house.rows.gone([SOUND])
    assert await place(house) == "switch"


async def test_a_comment_stays_in_the_spool_until_somebody_refers_to_it(sql):
    new = NewSound(sound=SOUND, kind="greeting", recorded="voicemail/g", at=NOON)
    await sql.boxes.begin_sound(new)
    assert await sql.rows.in_spool(5) == []

    await sql.boxes.greet("box", "busy", "", SOUND, by="agent 1")
    assert [one.recorded for one in await sql.rows.in_spool(5)] == ["voicemail/g"]
    assert await sql.rows.let_go(LATER, 5) == []
    await sql.boxes.greet("box", "busy", "", None, by="agent 1")
    assert await sql.rows.let_go(LATER, 5) == [
        Going(sound=SOUND, recorded="voicemail/g")
    ]


async def test_what_is_in_the_store_has_its_digest(sql):
    await sql.left()
    assert await sql.rows.digests() == {SOUND: ""}
    await sql.rows.stored(SOUND, COPIED, 1.0)
    assert await sql.rows.digests() == {SOUND: COPIED.sha256}
