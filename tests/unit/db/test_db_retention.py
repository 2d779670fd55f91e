"""What goes when its time is over, and what never does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from ivrflow.db.audit import SqlAudit
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.db.holds import SqlHolds
from ivrflow.db.messages import SqlMessages
from ivrflow.db.outbox import SqlOutbox
from ivrflow.db.retention import GRACE, SqlRetention
from ivrflow.db.sounds import SqlSounds
from ivrflow.db.tables import messages, metadata, work
from ivrflow.db.transcripts import SqlTranscripts
from ivrflow.flow.working.item import NewWork
from ivrflow.flow.world import NewMessage, Notice
from ivrflow.flow.world.boxes import NewCopy
from ivrflow.voicemail.retention import Keep

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KEEP = Keep(new=90 * 86400.0, heard=30 * 86400.0, deleted=7 * 86400.0)
CLI = "cli root"


class House:
    """A database on a clock of its own, in which `box` has enrolled long ago."""

    def __init__(self, database):
        self.now = NOON
        self.database = database
        self.messages = SqlMessages(database, self.clock)
        self.boxes = SqlBoxes(database, self.clock)
        self.holds = SqlHolds(database, self.clock)
        self.retention = SqlRetention(database, self.clock)
        self.sounds = SqlSounds(database)

    def clock(self):
        return self.now

    async def left(self, message, *, box="box", **keeping):
        new = NewMessage(
            message=message,
            sound=message,
            mailbox=box,
            call="17.1",
            caller="138",
            at=self.now,
            data={"name": "Ann"},
            number="139",
        )
        await self.messages.begin([new], most={})
        await self.messages.keep(message, seconds=5, **keeping)

    async def gone(self, box="box"):
        page = await self.retention.clear(box)
        assert page.last is None
        return [one.message for one in page.gone]


@pytest.fixture
async def house(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    made = House(database)
    await made.retention.enrol({"box": KEEP})
    yield made
    await database.close()


async def test_each_goes_when_its_time_is_over(house):
    for message in ("new", "old", "deleted"):
        await house.left(message)
    await house.boxes.heard("old", by="agent 1")
    await house.boxes.delete("deleted", by="agent 1")

    gone = []
    for days in (6, 1, 22, 1, 59, 1):
        house.now += days * DAY
        gone.append(await house.gone())
    assert gone == [[], ["deleted"], [], ["old"], [], ["new"]]
    assert (await house.boxes.message("new")).state == "gone"
    log = [(e.who, e.after) for e in await SqlAudit(house.database).newest(3)]
    assert log == [("retention", "gone")] * 3


async def test_what_was_known_of_the_caller_goes_with_the_message(house):
    await house.left("m")
    house.now += 91 * DAY
    await house.gone()

    one = await house.boxes.message("m")
    assert (one.data, one.number) == ({}, "")


async def test_what_is_on_hold_stays_and_goes_when_it_is_released(house):
    await house.left("m")
    await house.left("n")
    first = await house.holds.hold("box", "m", by=CLI, why="case 7")
    assert await house.holds.hold("box", "m", by=CLI, why="again") == first
    await house.boxes.delete("m", by="agent 1")
    house.now += 100 * DAY

    assert await house.gone() == ["n"]
    assert await house.holds.release("box", "m", by=CLI) is True
    assert await house.holds.release("box", "m", by=CLI) is False
    assert await house.gone() == ["m"]


async def test_a_mailbox_on_hold_keeps_also_what_comes(house):
    await house.holds.hold("box", by=CLI, why="case 7")
    await house.left("m")
    house.now += 100 * DAY

    assert await house.gone() == []
    [hold] = await house.holds.holds("box")
    assert (hold.message, hold.why, hold.by) == ("", "case 7", CLI)
    assert await house.holds.holds("other") == []
    await house.holds.release("box", by=CLI)
    assert await house.holds.holds() == []


async def test_only_what_is_there_can_be_put_on_hold(house):
    await house.left("m", box="other")
    with pytest.raises(LookupError, match="box has no message m"):
        await house.holds.hold("box", "m", by=CLI, why="case 7")


async def test_what_is_gone_for_good_can_not_be_put_on_hold_any_more(house):
    """Who asks for that would believe that it is still there."""
    await house.left("m")
    house.now += DAY * 400
    await house.gone()
    await house.gone()
    with pytest.raises(LookupError, match="box has no message m"):
        await house.holds.hold("box", "m", by=CLI, why="case 7")
    assert await house.holds.holds() == []


async def test_what_somebody_is_to_deal_with_stays_until_it_is_deleted(house):
    promised = NewWork(queue="service", promised=0.0)
    await house.left("m", work={"m": promised})
    house.now += 100 * DAY
    assert await house.gone() == []

    await house.boxes.delete("m", by="agent 1")
    house.now += 8 * DAY
    assert await house.gone() == ["m"]

    async def look(db):
        return (await db.execute(select(work.c.state, work.c.by))).one()

    assert tuple(await house.database.read(look)) == ("withdrawn", "retention")


async def test_what_has_not_been_sent_stays_for_a_month(house):
    await house.retention.enrol({"box": replace(KEEP, new=86400.0)})
    for message in ("m", "n"):
        to = {"channel": "email", "to": "a@b.cn", "mailbox": "box"}
        await house.left(message, notices={message: [Notice(message=message, **to)]})
    house.now += 29 * DAY
    assert await house.gone() == []

    outbox = SqlOutbox(house.database, house.clock)
    at = house.now.timestamp()
    [parcel] = await outbox.take(["email"], at, most=1, lease=60)
    await outbox.sent(parcel.key, at)
    assert await house.gone() == ["m"]
    house.now += 2 * DAY  # nobody carries it, it seems
    assert await house.gone() == ["n"]


async def test_an_ear_has_a_day(house):
    await house.left("m")
    house.now += 100 * DAY
    ears = SqlTranscripts(house.database)
    await ears.ask("m", "", house.now.timestamp())
    assert await house.gone() == []

    house.now += 2 * DAY
    assert await house.gone() == ["m"]


async def test_what_stays_does_not_stand_in_the_way_of_what_goes(house):
    for nth in range(5):
        await house.left(f"m{nth}")
        house.now += timedelta(minutes=1)
    for nth in range(3):
        await house.holds.hold("box", f"m{nth}", by=CLI, why="case 7")
    house.now += 100 * DAY

    pages, after = [], None
    while True:
        page = await house.retention.clear("box", after=after, most=2)
        pages.append([one.message for one in page.gone])
        after = page.last
        if after is None:
            break
    assert pages == [[], ["m3"], ["m4"]]


async def test_rules_that_are_new_begin_a_day_later_and_are_told_of_before(house):
    await house.left("m", box="other")
    house.now += 100 * DAY

    [new] = await house.retention.enrol({"box": KEEP, "other": KEEP})
    assert (new.mailbox, new.over, new.since) == ("other", 1, house.now + GRACE)
    assert await house.gone("other") == []
    assert await house.retention.enrol({"other": KEEP}) == []
    house.now += GRACE
    assert await house.gone("other") == ["m"]


async def test_rules_that_change_get_their_day_too(house):
    await house.left("m")
    house.now += 50 * DAY
    await house.retention.enrol({"box": replace(KEEP, new=86400.0)})

    assert await house.gone() == []
    house.now += GRACE
    assert await house.gone() == ["m"]


async def test_a_mailbox_that_keeps_for_ever_is_enrolled_and_loses_nothing(house):
    assert await house.retention.enrol({"ever": Keep()}) == []
    await house.left("m", box="ever")
    house.now += 9999 * DAY

    assert await house.gone("ever") == []
    assert "ever" in await house.boxes.names()
    assert await house.gone("never enrolled") == []


async def test_the_sound_of_two_messages_goes_with_the_last_one(house):
    await house.left("m")
    copies = [NewCopy(message="copy", mailbox="sales")]
    await house.boxes.forward("m", copies, by="agent 1", sender="box")
    house.now += 100 * DAY
    await house.gone()
    assert await house.sounds.let_go(house.now, 5) == []

    await house.retention.enrol({"sales": Keep(new=1.0)})
    house.now += GRACE
    assert await house.gone("sales") == ["copy"]
    assert [one.sound for one in await house.sounds.let_go(house.now, 5)] == ["m"]


async def test_a_hold_that_comes_before_the_sound_went_saves_it(house):
    await house.left("m")
    house.now += 100 * DAY
    await house.gone()
    await house.holds.hold("box", by=CLI, why="case 7")

    assert await house.sounds.let_go(house.now, 5) == []
    await house.holds.release("box", by=CLI)
    assert [one.sound for one in await house.sounds.let_go(house.now, 5)] == ["m"]


async def test_words_go_with_their_sound(house):
    await house.left("m")
    ears = SqlTranscripts(house.database)
    await ears.ask("m", "", house.now.timestamp())
    await ears.done("m", "my card is", by="ear", now=house.now.timestamp())
    assert (await house.boxes.message("m")).transcript == "my card is"

    house.now += 100 * DAY
    await house.gone()
    await house.sounds.let_go(house.now, 5)
    await house.sounds.gone(["m"])
    assert await ears.of(["m"]) == {}


async def test_what_was_just_restored_is_kept_as_long_as_if_it_was_just_heard(house):
    await house.left("m")
    await house.boxes.heard("m", by="agent 1")
    house.now += 28 * DAY
    await house.boxes.delete("m", by="agent 1")
    house.now += 3 * DAY
    await house.boxes.restore("m", by="agent 1")

    assert await house.gone() == []
    house.now += 29 * DAY
    assert await house.gone() == []
    house.now += DAY
    assert await house.gone() == ["m"]


async def test_what_was_restored_is_not_told_of_as_about_to_go(house):
    await house.left("m")
    await house.boxes.delete("m", by="agent 1")
    house.now += 5 * DAY
    await house.boxes.restore("m", by="agent 1")

    three_days = Keep(new=3 * 86400.0)
    [new] = await house.retention.enrol({"box": three_days})
    assert new.over == 0
    house.now += 3 * DAY
    [new] = await house.retention.enrol({"box": replace(three_days, deleted=1.0)})
    assert new.over == 1


async def test_what_was_made_new_again_is_kept_as_long_as_a_new_one(house):
    await house.left("m")
    house.now += 89 * DAY
    await house.boxes.heard("m", by="agent 1")
    house.now += 5 * DAY
    await house.boxes.move("m", "new", by="agent 1")

    assert await house.gone() == []
    house.now += 89 * DAY
    assert await house.gone() == []
    assert (await house.boxes.message("m")).anew == NOON + 94 * DAY
    house.now += DAY
    assert await house.gone() == ["m"]


async def test_mailboxes_without_room_are_known(house):
    for message in ("a", "b", "c", "deleted"):
        await house.left(message)
        await house.left(f"{message} of other", box="other")
    await house.boxes.heard("a", by="agent 1")
    await house.boxes.delete("deleted", by="agent 1")

    most = {"box": 3, "other": 5, "empty": 1, "greets": 0}
    assert await house.retention.full(most) == {"box": 3}
    assert await house.retention.full({"box": 4}) == {}
    # Those of before an upgrade may be far more than it holds.
    assert await house.retention.full({"box": 1, "other": 0}) == {"box": 3}


async def test_old_rows_without_times_of_hearing_go_by_when_they_were_left(house):
    await house.left("m")
    await house.boxes.heard("m", by="agent 1")

    async def forget(db):
        await db.execute(update(messages).values(heard=None))

    await house.database.write(forget)
    house.now += 31 * DAY
    assert await house.gone() == ["m"]
