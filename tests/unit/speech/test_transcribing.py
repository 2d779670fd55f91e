"""Messages that wait for an ear: a program that hears, dies, hangs, or lies."""

import asyncio
import logging
import os
import sys
from contextlib import asynccontextmanager

import pytest

from ivrflow.aio import beside
from ivrflow.flow.world.transcripts import DONE, FAILED, WAITING
from ivrflow.sim.memory.sounds import MemoryAudio
from ivrflow.sim.memory.transcripts import MemoryTranscripts
from ivrflow.speech import transcribing
from ivrflow.speech.transcribing import EarRules, Transcribing
from tests.unit.speech.wavs import tone_wav

SOUND, OTHER = "a" * 32, "b" * 32

TELLS = "import sys; print('in', sys.argv[1], len(sys.stdin.buffer.read()))"
DIES_ONCE = """
import os, signal, sys
if not os.path.exists(sys.argv[1]):
    open(sys.argv[1], "w").close()
    os.kill(os.getppid(), signal.SIGKILL)
print("here I am")
"""
BROKEN = """
import sys
print("my card is 4111")
sys.stderr.write("he said 4111")
sys.exit(3)
"""
HANGS = "import time; time.sleep(600)"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """What is tried again is tried again at once: nobody waits for an hour here."""
    monkeypatch.setattr(transcribing, "EVERY", 0.02)
    monkeypatch.setattr(transcribing, "PAUSES", (0.0, 0.0, 0.0))


class Office:
    """Somebody writes down what waits; `facts` has what he told."""

    def __init__(self, **sounds):
        self.audio, self.transcripts, self.facts = (
            MemoryAudio(),
            MemoryTranscripts(),
            [],
        )
        self.audio.all.update(sounds)

    @asynccontextmanager
    async def open(self, text, *more, **rules):
        command = (sys.executable, "-c", text, *more)
        one = Transcribing(
            self.transcripts,
            self.audio,
            EarRules(**{"command": command, **rules}),
            clock=lambda: 1000.0,
            note=self.facts.append,
        )
        async with beside(*one.works()):
            yield one

    async def ask(self, *sounds):
        for sound in sounds:
            await self.transcripts.ask(sound, "zh-CN", 0.0)

    async def settled(self, *sounds):
        """Wait until nothing of *sounds* waits; return what became of them."""
        async with asyncio.timeout(60):
            while True:
                of = await self.transcripts.of(sounds)
                if all(of[sound].state != WAITING for sound in sounds):
                    return [of[sound] for sound in sounds]
                await asyncio.sleep(0.02)


async def test_what_waits_is_written_down_in_its_language():
    office = Office(**{SOUND: tone_wav(1), OTHER: tone_wav(2)})
    await office.ask(SOUND)

    async with office.open(TELLS, "{language}"):
        [first] = await office.settled(SOUND)
        await office.ask(OTHER)
        [second] = await office.settled(OTHER)

    assert (first.state, first.words) == (DONE, f"in zh-CN {44 + 24000}")
    assert second.words == f"in zh-CN {44 + 40000}"
    assert office.transcripts.all[SOUND].by == "command"
    assert [(f.message, f.ok) for f in office.facts] == [(SOUND, True), (OTHER, True)]


async def test_an_ear_that_dies_is_replaced_and_the_message_heard_by_the_next(
    tmp_path,
):
    office = Office(**{SOUND: tone_wav(0.5)})
    await office.ask(SOUND)

    async with office.open(DIES_ONCE, str(tmp_path / "died")):
        [found] = await office.settled(SOUND)

    assert (found.state, found.words) == (DONE, "here I am")


async def test_an_ear_that_hangs_is_ended_and_does_not_hold_up_the_others(monkeypatch):
    monkeypatch.setattr(transcribing, "AT_LEAST", 0.5)
    monkeypatch.setattr(transcribing, "FOR_A_SECOND", 0.0)
    monkeypatch.setattr(transcribing, "PAUSES", ())
    office = Office(**{SOUND: tone_wav(3), OTHER: tone_wav(0.5)})
    await office.ask(SOUND, OTHER)
    long = "import sys, time; len(sys.stdin.buffer.read()) > 30000 and time.sleep(600)"

    async with office.open(f"{long}; print('short')"):
        hung, other = await office.settled(SOUND, OTHER)

    assert hung.state == FAILED
    assert hung.error == "the ear took longer than 0 s"
    assert other.state in (DONE, FAILED)  # on a slow machine half a second is short


async def test_one_that_fails_again_and_again_stays_without_words(caplog):
    office = Office(**{SOUND: tone_wav(0.5)})
    await office.ask(SOUND)

    async with office.open(BROKEN):
        [found] = await office.settled(SOUND)

    assert found.state == FAILED
    assert found.error.endswith("failed with status 3")
    assert office.transcripts.all[SOUND].tries == 4
    assert [f.ok for f in office.facts] == [False]
    assert [r.levelno for r in caplog.records] == [logging.WARNING]  # and not four
    assert "4111" not in caplog.text + found.error


async def test_words_are_in_no_log_and_no_fact(caplog):
    caplog.set_level(logging.DEBUG)
    office = Office(**{SOUND: tone_wav(0.5)})
    await office.ask(SOUND)

    async with office.open("print('my card is 4111')"):
        [found] = await office.settled(SOUND)

    assert found.words == "my card is 4111"
    assert "4111" not in caplog.text
    assert "4111" not in str(office.facts)


async def test_without_the_program_messages_wait_and_the_log_says_it_once(
    monkeypatch, caplog
):
    monkeypatch.setattr(transcribing, "AGAIN_AFTER", 0.05)
    office = Office(**{SOUND: tone_wav(0.5), OTHER: tone_wav(0.5)})
    await office.ask(SOUND, OTHER)

    async with office.open("", command=("/nowhere/at/all",)) as one:
        async with asyncio.timeout(60):
            while not one.trouble:
                await asyncio.sleep(0.01)
        assert "install it" in one.trouble

    assert {one.transcript.state for one in office.transcripts.all.values()} == {
        WAITING
    }
    assert caplog.text.count("/nowhere/at/all can't be run") == 1


async def test_days_without_the_program_are_no_tries():
    office = Office(**{SOUND: tone_wav(0.5)})
    await office.ask(SOUND)

    async with office.open("", command=("/nowhere/at/all",)):
        async with asyncio.timeout(60):
            while not office.transcripts.all[SOUND].transcript.error:
                await asyncio.sleep(0.01)

    assert office.transcripts.all[SOUND].tries == 0


async def test_a_message_that_services_die_of_is_not_taken_for_ever(caplog):
    office = Office(**{SOUND: tone_wav(0.5)})
    await office.ask(SOUND)
    now = 0.0
    for _ in range(4):  # taken each time, and never settled
        await office.transcripts.due(now, 1)
        await office.transcripts.release(now + 60)
        now += 120

    async with office.open("print('the fifth')"):
        [found] = await office.settled(SOUND)

    assert found.state == FAILED
    assert "the service ended" in found.error
    assert [f.ok for f in office.facts] == [False]


async def test_what_is_too_long_or_gone_or_empty_needs_no_ear(monkeypatch):
    gone = "c" * 32
    office = Office(**{SOUND: tone_wav(3), OTHER: tone_wav(0)})
    await office.ask(SOUND, OTHER, gone)

    async with office.open(HANGS, longest=2.0):
        long, empty, none = await office.settled(SOUND, OTHER, gone)

    assert (long.state, long.error) == (FAILED, "it is longer than 2 s")
    assert (empty.state, empty.error) == (FAILED, "there is nothing to be heard")
    assert none.state == FAILED
    assert "there is no sound" in none.error


async def test_who_is_stopped_over_a_message_leaves_it_to_the_next():
    office = Office(**{SOUND: tone_wav(0.5)})
    await office.ask(SOUND)

    async with office.open(HANGS):
        async with asyncio.timeout(60):
            while not office.transcripts.all[SOUND].tries:
                await asyncio.sleep(0.01)
    async with office.open("print('at last')"):
        await office.transcripts.release(1000.0)
        [found] = await office.settled(SOUND)

    assert found.words == "at last"


async def test_several_ears_hear_at_once(tmp_path):
    """Each waits for the other: alone neither comes to its end."""
    both = """
import os, sys, time
here = os.path.join(sys.argv[1], str(os.getpid()))
open(here, "w").close()
while len(os.listdir(sys.argv[1])) < 2:
    time.sleep(0.01)
print("both")
"""
    office = Office(**{SOUND: tone_wav(0.5), OTHER: tone_wav(0.5)})
    await office.ask(SOUND, OTHER)

    async with office.open(both, str(tmp_path), processes=2):
        found = await office.settled(SOUND, OTHER)

    assert [one.words for one in found] == ["both", "both"]


def runs(pid):
    """Whether there is a process of that number."""
    return os.path.exists(f"/proc/{pid}")


async def test_a_process_that_had_nothing_to_do_is_ended(monkeypatch):
    monkeypatch.setattr(transcribing, "IDLE", 0.1)
    office = Office(**{SOUND: tone_wav(0.5), OTHER: tone_wav(0.5)})
    tells = "import os; print(os.getppid())"
    await office.ask(SOUND)

    async with office.open(tells):
        [first] = await office.settled(SOUND)
        async with asyncio.timeout(60):
            while runs(first.words):
                await asyncio.sleep(0.02)
        await office.ask(OTHER)
        [second] = await office.settled(OTHER)

    assert first.words != second.words
