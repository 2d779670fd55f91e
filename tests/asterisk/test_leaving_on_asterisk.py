"""Messages that robots leave on the real Asterisk: what is kept of each, and how long.

All robots call at once. What counts is the rows: a message, whom it was told, and how
much of the recording is one.
"""

import asyncio

import pytest

from ivrflow.facts import MessageDropped, MessageLeft, StepEntered
from ivrflow.sim import tones
from ivrflow.sim.hearing import heard
from ivrflow.sim.phone import read_wav
from tests.asterisk_rig import until
from tests.site_rig import CALLER, SOUNDS, written_site

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(150)]

FILES = {
    "site.yaml": "languages: [en, zh-CN]\ntimezone: UTC\n",
    "hours.yaml": "night: {mon-fri: 20:00-23:00}\nday: {mon-fri: 08:00-18:00}\n",
    "numbers.yaml": """
"12341": {flow: plain}
"12342": {flow: reviewed}
"12343": {flow: both}
"12344": {flow: asked}
"12345": {flow: chinese}
""",
    "prompts/en.yaml": """
welcome: Welcome to the retailer hotline. Calls may be recorded.
outage_notice: Our system is being repaired. Balances may be a day old.
""",
    "prompts/zh-CN.yaml": """
welcome: 欢迎致电零售户服务热线，通话可能会被录音。
outage_notice: 系统维护中，余额可能延迟一天更新。
""",
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
timed:
  length: 3s..8s
  greeting: welcome
  greetings:
    - {if: hours.night.open, say: welcome}
    - {if: hours.day.open, say: outage_notice}
asked:
  length: 3s..8s
  number_asked: {offer: call.from}
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
    "flows/asked.yaml": """
flow: asked
steps:
  leave: {voicemail: asked, then: kept, failed: nothing}
  kept: {hangup: yes}
  nothing: {hangup: yes}
""",
    "flows/chinese.yaml": """
flow: chinese
steps:
  speaks: {set: {language: zh-CN}, then: leave}
  leave: {voicemail: timed, then: kept, failed: nothing}
  kept: {hangup: yes}
  nothing: {hangup: yes}
""",
    "demo.sql": "",
}
BY_DAY = "outage_notice"
"""What the mailbox `timed` says by day: a recording that is shipped."""
VOICE = 700
"""What a robot says, in Hz: steady, so that it is no busy tone."""

CUT = 0.35
"""Seconds by which a message may be longer than what was said: 0.2 s are left after it,
as speech ends faintly."""

STATES = """select m.mailbox, m.state, m.seconds, m.urgent, m.id, m.sound
from messages m where m.caller = ? order by m.at, m.mailbox"""


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

    async def is_greeted_by_day_in_chinese(self):
        """Whatever the time is: for CALLER it is Monday at ten."""
        self.caller = CALLER
        self.call = await self.phones.call("12345", caller=self.caller)
        await self.said(BY_DAY)
        await until(lambda: bool(self.rows), within=30)
        await self.call.hang_up()

    async def wants_to_be_called_elsewhere(self):
        self.call = await self.phones.call("12344", caller=self.caller)
        await self.said("message_number")
        await self.call.press("2")
        await self.said("callback_number")
        await self.call.press("13900139000#")
        confirmed = self.rig.heard.words[self.caller, "message_number"]
        await until(lambda: len(confirmed), wanted=2, within=30)
        await self.call.press("1")
        await self.said("voicemail_greeting")
        await self.call.press("#")
        await until(lambda: bool(self.rows), within=20)
        await asyncio.sleep(1.2)
        await self.call.play(tones.tone(VOICE, 4))
        await self.call.hang_up()

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


def recording(language):
    return read_wav(SOUNDS / language / f"{BY_DAY}.wav")


def states(robot):
    return [(mailbox, state) for mailbox, state, *_ in robot.rows]


def told(rig, robot):
    """Who is told of the messages of this robot."""
    ids = [row[4] for row in robot.rows]
    rows = rig.rows('select message, "to" from outbox order by id')
    return [to for message, to in rows if message in ids]


async def test_messages_of_robots_who_hang_up_and_of_robots_who_do_not(tmp_path):
    R = Robot
    async with written_site(tmp_path, FILES, spoken=True) as (rig, phones):
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
            R.is_greeted_by_day_in_chinese,
            R.wants_to_be_called_elsewhere,
        )
        found = {act: states(robot) for act, robot in of.items()}
        seconds = {
            act: [row[2] for row in robot.rows if row[1] == "new"]
            for act, robot in of.items()
        }
        who = {act: told(rig, robot) for act, robot in of.items()}
        [(number, state)] = rig.rows(
            "select number, state from messages where mailbox = 'asked'"
        )
        urgent = {act: [row[3] for row in robot.rows] for act, robot in of.items()}
        await until(rig.left_over, wanted=[])
    greeted = of[R.is_greeted_by_day_in_chinese].call.heard
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
    assert len(left) == 10
    # Greeted by time and language, and asked where to be called.
    assert await asyncio.to_thread(heard, greeted, recording("zh-CN"))
    assert not await asyncio.to_thread(heard, greeted, recording("en"))
    assert (number, state) == ("13900139000", "new")
