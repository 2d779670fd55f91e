"""What the dialplan recorded becomes a message once, whoever dies when."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from ivrflow.acd.model import ANYONE, need
from ivrflow.asterisk.ari.errors import AlreadyThere, AriAway, Gone
from ivrflow.flow.site.mailboxes import Mailbox, of_fallback
from ivrflow.flow.world.sounds import NoAudio
from ivrflow.service.fallback_messages import FallbackMessages, Taped
from ivrflow.sim.memory import MemoryMessages
from ivrflow.sim.memory.boxes import MemoryBoxes
from ivrflow.sim.memory.sounds import MemoryAudio
from ivrflow.voicemail.judging import Judged, Verdict

NAME = "ivrflow-fallback/1763808000-12313-p8613800138009-1763808000.17"
SHORT = "ivrflow-fallback/1763808100-12313--1763808100.18"
BOX = Mailbox.model_validate({"tell": [{"sms": "13800138000"}]})


class Died(Exception):
    """The process ended."""


class Store:
    """Asterisk's recordings: name -> bytes. *dies* is the act after which we die."""

    def __init__(self, **stored):
        self.stored = {NAME: b"\0" * (44 + 64_000), SHORT: b"\0" * 1_000}
        self.up = []
        self.dies = None
        self.acts = 0

    def act(self):
        self.acts += 1
        if self.acts == self.dies:
            raise Died

    async def list_stored(self):
        return [SimpleNamespace(name=name) for name in self.stored]

    async def list(self):
        return [SimpleNamespace(id=id) for id in self.up]

    async def get_stored_file(self, name):
        return self.stored[name]

    async def copy_stored(self, name, *, destination_recording_name):
        self.act()
        if destination_recording_name in self.stored:
            raise AlreadyThere("it is there")
        self.stored[destination_recording_name] = self.stored[name]
        self.act()

    async def delete_stored(self, name):
        self.act()
        del self.stored[name]
        self.act()


class House:
    def __init__(self, boxes=None, audio=None):
        self.store = Store()
        self.messages = MemoryMessages()
        self.audio = audio or NoAudio()
        self.facts = []
        self.boxes = {"box": BOX} if boxes is None else boxes
        world = SimpleNamespace(
            messages=self.messages,
            audio=self.audio,
            boxes=MemoryBoxes(self.messages, lambda: datetime.now(UTC)),
            transcribes=False,
            seconds=lambda: 1.0,
            note=self.facts.append,
        )
        client = SimpleNamespace(recordings=self.store, channels=self.store)
        site = SimpleNamespace(mailboxes=self.boxes)
        self.taking = FallbackMessages(client, lambda: (site, world))

    @property
    def fallback(self):
        return [n for n in self.store.stored if n.startswith("ivrflow-fallback/")]


@pytest.mark.parametrize(
    "name",
    [
        "ivrflow-fallback/../../etc/passwd",
        "ivrflow-fallback/1763808000-12313-138-1763808000.17/../x",
        "ivrflow-fallback/1763808000-12313-138",
        "ivrflow-fallback/now-12313-138-17",
        "ivrflow-fallback/1763808000-12'--138-17",
        "ivrflow-fallback/1763808000-12313-138-17\n",
        "voicemail/1763808000-12313-138-17",
        "ivrflow-fallback/1763808000-12313-138-" + "1" * 61,
    ],
)
def test_names_that_the_dialplan_does_not_give_are_not_read(name):
    assert Taped.of(name) is None


def test_name_says_when_who_and_where():
    taped = Taped.of(NAME)
    assert (taped.at, taped.dialled) == (1763808000.0, "12313")
    assert (taped.caller, taped.channel) == ("+8613800138009", "1763808000.17")
    assert Taped.of(SHORT).caller == "", "withheld"


async def test_message_is_taken_in_with_its_notice_and_what_is_too_short_goes():
    house = House()
    assert await house.taking.look() == 1
    [(id, kept)] = house.messages.all.items()
    assert (kept.state, kept.seconds, kept.new.mailbox) == ("new", 4.0, "box")
    assert kept.new.caller == "+8613800138009"
    assert [notice.to for notice in house.messages.outbox] == ["13800138000"]
    assert sorted(house.store.stored) == [f"voicemail/{id}"]
    assert await house.taking.look() == 0


async def test_silence_on_the_dialplans_tape_is_no_message():
    audio = MemoryAudio()
    audio.verdicts[NAME] = Judged(verdict=Verdict.SILENT, seconds=4.0)
    house = House(audio=audio)

    assert await house.taking.look() == 0
    assert house.messages.all == {}
    assert house.store.stored == {}


async def test_however_full_the_mailbox_is_it_is_taken_in():
    full = Mailbox.model_validate({"most": 1})
    house = House(boxes={"box": full})
    house.store.stored[NAME.replace(".17", ".19")] = house.store.stored[NAME]

    assert await house.taking.look() == 2


@pytest.mark.parametrize("dies", range(1, 7))
async def test_whoever_dies_between_two_acts_leaves_one_message(dies):
    house = House()
    house.store.dies = dies
    with pytest.raises(Died):
        await house.taking.look()
    house.store.dies = None
    await house.taking.look()
    assert [kept.state for kept in house.messages.all.values()] == ["new"]
    assert len(house.messages.outbox) == 1
    assert house.fallback == []


async def test_no_copy_is_made_of_a_message_whose_sound_is_in_the_store():
    house = House()
    delete = house.store.delete_stored

    async def away(name):
        raise AriAway("away")

    house.store.delete_stored = away
    assert await house.taking.look() == 0
    house.store.delete_stored = delete
    [id] = house.messages.all
    del house.store.stored[f"voicemail/{id}"]  # it is in the store now
    assert await house.taking.look() == 0
    assert house.store.stored == {}
    assert len(house.messages.outbox) == 1


@pytest.mark.parametrize("level", [3, "call.level"])
async def test_what_an_agent_must_be_able_to_do_is_the_mailboxs(level, caplog):
    work = {"queue": "desk", "within": "4h", "skills": {"skills": {"billing": level}}}
    house = House(boxes={"box": Mailbox.model_validate({"work": work})})
    assert await house.taking.look() == 1
    [kept] = house.messages.all.values()
    assert kept.new.wanted == (need({"billing": 3}) if level == 3 else ANYONE)


async def test_what_is_no_message_is_deleted_and_that_is_logged(caplog):
    caplog.set_level("INFO")
    await House().taking.look()
    assert f"{SHORT} that the dialplan recorded is no message" in caplog.text


async def test_message_that_a_full_disk_cut_short_is_kept_and_that_is_told(caplog):
    house = House()
    wav = bytearray(16 * 4096)  # whole blocks of a disk, and no whole frame behind 44
    wav[40:44] = (len(wav) - 44).to_bytes(4, "little")
    house.store.stored[NAME] = bytes(wav)
    assert await house.taking.look() == 1
    [(id, kept)] = house.messages.all.items()
    assert (kept.state, kept.seconds) == ("new", pytest.approx(4.1, abs=0.1))
    [told] = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert told.startswith(f"of the message {id} ")


async def test_what_is_being_spoken_waits_for_its_end():
    house = House()
    house.store.up = ["1763808000.17"]
    assert await house.taking.look() == 0
    assert house.fallback == [NAME]
    house.store.up = []
    assert await house.taking.look() == 1


async def test_site_without_a_mailbox_for_it_is_told_once(caplog):
    house = House(boxes={})
    for _ in range(3):
        assert await house.taking.look() == 0
    assert len(caplog.records) == 1
    assert "write fallback: yes at one of mailboxes.yaml" in caplog.text
    assert len(house.fallback) == 2


@pytest.mark.parametrize("error", [AriAway("away"), Gone("gone")])
async def test_an_asterisk_that_goes_away_is_asked_again_later(error, caplog):
    house = House()

    async def away():
        raise error

    before, house.store.list_stored = house.store.list_stored, away
    assert await house.taking.look() == 0
    house.store.list_stored = before
    assert await house.taking.look() == 1


def test_the_mailbox_that_says_so_takes_it_or_the_only_one():
    says = Mailbox.model_validate({"fallback": True})
    assert of_fallback({}) == ""
    assert of_fallback({"a": BOX}) == "a"
    assert of_fallback({"a": BOX, "b": BOX}) == ""
    assert of_fallback({"a": BOX, "b": says}) == "b"
