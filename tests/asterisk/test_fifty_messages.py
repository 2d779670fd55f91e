"""Fifty callers leave a message in one mailbox at once: all whole, and no one too many.

The mailbox keeps 45. So 45 are kept, each with what its own caller has said; five are
told that it is full, before they have said a word; none is lost.
"""

import asyncio
from collections import Counter

import pytest

from ivrflow.aio import beside
from ivrflow.facts import MessageLeft
from ivrflow.sim import tones
from ivrflow.sim.phone import read_wav
from tests.asterisk_rig import until
from tests.site_rig import written_site

pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(200)]

CALLERS, MOST, SECONDS = 50, 45, 4.0
LATE = 5.0
"""Seconds of silence before a voice at most: it speaks a moment after the tone."""

VOICES = (500, 650, 850, 1050, 1250)
"""What robots say, in Hz: neighbours by number say different things."""

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": '"12341": {flow: leave}\n',
    "prompts/en.yaml": "hello: Hello.\n",
    "mailboxes.yaml": f"""
service:
  most: {MOST}
  length: 2s..30s
  tell: [{{email: duty@example.com}}]
""",
    "flows/leave.yaml": """
flow: leave
steps:
  leave: {voicemail: service, then: kept, failed: nothing}
  kept: {hangup: yes}
  nothing: {hangup: yes}
""",
    "demo.sql": "",
}


class Seen:
    """What the robots wait for: looked at by one for all, or looking would be most of
    what this machine does."""

    def __init__(self, rig):
        self.rig = rig
        self.begun, self.full = set(), set()

    async def look(self):
        while True:
            rows = self.rig.rows("select caller from messages")
            self.begun = {caller for (caller,) in rows}
            self.full = {
                caller
                for caller, prompt in self.rig.heard.words
                if prompt == "mailbox_full"
            }
            await asyncio.sleep(0.25)

    async def answer(self, caller):
        """Whether there is a tone for this caller, as soon as that is known."""
        async with asyncio.timeout(60):
            while caller not in self.begun | self.full:
                await asyncio.sleep(0.1)
        return caller in self.begun


async def leave(rig, phones, seen, number):
    """Call, speak behind the tone if there is one, hang up."""
    caller = f"139{number:08d}"
    call = await phones.call("12341", caller=caller, keep=0)
    if await seen.answer(caller):
        await asyncio.sleep(1.5)
        await call.play(tones.tone(voice(caller), SECONDS))
    await call.hang_up()


def told(rig):
    """The messages that are told of, each as often as it is."""
    return [f.message for f in rig.heard.facts if isinstance(f, MessageLeft)]


def voice(caller):
    return VOICES[int(caller[-2:]) % len(VOICES)]


async def test_fifty_at_once_get_the_places_that_there_are(tmp_path):
    async with written_site(tmp_path, FILES, spoken=True) as (rig, phones):
        seen = Seen(rig)
        async with beside(seen.look()), asyncio.TaskGroup() as group:
            for number in range(CALLERS):
                group.create_task(leave(rig, phones, seen, number))
        settled = "select count(*) from messages where state = 'recording'"
        await until(lambda: rig.rows(settled) == [(0,)], within=30)

        rows = rig.rows("select caller, state, seconds, sound from messages")
        assert Counter(state for _, state, _, _ in rows) == {"new": MOST}
        assert len(seen.full) == CALLERS - MOST
        assert not seen.full & {caller for caller, _, _, _ in rows}
        # A message is told of in a moment after it was kept.
        await until(lambda: len(told(rig)) >= MOST, within=30)
        assert len(set(told(rig))) == len(told(rig)) == MOST
        assert rig.rows("select count(distinct message) from outbox") == [(MOST,)]

        stored = "select count(*) from sounds where place = 'store' and recorded = ''"
        await until(lambda: rig.rows(stored) == [(MOST,)], within=60)
        for caller, _, seconds, sound in rows:
            assert SECONDS - 0.5 < seconds < SECONDS + LATE, caller
            wav = await rig.running.world.audio.read(sound)
            path = tmp_path / "heard.wav"
            path.write_bytes(wav)
            heard = read_wav(path)
            assert tones.has_tone(heard, voice(caller)), caller
            assert tones.duration(heard) < SECONDS + LATE, caller
        assert await rig.left_over() == []
