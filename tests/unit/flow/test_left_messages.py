"""Messages whose callers hung up while no service was there."""

from dataclasses import replace

import pytest

from ivrflow.facts import MessageLeft, Notified
from ivrflow.flow.left import recording_of, settle_left
from ivrflow.flow.world import NewMessage, Trouble, World
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
NEW = NewMessage(message="m1", mailbox="box", call="17.1", caller="138", at=EPOCH)


class Office:
    def __init__(self, folder):
        self.facts, self.messages = [], MemoryMessages()
        self.seconds = {}
        self.site = site(folder, "steps:\n  bye: {hangup: bye}\n", mailboxes=BOX)
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


async def test_a_message_that_is_long_enough_is_kept_and_told_of_once(office):
    await office.messages.begin(NEW)
    office.seconds[recording_of("m1")] = 7.5

    assert await office.settles() == 1
    assert await office.settles() == 0
    assert office.states() == {"m1": "new"}
    assert [notice.to for notice in office.messages.outbox] == ["a@example.com"]
    assert [type(fact) for fact in office.facts] == [MessageLeft, Notified]
    assert office.facts[0].call == "17.1"


async def test_one_that_is_too_short_or_has_no_sound_is_dropped(office):
    for message in ("m1", "m2"):
        await office.messages.begin(replace(NEW, message=message))
    office.seconds[recording_of("m1")] = 1.9

    assert await office.settles() == 2
    assert office.states() == {"m1": "dropped", "m2": "dropped"}
    assert office.facts == office.messages.outbox == []


async def test_an_urgent_one_is_told_to_those_who_want_to_know(office):
    await office.messages.begin(NEW)
    await office.messages.urge("m1")
    office.seconds[recording_of("m1")] = 3.0
    await office.settles()

    assert len(office.messages.outbox) == 2


async def test_a_message_of_a_call_that_goes_on_is_left_alone(office):
    await office.messages.begin(NEW)
    office.seconds[recording_of("m1")] = 7.5

    assert await office.settles(over=lambda call: call != "17.1") == 0
    assert office.states() == {"m1": "recording"}


async def test_what_asterisk_can_not_be_asked_about_waits_and_holds_up_nobody(
    office, caplog
):
    for message in ("m1", "m2"):
        await office.messages.begin(replace(NEW, message=message))
    office.seconds = {
        recording_of("m1"): RecordingFailed("Asterisk is away"),
        recording_of("m2"): 7.5,
    }

    assert await office.settles() == 1
    assert office.states() == {"m1": "recording", "m2": "new"}
    assert "m1 is not settled yet" in caplog.text
    caplog.clear()
    office.seconds[recording_of("m1")] = 7.5
    assert await office.settles() == 1


async def test_a_message_of_a_mailbox_that_is_no_more_is_kept(office):
    await office.messages.begin(replace(NEW, mailbox="of old"))
    office.seconds[recording_of("m1")] = 1.2
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
