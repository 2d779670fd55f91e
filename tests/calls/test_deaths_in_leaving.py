"""A message is left whole, once, and as its caller wants, wherever the service dies.

What is simplest (a message, a review, a hang-up) is in `test_deaths_in_effects`; here
is what the talk can do besides.
"""

import asyncio

import pytest

from ivrflow.facts import MessageDropped, MessageLeft
from ivrflow.sim.memory import MemoryLookups
from ivrflow.sim.memory.sounds import MemoryAudio
from ivrflow.sim.scripted import ScriptedChannel, ScriptedSwitch
from ivrflow.voicemail.judging import Judged, Verdict
from tests.calls.deaths_rig import Town, every_death, played
from tests.unit.flow.boxes_rig import Spoken, sound
from tests.unit.flow.one_call import site

FLOW = """
on_error: sorry
steps:
  leave: {voicemail: [box, sales, full], then: kept, failed: nothing, keys: {0: away}}
  kept: {hangup: bye}
  nothing: {hangup: bye}
  away: {say: bye}
  sorry: {hangup: bye}
"""
BOX = """
box:
  greeting: hello
  length: 2s..60s
  silence: 4s
  review: yes
  number_asked: {offer: call.from}
  tell: [{email: a@example.com}]
sales: {tell: [{email: s@example.com}]}
full: {most: 0}
"""
ONE = "one: {greeting: hello, length: 2s..60s, most: 1}"


class Silent(MemoryAudio):
    """The first recording that it judges is silence, whenever it is asked."""

    def __init__(self):
        super().__init__()
        self.first = ""

    async def judged(self, recorded, limits):
        self.first = self.first or recorded.name
        if recorded.name == self.first:
            return Judged(verdict=Verdict.SILENT, seconds=recorded.seconds)
        return await super().judged(recorded, limits)


def leaving(answers, *, ends="#", audio=MemoryAudio, boxes=None, hangs_up_at=None):
    """The caller answers each question, and ends each recording after six seconds.

    *answers*: what is asked -> the key; *ends*: the key of each recording.
    """

    async def caller(channel):
        ended = []
        while not channel.gone.done():
            await asyncio.sleep(0.25)
            if channel.recording and channel.recording not in ended:
                ended.append(channel.recording)
                channel.speak(6)
                await asyncio.sleep(6)
                channel.press(ends[min(len(ended), len(ends)) - 1])
            elif channel.listening and not channel.recording:
                asked = channel.heard[-1][1].prompt.partition(".")[0]
                channel.press(answers.get(asked, ""))

    def arrange(loop):
        channel = ScriptedChannel(hangs_up_at=hangs_up_at)
        task = loop.create_task(caller(channel))
        channel.gone.add_done_callback(lambda _: task.cancel())
        return Town(
            channel=channel,
            switch=ScriptedSwitch({}),
            lookups=MemoryLookups({}),
            audio=audio(),
            boxes=boxes,
        )

    return arrange


KEEPS = {"message_number": "1", "review_message": "1", "message_before_operator": "1"}
DROPS = KEEPS | {"message_before_operator": "2"}


def states(town):
    return [(m.new.mailbox, m.state) for m in town.messages.all.values()]


@pytest.fixture
def box(tmp_path):
    return site(tmp_path, FLOW, mailboxes=BOX)


def test_a_message_for_several_is_in_all_that_have_room(box):
    for town in every_death(box, leaving(KEEPS)):
        assert states(town) == [("box", "new"), ("sales", "new")], town.died
        assert [n.to for n in town.messages.outbox] == [
            "a@example.com",
            "s@example.com",
        ]
        assert {m.new.number for m in town.messages.all.values()} == {"13800138000"}
        assert {f.mailbox for f in town.of(MessageLeft)} == {"box", "sales"}
        assert town.by == "flow", town.died


def test_who_is_told_that_it_is_full_hears_no_greeting_again(tmp_path):
    flow = FLOW.replace(
        "  kept: {hangup: bye}\n",
        "  kept: {voicemail: one, then: bye}\n  bye: {hangup: bye}\n",
    ).replace("[box, sales, full]", "one")
    for town in every_death(site(tmp_path, flow, mailboxes=ONE), leaving(KEEPS)):
        said = [prompt.prompt for _, prompt in town.channel.heard]
        told = said.index("mailbox_full")
        assert set(said[told:]) <= {"mailbox_full", "bye"}, (town.died, said)
        assert states(town) == [("one", "new")], town.died


def test_what_was_thrown_away_stays_away(box):
    for town in every_death(box, leaving(DROPS, ends="0")):
        assert states(town) == [("box", "dropped"), ("sales", "dropped")], town.died
        assert town.messages.outbox == [], town.died
        assert town.of(MessageLeft) == []
        assert {f.why for f in town.of(MessageDropped)} == {"thrown away"}, town.died
        assert town.channel.heard[-1][1].prompt == "bye", town.died


def test_who_goes_elsewhere_and_keeps_it_has_left_it_once(box):
    for town in every_death(box, leaving(KEEPS, ends="0")):
        assert states(town) == [("box", "new"), ("sales", "new")], town.died
        assert len(town.messages.outbox) == 2, town.died
        assert town.channel.heard[-1][1].prompt == "bye", town.died


def test_silence_is_dropped_and_what_comes_then_is_kept(box):
    for town in every_death(box, leaving(KEEPS, audio=Silent)):
        assert states(town) == [
            ("box", "dropped"),
            ("sales", "dropped"),
            ("box", "new"),
            ("sales", "new"),
        ], town.died
        assert len(town.messages.outbox) == 2, town.died
        dropped = {(f.mailbox, f.why) for f in town.of(MessageDropped)}
        assert dropped == {("box", "silent"), ("sales", "silent")}, town.died


def test_a_recorded_greeting_is_played_again_or_on(box):
    def with_one():
        audio = MemoryAudio()
        audio.all[sound(1)] = bytes(44 + 64_000)
        return audio

    spoken = Spoken({("unavailable", "en"): 1})
    for town in every_death(box, leaving(KEEPS, audio=with_one, boxes=spoken)):
        clips = [clip for _, said in town.channel.heard for clip in said.clips]
        assert f"heard/{sound(1)}" in clips, town.died
        assert states(town) == [("box", "new"), ("sales", "new")], town.died


def test_whenever_the_caller_hangs_up_while_it_is_dead_it_is_settled(box):
    for half in range(2, 50):
        arrange = leaving(DROPS, ends="0", hangs_up_at=half / 2 + 0.7)
        town = played(box, arrange, killed_at=half / 2)

        found = {state for _, state in states(town)}
        assert found <= {"new", "dropped"}, town.died
        assert len(found) <= 1, town.died
        assert len(town.messages.outbox) == 2 * ("new" in found), town.died
