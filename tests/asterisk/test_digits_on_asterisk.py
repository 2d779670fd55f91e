"""The digit table of the flow language, row by row, with real phones and real Asterisk.

The phones press RFC 4733 digits. A robot's times are never exact, so what must not be
late has a second to spare, and what must not be early is measured between two facts.
"""

import asyncio
import wave
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from ivrflow.facts import DigitsCollected, Said, StepEntered
from ivrflow.flow.answer import answer
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.world import World
from ivrflow.sim import tones
from ivrflow.sim.memory import (
    MemoryCallbacks,
    MemoryLockOuts,
    MemoryLookups,
    MemoryMessages,
    MemorySwitches,
    PlainVerifier,
)
from ivrflow.sim.phone import CallRefused
from tests.unit.flow.one_call import site

pytestmark = pytest.mark.asterisk

WAIT, BETWEEN, COMPLETE = 2.0, 1.0, 0.6
"""The three timers in these tests, in seconds."""

TIMERS = f"wait: {WAIT}s, between_keys: {BETWEEN}s"

LONG = 3.0
"""Seconds that the prompt `long` takes."""


class Talk:
    """A call through a small flow, as its robot phone and its facts show it."""

    def __init__(self, phone, facts):
        self.phone = phone
        self._facts = facts

    async def ended(self, number=1, within=12):
        """Wait for the how-manyth entry; return its digits and how it ended."""
        async with asyncio.timeout(within):
            while len(self.entries) < number:
                await asyncio.sleep(0.02)
        return self.entries[number - 1][:2]

    async def said(self, prompt, times=1, within=10):
        """Wait until *prompt* begins, so many times in all."""
        async with asyncio.timeout(within):
            while [p for p, _ in self.prompts].count(prompt) < times:
                await asyncio.sleep(0.02)

    @property
    def entries(self):
        return [(f.digits, f.result, at) for at, f in self._of(DigitsCollected)]

    @property
    def prompts(self):
        return [(f.prompt, at) for at, f in self._of(Said)]

    @property
    def steps(self):
        return [f.step for _, f in self._of(StepEntered)]

    def _of(self, kind):
        return [(at, f) for at, f in self._facts if isinstance(f, kind)]


@asynccontextmanager
async def talking(ari, folder, flow):
    """Call *flow* from a robot phone; at the end the phone hangs up."""
    record(ari.asterisk, "long", LONG)
    record(ari.asterisk, "short", 0.3)
    facts = []
    async with asyncio.TaskGroup() as group:
        calling = group.create_task(ari.phones.call("100"))
        channel = await ari.next_call()
        run = group.create_task(taken(channel, folder, flow, facts))
        phone = await calling
        yield Talk(phone, facts)
        await phone.hang_up()
        await run


async def taken(channel, folder, flow, facts):
    """Let *flow* take the call on *channel*; the facts come with their times."""
    made = site(folder, flow, prompts__en="long: A long one.\nshort: A short one.\n")
    now = asyncio.get_running_loop().time
    world = World(
        clock=lambda: datetime.now(UTC),
        seconds=now,
        lookups=MemoryLookups({}),
        verifier=PlainVerifier(),
        lock_outs=MemoryLockOuts(),
        messages=MemoryMessages(),
        callbacks=MemoryCallbacks(),
        switches=MemorySwitches(),
        note=lambda fact: facts.append((now(), fact)),
        recorded=lambda clip: {"en/long": LONG, "en/short": 0.3}.get(clip),
    )
    await answer(channel, made, world, LiveCalls())


def record(asterisk, name, seconds):
    file = asterisk.sounds_dir / "ivrflow-test" / "en" / f"{name}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        with wave.open(str(file), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(tones.RATE)
            sound.writeframes(tones.tone(1050, seconds))


def ask(options="digits: 3..5", *, prompt="short", tries=1):
    return f"""
steps:
  ask:
    ask: {prompt}
    {options}
    wait: {WAIT}s
    between_keys: {BETWEEN}s
    after_complete: {COMPLETE}s
    tries: {tries}
    failed: next
  next: {{menu: long, keys: {{1: one}}, {TIMERS}, tries: 1, failed: over}}
  one: {{wait: 1s, then: over}}
  over: {{hangup: yes}}
"""


async def test_no_key_is_silent(ari, tmp_path):
    async with talking(ari, tmp_path, ask()) as talk:
        assert await talk.ended() == ("", "silent")

        took = talk.entries[0][2] - talk.prompts[0][1]
        assert WAIT + 0.2 <= took <= WAIT + 1.5


async def test_potential_is_wrong_when_no_key_follows(ari, tmp_path):
    async with talking(ari, tmp_path, ask()) as talk:
        await talk.phone.press("12")
        began = asyncio.get_running_loop().time()
        assert await talk.ended() == ("12", "wrong")
        assert talk.entries[0][2] - began > BETWEEN - 0.3


async def test_match_is_accepted_when_no_key_follows(ari, tmp_path):
    async with talking(ari, tmp_path, ask()) as talk:
        await talk.phone.press("123")
        began = asyncio.get_running_loop().time()
        assert await talk.ended() == ("123", "accepted")
        assert talk.entries[0][2] - began > BETWEEN - 0.3


async def test_max_without_end_key_is_accepted_at_once(ari, tmp_path):
    async with talking(ari, tmp_path, ask("digits: 4")) as talk:
        await talk.phone.press("1234")
        began = asyncio.get_running_loop().time()
        assert await talk.ended() == ("1234", "accepted")
        assert talk.entries[0][2] - began < 0.4


async def test_max_waits_for_its_end_key_and_swallows_it(ari, tmp_path):
    async with talking(ari, tmp_path, ask()) as talk:
        await talk.phone.press("12345#")
        assert await talk.ended() == ("12345", "accepted")
        await talk.phone.press("1")
        assert await talk.ended(2) == ("1", "accepted")
        assert "#" not in "".join(entry for entry, *_ in talk.entries)


async def test_max_is_accepted_without_its_end_key_too(ari, tmp_path):
    async with talking(ari, tmp_path, ask()) as talk:
        await talk.phone.press("12345")
        began = asyncio.get_running_loop().time()
        assert await talk.ended() == ("12345", "accepted")
        assert COMPLETE - 0.3 < talk.entries[0][2] - began < COMPLETE + 1


async def test_end_key_on_match_accepts(ari, tmp_path):
    async with talking(ari, tmp_path, ask()) as talk:
        await talk.phone.press("123#")
        began = asyncio.get_running_loop().time()
        assert await talk.ended() == ("123", "accepted")
        assert talk.entries[0][2] - began < 0.4


async def test_end_key_on_potential_is_wrong(ari, tmp_path):
    async with talking(ari, tmp_path, ask()) as talk:
        await talk.phone.press("12#")
        assert await talk.ended() == ("12", "wrong")


async def test_end_key_on_nothing_is_silent(ari, tmp_path):
    async with talking(ari, tmp_path, ask()) as talk:
        await talk.phone.press("#")
        assert await talk.ended() == ("", "silent")


async def test_each_of_several_end_keys_ends_and_is_swallowed(ari, tmp_path):
    options = "digits: 3..5\n    end_keys: star hash\n    clear_key: none"
    async with talking(ari, tmp_path, ask(options)) as talk:
        await talk.phone.press("123*1")
        assert await talk.ended() == ("123", "accepted")
        assert await talk.ended(2) == ("1", "accepted")


async def test_impossible_key_is_wrong_at_once_in_a_menu(ari, tmp_path):
    flow = f"""
steps:
  ask: {{menu: short, keys: {{1: over}}, {TIMERS}, tries: 1, failed: over}}
  over: {{wait: 1s}}
"""
    async with talking(ari, tmp_path, flow) as talk:
        await talk.phone.press("7")
        began = asyncio.get_running_loop().time()
        assert await talk.ended() == ("7", "wrong")
        assert talk.entries[0][2] - began < 0.4


async def test_impossible_key_is_wrong_in_an_ask_when_the_entry_ends(ari, tmp_path):
    async with talking(ari, tmp_path, ask()) as talk:
        await talk.phone.press("123456")
        assert talk.entries == []
        await talk.phone.press("7#")
        assert await talk.ended() == ("1234567", "wrong")


async def test_clear_key_starts_again_and_costs_no_try(ari, tmp_path):
    async with talking(ari, tmp_path, ask()) as talk:
        await talk.phone.press("99*123#")
        assert await talk.ended() == ("123", "accepted")


async def test_longest_match_is_meant(ari, tmp_path):
    flow = f"""
steps:
  ask: {{menu: short, keys: {{1: one, 10: ten}}, {TIMERS}, failed: one}}
  one: {{wait: 1s, then: hangup}}
  ten: {{wait: 1s}}
"""
    async with talking(ari, tmp_path, flow) as talk:
        await talk.phone.press("10")
        assert await talk.ended() == ("10", "accepted")
        assert talk.steps[1] == "ten"


# Keys during a prompt -----------------------------------------------------------------


async def test_key_stops_the_prompt(ari, tmp_path):
    async with talking(ari, tmp_path, ask("digits: 3", prompt="long")) as talk:
        await talk.said("long")
        await talk.phone.until_sound()
        await talk.phone.press("1")
        await talk.phone.until_quiet(0.3, within=1.5)  # far less than the prompt
        await talk.phone.press("23")
        assert await talk.ended() == ("123", "accepted")


async def test_no_barge_in_keeps_the_key_and_the_prompt_goes_on(ari, tmp_path):
    flow = ask("digits: 2\n    barge_in: no", prompt="long")
    async with talking(ari, tmp_path, flow) as talk:
        await talk.phone.press("12")
        assert await talk.ended() == ("12", "accepted")
        assert talk.entries[0][2] - talk.prompts[0][1] > LONG - 0.3


async def test_no_barge_in_without_type_ahead_drops_the_key(ari, tmp_path):
    flow = ask("digits: 2\n    barge_in: no\n    type_ahead: no", prompt="long")
    async with talking(ari, tmp_path, flow) as talk:
        await talk.phone.press("12")
        assert await talk.ended() == ("", "silent")


async def test_barge_in_fits_stops_at_a_fitting_key_only(ari, tmp_path):
    flow = ask('pattern: "[12]X"\n    barge_in: fits', prompt="long")
    async with talking(ari, tmp_path, flow) as talk:
        await talk.said("long")
        await talk.phone.press("9")
        await asyncio.sleep(0.5)
        assert talk.entries == []
        assert await talk.phone.hears_tone(1050, within=1)
        await talk.phone.press("12")
        assert await talk.ended() == ("12", "accepted")
        assert talk.entries[0][2] - talk.prompts[0][1] < LONG - 0.3


async def test_keys_typed_ahead_answer_the_questions_after(ari, tmp_path):
    async with talking(ari, tmp_path, ask("digits: 3")) as talk:
        await talk.phone.press("1231")
        assert await talk.ended(2) == ("1", "accepted")


# Before the answer --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "status"), [("busy", 486), ("declined", 403), ("not_found", 404)]
)
async def test_refused_call_shows_why(ari, tmp_path, reason, status):
    async def refusing():
        flow = f"answer: no\nsteps:\n  out: {{reject: {reason}}}\n"
        await taken(await ari.next_call(), tmp_path, flow, [])

    refused, _ = await asyncio.gather(
        ari.phones.call("100"), refusing(), return_exceptions=True
    )
    assert isinstance(refused, CallRefused)
    assert refused.status == status
