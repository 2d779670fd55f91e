"""What every `Boxes` does: who hears messages, and what he does with them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivrflow.db.audit import SqlAudit
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.db.messages import SqlMessages
from ivrflow.db.sounds import SqlSounds
from ivrflow.db.tables import metadata
from ivrflow.flow.world import NewMessage, Notice, Trouble
from ivrflow.flow.world.boxes import LeftOff, NewCopy, NewSound, Pin
from ivrflow.flow.world.sounds import Copied
from ivrflow.sim.memory import MemoryMessages
from ivrflow.sim.memory.boxes import MemoryBoxes
from ivrflow.voicemail.order import INBOX, Counts, mark
from ivrflow.voicemail.retention import DELETED

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANN = "agent 1001"
COMMENT = NewSound(sound="c1", kind="comment", recorded="voicemail/c1", at=NOON)


class Memory:
    def __init__(self, clock):
        self.messages = MemoryMessages()
        self.boxes = MemoryBoxes(self.messages, clock)

    async def log(self):
        return [f"{one.what}: {one.after}" for one in self.boxes.audit]

    async def lose(self, sound):
        self.boxes.gone.add(sound)

    async def told(self, message):
        return [n.to for n in self.messages.outbox if n.message == message]


class Sql:
    def __init__(self, database, clock):
        self.database = database
        self.messages = SqlMessages(database, clock)
        self.boxes = SqlBoxes(database, clock)

    async def log(self):
        newest = await SqlAudit(self.database).newest()
        return [f"{one.what}: {one.after}" for one in reversed(newest)]

    async def lose(self, sound):
        await SqlSounds(self.database).missing(sound)

    async def told(self, message):
        async def look(db):
            asked = f"select \"to\" from outbox where message = '{message}'"
            return [row[0] for row in await db.exec_driver_sql(asked)]

        return await self.database.read(look)


@pytest.fixture(params=["memory", "sql"])
async def house(request, tmp_path):
    now = [NOON + timedelta(hours=1)]

    def clock():
        return now[0]

    if request.param == "memory":
        made = Memory(clock)
        made.now = now
        yield made
        return
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    made = Sql(database, clock)
    made.now = now
    yield made
    await database.close()


async def left(house, message, *, minute=0, urgent=False, mailbox="service"):
    new = NewMessage(
        message=message,
        sound=message,
        mailbox=mailbox,
        call="17.1",
        caller="13800138000",
        at=NOON + timedelta(minutes=minute),
        data={"topic": "complaint"},
        number="13900000000",
        language="zh-CN",
    )
    await house.messages.begin([new], most={})
    await house.messages.keep(message, seconds=4.0, urgent=urgent)


async def names(house, folder=INBOX, **how):
    return [one.message for one in await page(house, folder, **how)]


async def page(house, folder=INBOX, **how):
    return await house.boxes.messages("service", folder, **how)


async def test_urgent_ones_come_first_then_new_ones_then_old_ones(house):
    for nth, message in enumerate(("a", "b", "c", "d")):
        await left(house, message, minute=nth, urgent=message == "c")
    await house.boxes.heard("a", by=ANN)

    assert await names(house) == ["c", "b", "d", "a"]
    assert await house.boxes.counts("service") == Counts(urgent=1, new=3, old=1)
    assert await house.boxes.all_counts(["service", "nobody's"]) == {
        "service": Counts(urgent=1, new=3, old=1),
        "nobody's": Counts(),
    }


async def test_what_is_being_recorded_or_was_dropped_is_nowhere(house):
    await left(house, "a")
    for message in ("b", "c"):
        new = NewMessage(
            message=message,
            sound=message,
            mailbox="service",
            call="17.1",
            caller="",
            at=NOON,
        )
        await house.messages.begin([new], most={})
    await house.messages.drop("c", "silent")

    assert await names(house) == ["a"]
    assert await house.boxes.heard("b", by=ANN) is None
    assert await house.boxes.delete("c", by=ANN) is False
    assert await house.log() == []


async def test_a_message_tells_what_is_known_of_it(house):
    await left(house, "a")
    one = await house.boxes.message("a")

    assert (one.state, one.seconds, one.caller) == ("new", 4.0, "13800138000")
    assert (one.number, one.language, one.at) == ("13900000000", "zh-CN", NOON)
    assert one.data == {"topic": "complaint"}
    assert (one.speech.sound, one.speech.recorded) == ("a", "voicemail/a")
    assert (one.speech.place, one.intro) == ("switch", None)
    assert await house.boxes.message("b") is None


async def test_each_listening_is_in_the_log_and_the_first_makes_it_old(house):
    await left(house, "a")

    assert await house.boxes.heard("a", by=ANN) is True
    assert await house.boxes.heard("a", by=ANN) is False
    assert await house.log() == ["message a of mailbox service: heard"] * 2
    assert (await house.boxes.message("a")).heard == house.now[0]


async def test_pages_of_a_folder_come_one_behind_the_other(house):
    for nth in range(5):
        await left(house, f"m{nth}", minute=nth)

    assert await names(house, most=2) == ["m0", "m1"]
    first = mark((await page(house, most=2))[-1])
    second = await page(house, after=first, most=2)
    assert [one.message for one in second] == ["m2", "m3"]
    await house.boxes.delete("m3", by=ANN)
    rest = await page(house, after=mark(second[-1]))
    assert [one.message for one in rest] == ["m4"]
    assert await names(house, after=mark(rest[-1])) == []
    with pytest.raises(ValueError, match="no place"):
        await page(house, after="m1")


async def test_no_page_leaves_out_who_others_have_not_touched(house):
    for nth in range(5):
        await left(house, f"m{nth}", minute=nth, urgent=nth == 0)
    urgent, first = await page(house, most=2)
    await house.boxes.heard("m1", by=ANN)
    await house.boxes.urge("m0", False, by=ANN)

    assert await names(house, after=mark(first), most=2) == ["m2", "m3"]
    assert await names(house, after=mark(urgent)) == ["m0", "m2", "m3", "m4", "m1"]


async def test_pages_of_what_is_deleted_go_on_where_one_was_restored(house):
    for nth, message in enumerate(("c", "a", "b")):
        await left(house, message, minute=nth)
        house.now[0] += timedelta(seconds=0.1)
        await house.boxes.delete(message, by=ANN)
    first = await page(house, DELETED, most=2)
    await house.boxes.restore("a", by=ANN)

    assert [one.message for one in first] == ["c", "a"]
    assert await names(house, DELETED, after=mark(first[-1])) == ["b"]


async def test_what_is_deleted_can_be_restored_to_where_it_was(house):
    await left(house, "a")
    await left(house, "b", minute=1)
    await house.boxes.heard("b", by=ANN)
    await house.boxes.move("b", "work", by=ANN)
    for message in ("a", "b"):
        assert await house.boxes.delete(message, by=ANN) is True
        assert await house.boxes.delete(message, by=ANN) is False
    assert await names(house) == await names(house, "work") == []
    assert await names(house, DELETED) == ["a", "b"]

    for message in ("a", "b"):
        assert await house.boxes.restore(message, by=ANN) is True
        assert await house.boxes.restore(message, by=ANN) is False
    assert (await names(house, "new"), await names(house, "work")) == (["a"], ["b"])
    old = await house.boxes.message("b")
    assert (old.state, old.anew) == ("old", house.now[0])


async def test_a_talk_sees_what_was_heard_and_deleted_since_it_began(house):
    await left(house, "a")
    await left(house, "b", minute=1)
    since = house.now[0]
    house.now[0] += timedelta(minutes=5)
    await house.boxes.heard("a", by=ANN)
    await house.boxes.delete("a", by=ANN)

    then = await house.boxes.filed("service", INBOX, since=since)
    assert [one.message for one in then] == ["a", "b"]
    now = await house.boxes.filed("service", INBOX)
    assert [one.message for one in now] == ["b"]


async def test_messages_move_between_folders_and_can_be_new_again(house):
    await left(house, "a")

    assert await house.boxes.move("a", "work", by=ANN) is True
    assert await house.boxes.move("a", "work", by=ANN) is False
    assert (await names(house, "work"), await names(house)) == (["a"], [])
    assert await house.boxes.counts("service") == Counts()
    assert await house.boxes.move("a", "old", by=ANN) is True
    assert await names(house, "old") == ["a"]
    assert await house.boxes.move("a", "new", by=ANN) is True
    new = await house.boxes.message("a")
    assert (new.heard, new.anew) == (None, house.now[0])
    assert await house.log() == [
        f"message a of mailbox service: in folder {folder}"
        for folder in ("work", "old", "new")
    ]


async def test_a_message_is_new_again_where_it_is(house):
    await left(house, "a")
    assert await house.boxes.make_new("a", by=ANN) is False
    await house.boxes.move("a", "work", by=ANN)
    assert (await house.boxes.message("a")).anew is None  # it was new all the time
    await house.boxes.heard("a", by=ANN)

    assert await house.boxes.make_new("a", by=ANN) is True
    assert await house.boxes.make_new("a", by=ANN) is False
    one = await house.boxes.message("a")
    assert (one.state, one.folder) == ("new", "work")
    assert (one.heard, one.anew) == (None, house.now[0])
    await house.boxes.delete("a", by=ANN)
    assert await house.boxes.make_new("a", by=ANN) is False


async def test_a_message_can_be_made_urgent_and_not(house):
    await left(house, "a")

    assert await house.boxes.urge("a", True, by=ANN) is True
    assert await house.boxes.urge("a", True, by=ANN) is False
    assert (await house.boxes.counts("service")).urgent == 1
    assert await house.boxes.urge("a", False, by=ANN) is True


async def test_what_is_not_there_can_not_be_acted_on(house):
    assert await house.boxes.heard("z", by=ANN) is None
    for done in (
        house.boxes.make_new("z", by=ANN),
        house.boxes.urge("z", True, by=ANN),
        house.boxes.move("z", "work", by=ANN),
        house.boxes.delete("z", by=ANN),
        house.boxes.restore("z", by=ANN),
    ):
        assert await done is False
    assert await house.log() == []


async def test_a_message_is_sent_on_with_a_comment_and_stays(house):
    await left(house, "a", urgent=True)
    await house.boxes.begin_sound(COMMENT)
    tell = Notice(channel="email", to="b@c.cn", mailbox="sales", message="a2")
    copies = [NewCopy(message="a2", mailbox="sales", notices=[tell])]
    for _ in range(2):
        sent = await house.boxes.forward(
            "a", copies, by=ANN, sender="service", intro="c1", seconds=3.0
        )
        assert sent == {"a2"}

    copy = await house.boxes.message("a2")
    assert (copy.mailbox, copy.state, copy.urgent) == ("sales", "new", True)
    assert (copy.speech.sound, copy.intro.sound, copy.intro.seconds) == ("a", "c1", 3)
    assert (copy.sender, copy.origin, copy.caller) == ("service", "a", "13800138000")
    assert (copy.at, copy.seconds) == (house.now[0], 4.0)
    assert await house.told("a2") == ["b@c.cn"]
    assert (await house.boxes.message("a")).state == "new"
    assert len(await house.log()) == 1


async def test_a_full_mailbox_gets_no_copy(house):
    await left(house, "a")
    await left(house, "b", mailbox="sales")
    copies = [
        NewCopy(message="a2", mailbox="sales"),
        NewCopy(message="a3", mailbox="home"),
    ]

    sent = await house.boxes.forward(
        "a", copies, by=ANN, sender="service", most={"sales": 1, "home": 1}
    )
    assert sent == {"a3"}
    assert await house.boxes.message("a2") is None


async def test_what_can_not_be_heard_can_not_be_sent_on(house):
    await left(house, "a")
    copies = [NewCopy(message="a2", mailbox="sales")]
    how = {"by": ANN, "sender": "service"}

    with pytest.raises(Trouble, match="z"):
        await house.boxes.forward("z", copies, **how)
    with pytest.raises(Trouble, match="sent on"):
        await house.boxes.forward("a", copies, intro="c9", **how)
    await house.lose("a")
    with pytest.raises(Trouble, match="sent on"):
        await house.boxes.forward("a", copies, **how)
    assert await house.boxes.message("a2") is None


async def test_who_was_cut_off_is_known_until_the_message_is_gone(house):
    await left(house, "a")
    place = LeftOff(message="a", offset=2.5, at=NOON)
    await house.boxes.leave_off("service", ANN, replace(place, offset=1.0))
    await house.boxes.leave_off("service", ANN, place)

    assert await house.boxes.left_off("service", ANN) == place
    assert await house.boxes.left_off("service", "agent 1002") is None
    await house.boxes.delete("a", by=ANN)
    assert await house.boxes.left_off("service", ANN) is None
    await house.boxes.restore("a", by=ANN)
    await house.boxes.leave_off("service", ANN, None)
    assert await house.boxes.left_off("service", ANN) is None


async def test_a_pin_is_set_changed_and_removed_and_never_told(house):
    assert await house.boxes.pin("service") is None
    await house.boxes.set_pin("service", "hash1", by="cli", must_change=True)
    assert await house.boxes.pin("service") == Pin(hashed="hash1", must_change=True)
    await house.boxes.set_pin("service", "hash2", by=ANN, fixed=True)
    assert await house.boxes.pin("service") == Pin(hashed="hash2", fixed=True)
    await house.boxes.set_pin("service", "hash2", by=ANN)
    assert len(await house.log()) == 2
    await house.boxes.set_pin("service", "hash2", by=ANN, must_change=True)
    assert await house.boxes.pin("service") == Pin(hashed="hash2", fixed=True)
    assert len(await house.log()) == 2
    await house.boxes.set_pin("service", None, by=ANN)
    assert await house.boxes.pin("service") is None
    log = await house.log()
    assert len(log) == 3
    assert all("hash" not in entry for entry in log)


async def test_greetings_are_spoken_replaced_and_taken_off(house):
    for sound in ("c1", "c2"):
        await house.boxes.begin_sound(replace(COMMENT, sound=sound, kind="greeting"))
    how = {"by": ANN, "seconds": 3.0}
    until = NOON + timedelta(days=1)

    assert await house.boxes.greet("service", "busy", "en", "c1", **how) is True
    assert await house.boxes.greet("service", "busy", "en", "c1", **how) is False
    await house.boxes.greet("service", "temporary", "", "c2", until=until, **how)
    found = await house.boxes.greetings("service")
    assert set(found) == {("busy", "en"), ("temporary", "")}
    assert found["busy", "en"].speech.seconds == 3.0
    assert (found["temporary", ""].until, found["temporary", ""].by) == (until, ANN)

    assert await house.boxes.greet("service", "busy", "en", None, by=ANN) is True
    assert await house.boxes.greet("service", "busy", "en", None, by=ANN) is False
    assert set(await house.boxes.greetings("service")) == {("temporary", "")}
    assert await house.boxes.greetings("sales") == {}
    assert len(await house.log()) == 3


async def test_what_was_never_spoken_greets_nobody(house):
    with pytest.raises(Trouble, match="c9"):
        await house.boxes.greet("service", "busy", "en", "c9", by=ANN)
    await house.boxes.begin_sound(COMMENT)
    with pytest.raises(ValueError, match="rude"):
        await house.boxes.greet("service", "rude", "en", "c1", by=ANN)


async def test_a_sound_that_is_in_the_store_already_needs_no_recording(house):
    copied = Copied(size=44, sha256="0" * 64)
    await house.boxes.begin_sound(replace(COMMENT, copied=copied, seconds=7.0))
    await house.boxes.greet("service", "name", "", "c1", by="api ann")

    found = await house.boxes.greetings("service")
    assert found["name", ""].speech.place == "store"
    assert found["name", ""].speech.seconds == 7.0


async def test_a_sound_that_was_announced_is_in_the_store_when_it_is_there(house):
    new = replace(COMMENT, recorded="", kind="greeting")
    copied = Copied(size=44, sha256="0" * 64)
    await house.boxes.begin_sound(new)
    for seconds in (7.0, 9.0):
        await house.boxes.begin_sound(replace(new, copied=copied, seconds=seconds))
    await house.boxes.begin_sound(new)
    await house.boxes.greet("service", "busy", "en", "c1", by=ANN)

    found = await house.boxes.greetings("service")
    assert found["busy", "en"].speech.place == "store"
    assert found["busy", "en"].speech.seconds == 7.0


async def test_a_mailbox_is_known_as_long_as_it_has_something(house):
    await left(house, "a")
    await house.boxes.set_pin("sales", "hash", by=ANN)

    assert await house.boxes.names() == ["sales", "service"]
