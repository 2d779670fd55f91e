"""Messages whose callers hung up while no service was there."""

from dataclasses import replace

import pytest

from ivrflow.facts import MessageDropped, MessageLeft, Notified
from ivrflow.flow.left import AWAY_AFTER, drop, settle_left
from ivrflow.flow.world import NewMessage, Trouble, World
from ivrflow.flow.world.sounds import NoAudio, recorded_as
from ivrflow.sim.memory import (
    MemoryCallbacks,
    MemoryLockOuts,
    MemoryLookups,
    MemoryMessages,
    MemorySwitches,
    PlainVerifier,
)
from ivrflow.telephony.channel import Recorded, RecordingFailed
from tests.unit.flow.one_call import EPOCH, site

BOX = """
box:
  title: Box
  greeting: hello
  length: 2s..60s
  tell: [{email: a@example.com}, {email: boss@example.com, when: urgent}]
"""
NEW = NewMessage(
    message="m1", sound="m1", mailbox="box", call="17.1", caller="138", at=EPOCH
)


class Office:
    def __init__(self, folder, boxes=BOX):
        self.facts, self.messages = [], MemoryMessages()
        self.folder = folder
        self.seconds = {}
        self.site = site(folder, "steps:\n  bye: {hangup: bye}\n", mailboxes=boxes)
        self.world = World(
            clock=lambda: EPOCH,
            seconds=EPOCH.timestamp,
            lookups=MemoryLookups({}),
            verifier=PlainVerifier(),
            lock_outs=MemoryLockOuts(),
            messages=self.messages,
            callbacks=MemoryCallbacks(),
            switches=MemorySwitches(),
            note=self.facts.append,
        )

    async def begins(self, message, **fields):
        new = replace(NEW, message=message, sound=message, **fields)
        await self.messages.begin([new], most={})

    async def kept(self, name):
        seconds = self.seconds.get(name)
        if isinstance(seconds, Exception):
            raise seconds
        return seconds and Recorded(name=name, seconds=seconds, ended_by="hang-up")

    async def settles(self, over=lambda call: True):
        return await settle_left(over, site=self.site, world=self.world, kept=self.kept)

    def states(self):
        return {name: kept.state for name, kept in self.messages.all.items()}


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


@pytest.mark.parametrize(("first", "state"), [("m1", "dropped"), ("m2", "new")])
async def test_it_is_as_long_as_it_had_to_be_in_the_talk(tmp_path, first, state):
    long, short = "long: {length: 5s..60s}\n", "short: {length: 2s..60s}\n"
    office = Office(tmp_path, boxes=BOX + long + short)
    # Without one that has the sound's id, nobody knows by which mailbox the talk went.
    new = replace(NEW, sound="m1", mailbox="long", message=first)
    other = replace(NEW, sound="m1", mailbox="short", message="m3")
    await office.messages.begin([new, other], most={})
    office.seconds[recorded_as("m1")] = 3.0

    assert await office.settles() == 1
    assert set(office.states().values()) == {state}


async def test_a_message_that_is_long_enough_is_kept_and_told_of_once(office):
    await office.begins("m1")
    office.seconds[recorded_as("m1")] = 7.5

    assert await office.settles() == 1
    assert await office.settles() == 0
    assert office.states() == {"m1": "new"}
    assert [notice.to for notice in office.messages.outbox] == ["a@example.com"]
    assert [type(fact) for fact in office.facts] == [MessageLeft, Notified]
    assert office.facts[0].call == "17.1"


async def test_one_that_is_too_short_or_has_no_sound_is_dropped(office):
    for message in ("m1", "m2"):
        await office.begins(message)
    office.seconds[recorded_as("m1")] = 1.9

    assert await office.settles() == 2
    assert office.states() == {"m1": "dropped", "m2": "dropped"}
    assert office.messages.outbox == []
    assert [(f.message, f.why) for f in office.facts] == [
        ("m1", "short"),
        ("m2", "nothing"),
    ]
    assert {type(fact) for fact in office.facts} == {MessageDropped}


async def test_an_urgent_one_is_told_to_those_who_want_to_know(office):
    await office.begins("m1")
    await office.messages.urge("m1", True)
    office.seconds[recorded_as("m1")] = 3.0
    await office.settles()

    assert len(office.messages.outbox) == 2


async def test_a_message_of_a_call_that_goes_on_is_left_alone(office):
    await office.begins("m1")
    office.seconds[recorded_as("m1")] = 7.5

    assert await office.settles(over=lambda call: call != "17.1") == 0
    assert office.states() == {"m1": "recording"}


async def test_what_asterisk_can_not_be_asked_about_waits_and_holds_up_nobody(
    office, caplog
):
    for message in ("m1", "m2"):
        await office.begins(message)
    office.seconds = {
        recorded_as("m1"): RecordingFailed("Asterisk is away"),
        recorded_as("m2"): 7.5,
    }

    assert await office.settles() == 1
    assert office.states() == {"m1": "recording", "m2": "new"}
    assert "m1 is not settled yet" in caplog.text
    caplog.clear()
    office.seconds[recorded_as("m1")] = 7.5
    assert await office.settles() == 1


async def test_a_message_of_a_mailbox_that_is_no_more_is_kept(office):
    await office.begins("m1", mailbox="of old")
    office.seconds[recorded_as("m1")] = 1.2
    await office.settles()

    assert office.states() == {"m1": "new"}
    assert office.messages.outbox == []


async def test_a_database_that_is_away_is_trouble(office):
    class Away(MemoryMessages):
        async def left(self):
            raise Trouble("the database is away")

    office.world = replace(office.world, messages=Away())
    with pytest.raises(Trouble):
        await office.settles()


async def test_a_message_for_several_mailboxes_is_settled_in_all_of_them(office):
    also = [replace(NEW, message="m1 too", mailbox="second")]
    await office.messages.begin([NEW, *also], most={})
    office.seconds[recorded_as("m1")] = 7.5

    assert await office.settles() == 1
    assert office.states() == {"m1": "new", "m1 too": "new"}
    assert [fact.mailbox for fact in office.facts if isinstance(fact, MessageLeft)] == [
        "box",
        "second",
    ]


async def test_a_sound_that_nobody_can_listen_to_now_waits(office, caplog):
    class Away(NoAudio):
        async def judged(self, recorded, limits):
            raise Trouble("the spool is away")

    office.world = replace(office.world, audio=Away())
    await office.begins("m1")
    office.seconds[recorded_as("m1")] = 7.5

    assert await office.settles() == 0
    assert office.states() == {"m1": "recording"}
    assert "m1 is not settled yet: the spool is away" in caplog.text
    caplog.clear()


async def test_one_that_is_work_is_promised_from_when_it_was_left(office):
    work = "  work: {queue: desk, within: 4h, urgent: 30m}\n"
    office.site = site(
        office.folder,
        "steps:\n  bye: {hangup: bye}\n",
        mailboxes=BOX + work,
        queues="desk: {title: Desk}\n",
    )
    for message, urgent in (("m1", False), ("m2", True)):
        await office.begins(message)
        await office.messages.urge(message, urgent)
        office.seconds[recorded_as(message)] = 7.5
    await office.settles()

    promised = {name: work.promised for name, work in office.messages.work.items()}
    at = EPOCH.timestamp()
    assert promised == {"m1": at + 4 * 3600, "m2": at + 1800}
    assert {work.queue for work in office.messages.work.values()} == {"desk"}


async def test_one_that_the_database_does_not_take_holds_up_none_of_the_others(
    office, caplog
):
    for message in ("m1", "m2"):
        await office.begins(message)
        office.seconds[recorded_as(message)] = 7.5
    keep = office.messages.keep

    async def refuses(sound, **how):
        if sound == "m1":
            raise Trouble("the database does not take this")
        return await keep(sound, **how)

    office.messages.keep = refuses

    assert await office.settles() == 1
    assert office.states() == {"m1": "recording", "m2": "new"}
    assert "m1 is not settled yet" in caplog.text


async def test_a_database_that_is_away_is_not_asked_for_each_message(office):
    for nth in range(10):
        await office.begins(f"m{nth}")
        office.seconds[recorded_as(f"m{nth}")] = 7.5
    asked = []

    async def away(sound, **how):
        asked.append(sound)
        raise Trouble("the database is away")

    office.messages.keep = away
    with pytest.raises(Trouble):
        await office.settles()

    assert len(asked) == AWAY_AFTER


async def test_what_was_thrown_away_while_the_database_was_away_is_not_kept(office):
    await office.begins("m1")
    office.seconds[recorded_as("m1")] = 7.5
    [left] = await office.messages.left()
    drops = office.messages.drop

    async def away(sound, why):
        raise Trouble("the database is away")

    office.messages.drop = away
    with pytest.raises(Trouble):
        await drop(office.world, left, "again")
    office.messages.drop = drops

    assert await office.settles() == 1
    assert office.states() == {"m1": "dropped"}
    assert [(type(f), f.why) for f in office.facts] == [(MessageDropped, "again")]
    assert office.world.thrown_away == {}


async def test_what_was_thrown_away_and_is_settled_is_remembered_no_more(office):
    office.world.thrown_away["m1"] = "again"

    assert await office.settles() == 0
    assert office.world.thrown_away == {}
