"""Mailboxes that robots hear on the real Asterisk, from a store that is sealed.

All robots call at once, each with a mailbox of its own. The messages were taken in as
those of another system are. What counts is what came out of the phones, and the rows.
"""

import asyncio
import wave
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from secrets import token_hex

import pytest

from ivrflow.db.audit import Entry
from ivrflow.db.engine import Database
from ivrflow.db.taking_in import Brought, OldMessage, SqlTakingIn
from ivrflow.facts import (
    GreetingChanged,
    MailboxEntered,
    MailboxRefused,
    MessageDeleted,
    MessageForwarded,
    MessageHeard,
    MessageMoved,
    MessageRestored,
    PinChanged,
    SenderCalled,
)
from ivrflow.sim.hearing import heard
from ivrflow.telephony.channel import HungUp
from tests.asterisk_rig import until
from tests.site_rig import written_site

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(150)]

SOUNDS = Path(__file__).parents[2] / "sounds" / "en"
SHORT, LONG, SPOKEN = "welcome", "enter_pin.wrong", "outage_notice"
"""What is said in messages and greetings: recordings that are shipped."""

PIN = "4711"
NEW_PIN = "9034"
BOXES = {n: f"box{n}" for n in range(801, 814)}

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": """
"12398": {flow: hear}
"12345": {flow: leave}
"12346": {flow: leave_another}
""",
    "prompts/en.yaml": "hello: Hello.\n",
    "mailboxes.yaml": "".join(
        f'{name}: {{number: "{n}", length: 1s..8s}}\n' for n, name in BOXES.items()
    ),
    "flows/hear.yaml": """
flow: hear
steps:
  hear: {listen: any, failed: refused}
  bye: {hangup: yes}
  refused: {hangup: yes}
""",
    "flows/leave.yaml": """
flow: leave
steps:
  leave: {voicemail: box803, kind: busy, then: bye, failed: bye}
  bye: {hangup: yes}
""",
    "flows/leave_another.yaml": """
flow: leave_another
steps:
  leave: {voicemail: box809, kind: busy, then: bye, failed: bye}
  bye: {hangup: yes}
""",
    "demo.sql": "",
}
STATE = "select state, folder, heard from messages where id = ?"

CUSTOMER = "1002"
"""A phone of the private Asterisk: who has left a message there is called back."""
HEARS, SENDS = 1050, 1270
"""What the two send who talk, in Hz."""


def pcm(name):
    with wave.open(str(SOUNDS / f"{name}.wav")) as sound:
        return sound.readframes(sound.getnframes())


def seconds(name):
    return len(pcm(name)) / 16_000


@asynccontextmanager
async def service(folder):
    """The service with these mailboxes, sealed, and phones."""
    (folder / "seal").write_text(token_hex(32) + "\n")
    (folder / "seal").chmod(0o600)
    more = f"""\
voicemail: {{keys: [seal]}}
outbound: {{endpoint: "PJSIP/{{number}}", prefixes: ["{CUSTOMER}"]}}
"""
    async with written_site(folder, FILES, more=more) as (rig, phones):
        hashed = rig.kept.hashed(PIN)
        for name in BOXES.values():
            await rig.running.world.boxes.set_pin(name, hashed, by="test")
        yield rig, phones


class Owner:
    """A robot who hears the mailbox of this number."""

    def __init__(self, rig, phones, number):
        self.rig, self.phones, self.number = rig, phones, number
        self.box, self.caller = BOXES[number], f"13800000{number}"
        self.calls = []

    # What there is --------------------------------------------------------------------

    async def has(self, database, *names, caller="13900139000"):
        """Messages were taken in, each what one recording says; return their ids."""
        ids = []
        for nth, name in enumerate(names):
            sound, world = f"{self.number}{nth}".rjust(32, "0"), self.rig.running.world
            taking, now = SqlTakingIn(database), world.seconds()
            assert await taking.begin({sound: "message"}, now)
            wav = (SOUNDS / f"{name}.wav").read_bytes()
            speech = Brought(
                sound=sound,
                kind="message",
                seconds=seconds(name),
                copied=await world.audio.put(sound, wav),
            )
            message = OldMessage(
                message=sound,
                mailbox=self.box,
                speech=speech,
                comment=None,
                state="new",
                folder="",
                urgent=False,
                at=now - 3600 + nth,
                caller=caller,
                dialled="12345",
            )
            entry = Entry(at=now, who="test", what=f"takes in {sound}")
            assert await taking.message(message, now, entry)
            ids.append(sound)
        return ids

    # What it does ---------------------------------------------------------------------

    async def enters(self, keys="", *, pin=PIN):
        """Call, and press all this at once: the prompts have no recordings here."""
        self.calls.append(await self.phones.call("12398", caller=self.caller))
        await self.press(f"{self.number}#{pin}#{keys}")

    async def press(self, keys):
        with suppress(HungUp):  # the last key may end the call at once
            await self.calls[-1].press(keys)

    async def to_the_end(self):
        """The message that plays is over."""
        await self.rig.heard.said(self.caller, "box_message_menu")

    async def speaks(self):
        """Say something behind the tone, end it, and keep it."""
        await self.calls[-1].until_sound(30)
        await asyncio.sleep(1.5)
        await self.calls[-1].play(pcm(SPOKEN))
        await self.press("#1")

    async def leaves(self):
        await self.press("#")
        await self.calls[-1].ended(20)

    def of(self, kind):
        callers = self.rig.heard._callers
        return [
            f
            for f in self.rig.heard.facts
            if isinstance(f, kind) and callers.get(f.call) == self.caller
        ]

    async def noted(self, kind, times=1):
        await until(lambda: len(self.of(kind)) >= times, within=30)

    async def sounded(self, name):
        """Whether this recording came out of the phone."""
        return await asyncio.to_thread(heard, self.calls[-1].heard, pcm(name))

    def row(self, message):
        [row] = self.rig.rows(STATE, message)
        return row


async def guesses(owner, database):
    """Three wrong PINs end a call, five lock the mailbox."""
    await owner.has(database, SHORT)
    wrong = 0
    for times in (3, 2):
        for nth in range(times):
            if nth == 0:
                await owner.enters(pin="0000")
            else:
                await owner.press(f"{owner.number}#1111#")
            wrong += 1
            await owner.noted(MailboxRefused, wrong)
        if times == 3:
            await owner.calls[-1].ended(20)
        else:
            await owner.calls[-1].hang_up()
    await owner.enters()
    await owner.calls[-1].ended(20)
    await owner.noted(MailboxRefused, 6)

    assert [f.why for f in owner.of(MailboxRefused)] == ["wrong"] * 5 + ["locked"]
    assert owner.of(MailboxEntered) == []
    assert owner.of(MessageHeard) == []


async def hears(owner, database):
    """A message that another system has kept is heard, and old from then on."""
    [message] = await owner.has(database, SHORT)
    await owner.enters("1")
    await owner.noted(MessageHeard)
    await owner.to_the_end()
    await owner.leaves()

    assert await owner.sounded(SHORT)
    assert owner.row(message)[0] == "old"


async def greets(owner, database, *, keys="041", dialled="12345"):
    """A temporary greeting is spoken by phone, and callers hear it."""
    await owner.enters(keys)
    await owner.rig.heard.said(owner.caller, "announcement_speak")
    await owner.speaks()
    await owner.noted(GreetingChanged)
    await owner.press("*")
    await owner.leaves()
    caller = await owner.phones.call(dialled, caller=f"13900000{owner.number}")
    await caller.until_sound(20)
    await asyncio.sleep(seconds(SPOKEN) + 2)
    await caller.hang_up()

    assert await asyncio.to_thread(heard, caller.heard, pcm(SPOKEN))


async def greets_who_comes_while_he_talks(owner, database):
    """The same with a greeting of his own for when he is busy."""
    await greets(owner, database, keys="02", dialled="12346")


async def changes_his_pin(owner, database):
    """The new PIN opens the mailbox, and the old one does not."""
    await owner.enters("05")
    for prompt in ("box_new_pin", "box_new_pin_again"):
        await owner.rig.heard.said(owner.caller, prompt)
        await owner.press(f"{NEW_PIN}#")
    await owner.noted(PinChanged)
    await owner.press("*")
    await owner.leaves()
    await owner.enters()
    await owner.noted(MailboxRefused)
    await owner.press(f"{owner.number}#{NEW_PIN}#")
    await owner.noted(MailboxEntered, 2)
    await owner.leaves()


async def writes_and_is_answered(owner, database):
    """A message is spoken for another mailbox, and the answer comes back."""
    other = Owner(owner.rig, owner.phones, 812)
    for one, keys in ((owner, "35812##"), (other, "131")):
        await one.enters(keys)
        await one.rig.heard.said(one.caller, "announcement_speak")
        await one.speaks()
        await one.noted(MessageForwarded)
        await one.leaves()
    await owner.enters("1")
    await owner.noted(MessageHeard)
    await owner.to_the_end()
    await owner.leaves()

    assert await owner.sounded(SPOKEN)
    ways = [f.how for one in (owner, other) for f in one.of(MessageForwarded)]
    assert ways == ["new", "reply"]


async def calls_back(owner, database):
    """Who left a message is called out of the mailbox, and the two talk."""
    await owner.has(database, SHORT, caller=CUSTOMER)
    passwords = owner.rig.pbx.credentials.agents
    customer = await owner.phones.agent(CUSTOMER, password=passwords[CUSTOMER])
    customer.answers(after=0.2)
    await owner.enters("1")
    await owner.to_the_end()
    await owner.press("32")
    there = await customer.next_call(20)
    owner.calls[-1].send_tone(HEARS)
    there.send_tone(SENDS)
    assert await there.hears_tone(HEARS, 10)
    assert await owner.calls[-1].hears_tone(SENDS, 10)
    await there.hang_up()
    await owner.noted(SenderCalled)
    await owner.leaves()

    [called] = owner.of(SenderCalled)
    assert (called.number, called.how) == (CUSTOMER, "talked")


async def forwards(owner, database):
    """A message goes to another mailbox, and is heard there."""
    await owner.has(database, SHORT)
    other = Owner(owner.rig, owner.phones, 808)
    await owner.enters("18808##2")
    await owner.noted(MessageForwarded)
    await owner.leaves()
    await other.enters("1")
    await other.noted(MessageHeard)
    await other.to_the_end()
    await other.leaves()

    assert await other.sounded(SHORT)
    [sent] = owner.of(MessageForwarded)
    assert (sent.to, other.row(sent.copy)[0]) == ("box808", "old")


async def files(owner, database):
    """Saved under work it is heard there."""
    [message] = await owner.has(database, SHORT)
    await owner.enters("192")
    await owner.noted(MessageMoved)
    await owner.press("221")
    await owner.noted(MessageHeard)
    await owner.to_the_end()
    await owner.leaves()

    assert owner.row(message)[:2] == ("old", "work")
    assert await owner.sounded(SHORT)


async def regrets(owner, database):
    """Deleted and brought back by the same key, with the next one heard between."""
    first, second = await owner.has(database, LONG, SHORT)
    await owner.enters("1")
    await owner.noted(MessageHeard)
    await owner.press("7")
    await owner.noted(MessageDeleted)
    await owner.press("4")
    await owner.press("7")
    await owner.noted(MessageRestored)
    await owner.leaves()

    assert owner.row(first)[0] == "old"
    assert owner.row(second)[0] in ("new", "old")


async def is_cut_off(owner, database):
    """The next call goes on where this one was."""
    await owner.has(database, LONG)
    await owner.enters("1")
    await owner.noted(MessageHeard)
    await asyncio.sleep(3.5)
    await owner.calls[-1].hang_up()
    await asyncio.sleep(1)
    await owner.enters()
    await owner.to_the_end()
    await owner.leaves()

    sound, rest = pcm(LONG), owner.calls[-1].heard
    second = 16_000
    assert await asyncio.to_thread(heard, rest, sound[4 * second : 6 * second])
    assert not await asyncio.to_thread(heard, rest, sound[: 2 * second])


ACTS = {
    801: guesses,
    802: hears,
    803: greets,
    804: forwards,  # to 808
    805: files,
    806: regrets,
    807: is_cut_off,
    809: greets_who_comes_while_he_talks,
    810: changes_his_pin,
    811: writes_and_is_answered,  # by 812
    813: calls_back,
}


async def test_mailboxes_are_heard_by_phone(tmp_path):
    async with service(tmp_path) as (rig, phones):
        database = Database(f"sqlite:///{rig.kept.database}")
        try:
            async with asyncio.TaskGroup() as group:
                for number, act in ACTS.items():
                    group.create_task(act(Owner(rig, phones, number), database))
        finally:
            await database.close()
        await until(rig.left_over, wanted=[])
        stored = list((tmp_path / "voicemail").rglob("*.ivm"))
        plain = list((tmp_path / "voicemail-playing").iterdir())
        audited = rig.rows("select who, what from audit")

    # Sealed while it lies there, and plain no longer than it is heard.
    assert stored
    for file in stored:
        assert file.read_bytes()[:4] == b"IVM1"
    assert plain == []
    assert ("mailbox 802", "message " + "0" * 28 + "8020 of mailbox box802") in audited
