"""Messages that robots leave on the real Asterisk: what is kept of each, and how long.

All robots call at once. What counts is the rows: a message, whom it was told, and how
much of the recording is one.
"""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.config import read_settings
from ivrflow.facts import MessageDropped, MessageLeft, StepEntered
from ivrflow.flow.load import load_site
from ivrflow.service.run import serving
from ivrflow.sim import tones
from ivrflow.sim.phone import Phones
from tests.asterisk_rig import until
from tests.hotline_rig import Heard, Rig
from tests.site_rig import install

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(150)]

SOUNDS = Path(__file__).parents[2] / "sounds"

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": """
"12341": {flow: plain}
"12342": {flow: reviewed}
"12343": {flow: both}
""",
    "prompts/en.yaml": "hello: Hello.\n",
    "mailboxes.yaml": """
plain:
  length: 3s..8s
  silence: 3s
  tell: [{email: duty@example.com}]
reviewed:
  length: 3s..8s
  silence: 3s
  review: yes
  tell: [{email: duty@example.com}, {sms: "13800138999", when: urgent}]
second:
  tell: [{email: second@example.com}]
""",
    "flows/plain.yaml": """
flow: plain
steps:
  leave: {voicemail: plain, then: kept, failed: nothing, keys: {0: operator}}
  kept: {hangup: yes}
  nothing: {hangup: yes}
  operator: {hangup: apology}
""",
    "flows/reviewed.yaml": """
flow: reviewed
steps:
  leave: {voicemail: reviewed, then: kept, failed: nothing}
  kept: {hangup: yes}
  nothing: {hangup: yes}
""",
    "flows/both.yaml": """
flow: both
steps:
  leave: {voicemail: [plain, second], then: kept, failed: nothing}
  kept: {hangup: yes}
  nothing: {hangup: yes}
""",
    "demo.sql": "",
}
VOICE = 700
"""What a robot says, in Hz: steady, so that it is no busy tone."""

CUT = 0.35
"""Seconds by which a message may be longer than what was said: 0.2 s are left after it,
as speech ends faintly."""

STATES = """select m.mailbox, m.state, m.seconds, m.urgent, m.id, m.sound
from messages m where m.caller = ? order by m.at, m.mailbox"""


@asynccontextmanager
async def service(folder):
    """The service with these mailboxes, and phones."""
    site = folder / "site"
    for name, text in FILES.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    loaded, heard = load_site(site), Heard()
    async with private_asterisk(find(fetched_folder()), folder / "asterisk") as pbx:
        kept = install(folder, loaded, pbx)
        path = folder / "ivrflow.yaml"
        text = path.read_text("utf-8")
        path.write_text(text.replace(str(folder / "sounds"), str(SOUNDS)), "utf-8")
        kept.settings = read_settings(path)
        async with (
            serving(kept.settings, loaded, listener=heard.note) as running,
            Phones(sip=pbx.sip) as phones,
        ):
            assert await running.client.link.until_ready(20)
            yield Rig(pbx, kept, running, heard), phones


class Robot:
    """A caller who leaves a message."""

    def __init__(self, rig, phones, caller):
        self.rig, self.phones, self.caller = rig, phones, caller

    @property
    def rows(self):
        return self.rig.rows(STATES, self.caller)

    async def greeted(self, number="12341"):
        """Call, and hear how the greeting begins."""
        self.call = await self.phones.call(number, caller=self.caller)
        await self.said("voicemail_greeting")

    async def said(self, prompt):
        await self.rig.heard.said(self.caller, prompt)

    async def at_the_tone(self, number="12341"):
        """Skip the greeting; return in the moment in which the tone begins."""
        await self.greeted(number)
        await self.call.press("#")
        await until(lambda: bool(self.rows), within=20)

    async def speaks(self, seconds, number="12341"):
        """Speak behind the tone."""
        await self.at_the_tone(number)
        await asyncio.sleep(1.2)
        await self.call.play(tones.tone(VOICE, seconds))

    # What they do -------------------------------------------------------------------

    async def hangs_up_in_the_greeting(self):
        await self.greeted()
        await asyncio.sleep(1)
        await self.call.hang_up()

    async def hangs_up_in_the_tone(self):
        await self.at_the_tone()
        await self.call.hang_up()

    async def hangs_up_after_speaking(self):
        await self.speaks(4)
        await self.call.hang_up()

    async def hangs_up_in_the_review(self):
        await self.speaks(4, "12342")
        await self.call.press("#")
        await self.said("review_message")
        await asyncio.sleep(0.5)
        await self.call.hang_up()

    async def hangs_up_over_the_last_words(self):
        await self.speaks(4)
        await self.call.press("#")
        await self.said("message_saved")
        await self.call.hang_up()

    async def says_nothing(self):
        await self.at_the_tone()
        await self.said("message_nothing")
        await self.call.hang_up()

    async def says_one_word(self):
        await self.speaks(1)
        await self.call.press("#")
        await self.said("message_too_short")
        await self.call.hang_up()

    async def speaks_too_long(self):
        await self.at_the_tone()
        await asyncio.sleep(1)
        self.call.send_tone(VOICE)
        await self.said("message_saved")
        await self.call.ended(20)

    async def thinks_before_the_end_key(self):
        await self.speaks(4)
        await asyncio.sleep(2)
        await self.call.press("#")
        await self.said("message_saved")
        await self.call.ended(20)

    async def falls_silent(self):
        await self.speaks(4)
        await self.said("message_saved")
        await self.call.ended(20)

    async def is_in_a_hurry(self):
        await self.speaks(4, "12342")
        await self.call.press("#")
        await self.said("review_message")
        await self.call.press("4")
        await self.said("message_urgent")
        await asyncio.sleep(2.5)
        await self.call.press("1")
        await self.said("message_saved")
        await self.call.ended(20)

    async def leaves_a_busy_line(self):
        """As an analogue line sounds whose caller has hung up (China: 450 Hz)."""
        await self.at_the_tone()
        await asyncio.sleep(0.5)
        beat = tones.tone(450, 0.35) + tones.silence(0.35)
        await self.call.play(beat * 10)
        await self.call.hang_up()

    async def wants_a_person(self):
        await self.speaks(4)
        await self.call.press("0")
        await self.said("message_before_operator")
        await self.call.press("2")
        await self.call.ended(20)

    async def speaks_to_two(self):
        await self.speaks(4, "12343")
        await self.call.press("#")
        await self.said("message_saved")
        await self.call.ended(20)


async def play(rig, phones, *acts):
    """Let one robot do each of these, all at once; return the robots by act."""
    robots = {
        act: Robot(rig, phones, f"1380000{n:04}") for n, act in enumerate(acts, 1)
    }
    async with asyncio.TaskGroup() as group:
        for act, robot in robots.items():
            group.create_task(act(robot))
    await rig.running.live.nobody()
    unsettled = "select count(*) from messages where state = 'recording'"
    await until(lambda: rig.rows(unsettled), wanted=[(0,)], within=20)
    return robots


def states(robot):
    return [(mailbox, state) for mailbox, state, *_ in robot.rows]


def told(rig, robot):
    """Who is told of the messages of this robot."""
    ids = [row[4] for row in robot.rows]
    rows = rig.rows('select message, "to" from outbox order by id')
    return [to for message, to in rows if message in ids]


async def test_messages_of_robots_who_hang_up_and_of_robots_who_do_not(tmp_path):
    R = Robot
    async with service(tmp_path) as (rig, phones):
        of = await play(
            rig,
            phones,
            R.hangs_up_in_the_greeting,
            R.hangs_up_in_the_tone,
            R.hangs_up_after_speaking,
            R.hangs_up_in_the_review,
            R.hangs_up_over_the_last_words,
            R.says_nothing,
            R.says_one_word,
            R.speaks_too_long,
            R.thinks_before_the_end_key,
            R.falls_silent,
            R.is_in_a_hurry,
            R.leaves_a_busy_line,
            R.wants_a_person,
            R.speaks_to_two,
        )
        found = {act: states(robot) for act, robot in of.items()}
        seconds = {
            act: [row[2] for row in robot.rows if row[1] == "new"]
            for act, robot in of.items()
        }
        who = {act: told(rig, robot) for act, robot in of.items()}
        urgent = {act: [row[3] for row in robot.rows] for act, robot in of.items()}
        await until(rig.left_over, wanted=[])
    facts = rig.heard.facts
    why = {f.message: f.why for f in facts if isinstance(f, MessageDropped)}
    dropped = {
        act: [why.get(row[4]) for row in robot.rows if row[1] == "dropped"]
        for act, robot in of.items()
    }

    # Nobody has spoken: nothing is left of it.
    assert found[R.hangs_up_in_the_greeting] == []
    assert found[R.hangs_up_in_the_tone] == [("plain", "dropped")]
    assert found[R.says_nothing][0] == ("plain", "dropped")
    assert dropped[R.says_nothing][0] == "silent"
    assert dropped[R.says_one_word][0] == "short"
    assert dropped[R.leaves_a_busy_line] == ["busy tone"]
    # What was thrown away is gone, and who wants a person comes to one.
    assert dropped[R.wants_a_person] == ["thrown away"]
    operator = [f for f in facts if isinstance(f, StepEntered) and f.step == "operator"]
    assert len(operator) == 1
    # Whoever hangs up has left what was said.
    for act in (
        R.hangs_up_after_speaking,
        R.hangs_up_in_the_review,
        R.hangs_up_over_the_last_words,
    ):
        assert [state for _, state in found[act]] == ["new"], act
        assert seconds[act] == [pytest.approx(4.4, abs=1)], act
    assert found[R.speaks_to_two] == [("plain", "new"), ("second", "new")]
    assert len({row[5] for row in of[R.speaks_to_two].rows}) == 1
    # It is ended by our clock, which begins a moment before Asterisk's first sound.
    [longest] = seconds[R.speaks_too_long]
    assert 6.5 <= longest <= 8.2
    # A pause before the tone's end is theirs, one after the last word is cut off.
    [key], [silence] = seconds[R.thinks_before_the_end_key], seconds[R.falls_silent]
    assert 3.5 <= key <= 4 + 1.2 + CUT
    assert 3.5 <= silence <= 4 + 1.2 + CUT
    # Told is of what was kept, once each.
    duty = "duty@example.com"
    assert {act: to for act, to in who.items() if to} == {
        R.hangs_up_after_speaking: [duty],
        R.hangs_up_in_the_review: [duty],
        R.hangs_up_over_the_last_words: [duty],
        R.speaks_too_long: [duty],
        R.thinks_before_the_end_key: [duty],
        R.falls_silent: [duty],
        R.is_in_a_hurry: [duty, "13800138999"],
        R.speaks_to_two: [duty, "second@example.com"],
    }
    assert [act for act, marks in urgent.items() if any(marks)] == [R.is_in_a_hurry]
    left = [f for f in facts if isinstance(f, MessageLeft)]
    assert len(left) == 9
