"""The four calls of the demo, each with what must be observed.

A scene is played by robot phones with real SIP and RTP. What it claims it has seen
itself: prompts are found in the sound that the phone received, tones in what the other
phone sent, messages in the store, rows in the databases. Only the moments at
which a robot presses its keys come from the story, as a person's would from the prompt.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ivrflow import facts
from ivrflow.demo.setup import CUSTOMERS, Customer, Set
from ivrflow.demo.story import NeverHappened, Story
from ivrflow.flow.world.sounds import Audio
from ivrflow.prompts.audio import read_wav
from ivrflow.sim import hearing, tones
from ivrflow.telephony.channel import HungUp

if TYPE_CHECKING:
    from ivrflow.sim.phone import Agent, Call, Phones

CALLER_TONE, AGENT_TONE, MESSAGE_TONE, LATE_TONE = 550, 1050, 1270, 1530
"""In Hz, one per speaker, so that nobody is taken for another."""

REACTION = 1.2
"""Seconds that a robot listens to a prompt before it presses a key."""

LATE = 8.0
"""Seconds that a busy machine may take to say what it has begun to say."""

NUMBER = "12313"
AGENT = "1003"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One thing that had to be observed."""

    what: str
    ok: bool
    how: str


@dataclass
class Stage:
    """What a scene may use."""

    phones: Phones
    story: Story
    set: Set
    sounds: Path
    audio: Audio
    agent: Agent
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    agent_talks: asyncio.Event = field(default_factory=asyncio.Event)
    third_is_done: asyncio.Event = field(default_factory=asyncio.Event)

    def observe(self, scene: str, what: str, ok: bool, how: str) -> None:
        """Write down whether *what* was seen, and how that is known."""
        self.seen.setdefault(scene, []).append(Seen(what=what, ok=ok, how=how))

    async def heard(self, scene: str, call: Call, clip: str) -> None:
        """Observe whether the recording *clip* is in what *call* received, or comes.

        What is said is told when it begins: on a busy machine its sound may be late.
        """
        from ivrflow.sim.phone import read_wav

        recording = await asyncio.to_thread(read_wav, self.sounds / f"{clip}.wav")
        loop = asyncio.get_running_loop()
        until, like = loop.time() + LATE, 0.0
        while like < hearing.HEARD:
            last = loop.time() >= until or call.over.done()
            like = await asyncio.to_thread(hearing.likeness, call.heard, recording)
            if last:
                break
            await asyncio.sleep(0.5)
        self.observe(
            scene,
            f"the caller hears {clip}",
            like >= hearing.HEARD,
            f"correlation of the received sound with {clip}.wav: {like:.2f}",
        )

    async def message(self, scene: str, caller: str, tone: float) -> None:
        """Observe the message that *caller* left: sound, row and notice."""
        left = await self.story.until(
            facts.MessageLeft,
            lambda fact: fact.call == self.story.call_of(caller),
            within=15,
        )
        _, sound = read_wav(await self.audio.read(left.message))
        pcm = sound.samples.tobytes()
        ok = await asyncio.to_thread(tones.has_tone, pcm, tone, lasting=1.0)
        how = f"{tones.duration(pcm):.1f} s of sound in the store"
        self.observe(scene, f"the recording holds the caller's {tone:g} Hz", ok, how)
        row = await self._row(
            "select mailbox, state, seconds from messages where id = ?", left.message
        )
        self.observe(scene, "its row is in the database", row is not None, str(row))
        notice = await self._row(
            'select channel, "to" from outbox where message = ?', left.message
        )
        self.observe(
            scene, "its notice is in the outbox", notice is not None, f"{notice}"
        )

    async def _row(self, query: str, *values: object) -> tuple[object, ...] | None:
        return await asyncio.to_thread(_row, self.set.database, query, *values)


def _row(database: Path, query: str, *values: object) -> tuple[object, ...] | None:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        row = db.execute(query, values).fetchone()
        return tuple(row) if row else None


async def _caller(stage: Stage, customer: Customer, language_key: str) -> Call:
    """Dial, and choose the language in the middle of the prompt."""
    call = await stage.phones.call(NUMBER, caller=customer.caller)
    await stage.story.said(customer.caller, "choose_language")
    await asyncio.sleep(REACTION)
    await call.press(language_key)
    return call


async def _enter(
    stage: Stage, call: Call, customer: Customer, prompt: str, keys: str, nth: int = 1
) -> None:
    await stage.story.said(customer.caller, prompt, nth=nth)
    await asyncio.sleep(REACTION)
    await call.press(keys)


async def _identify(stage: Stage, call: Call, customer: Customer) -> None:
    await _enter(stage, call, customer, "enter_card", customer.card)
    await _enter(stage, call, customer, "enter_pin", customer.pin)


async def balance_in_chinese(stage: Stage, scene: str) -> None:
    """In Chinese, right licence number and PIN, hears the balance."""
    customer = CUSTOMERS[0]
    call = await _caller(stage, customer, "1")
    await _identify(stage, call, customer)
    await _enter(stage, call, customer, "main_menu", "1")
    said = await stage.story.said(customer.caller, "your_balance")
    stage.observe(
        scene,
        "the balance is that of the database",
        "一千二百三十四元五角" in said.words and "三月十五日" in said.words,
        said.words,
    )
    await stage.story.said(customer.caller, "main_menu", nth=2)
    await stage.heard(scene, call, "zh-CN/your_balance.part1")
    await stage.heard(scene, call, "zh-CN/your_balance.part2")
    await call.hang_up()


async def wrong_pins_then_agent(stage: Stage, scene: str) -> None:
    """In English, three wrong PINs, talks with an agent, answers the survey."""
    customer, story = CUSTOMERS[1], stage.story
    call = await _caller(stage, customer, "2")
    await _enter(stage, call, customer, "enter_card", customer.card)
    await _enter(stage, call, customer, "enter_pin", "111111")
    await _enter(stage, call, customer, "enter_pin.wrong", "222222")
    await _enter(stage, call, customer, "enter_card", customer.card, nth=2)
    await _enter(stage, call, customer, "enter_pin", "333333", nth=3)
    await story.said(customer.caller, "not_identified")
    ringing = await stage.agent.rung(within=30)
    stage.observe(scene, "the agent's phone rings", True, f"INVITE at {AGENT}")
    talk = await stage.agent.next_call(within=20)
    connected = await story.until(
        facts.Connected, lambda fact: fact.call == story.call_of(customer.caller)
    )
    call.send_tone(CALLER_TONE)
    talk.send_tone(AGENT_TONE)
    to_caller, to_agent = await asyncio.gather(
        call.hears_tone(AGENT_TONE, within=20), talk.hears_tone(CALLER_TONE, within=20)
    )
    stage.observe(
        scene, "the caller hears the agent", to_caller, f"{AGENT_TONE:g} Hz received"
    )
    stage.observe(
        scene, "the agent hears the caller", to_agent, f"{CALLER_TONE:g} Hz received"
    )
    stage.observe(
        scene,
        "the agent with the best English took the call",
        connected.agent == AGENT and ringing.answered_at is not None,
        f"agent {connected.agent}",
    )
    stage.agent_talks.set()
    async with asyncio.timeout(120):
        await stage.third_is_done.wait()
    call.stop_sending()
    await talk.hang_up()
    await _enter(stage, call, customer, "rate_agent", "5")
    await story.said(customer.caller, "goodbye")
    await stage.heard(scene, call, "en/not_identified")
    await stage.heard(scene, call, "en/thanks")
    await call.ended(within=20)
    row = await asyncio.to_thread(
        _row,
        stage.set.crm,
        "select agent, score from survey where call = ?",
        call_id(stage, customer),
    )
    stage.observe(scene, "the survey is stored", row == (AGENT, 5), str(row))


def call_id(stage: Stage, customer: Customer) -> str:
    """The id of the customer's call."""
    return stage.story.call_of(customer.caller)


async def message_while_agent_talks(stage: Stage, scene: str) -> None:
    """The only agent with the skill talks: hears the position, leaves a message."""
    customer, story = CUSTOMERS[2], stage.story
    async with asyncio.timeout(150):
        await stage.agent_talks.wait()
    call = await _caller(stage, customer, "2")
    await _identify(stage, call, customer)
    await _enter(stage, call, customer, "main_menu", "0")
    position = await story.said(customer.caller, "queue_position")
    stage.observe(
        scene, "the position is said", "number one" in position.words, position.words
    )
    await asyncio.sleep(REACTION + 1)
    await stage.heard(scene, call, "en/queue_position.part1")
    await call.press("1")
    await story.said(customer.caller, "please_leave_message")
    await call.until_quiet(0.8)
    call.send_tone(MESSAGE_TONE)
    await asyncio.sleep(4)
    call.stop_sending()
    await call.hang_up()
    await stage.message(scene, customer.caller, MESSAGE_TONE)
    stage.third_is_done.set()


async def message_after_hours(stage: Stage, scene: str) -> None:
    """Outside office hours: hears when people are back, leaves a message."""
    customer, story = CUSTOMERS[3], stage.story
    call = await _caller(stage, customer, "1")
    await _identify(stage, call, customer)
    await _enter(stage, call, customer, "main_menu", "0")
    closed = await story.said(customer.caller, "we_are_closed")
    stage.observe(
        scene,
        "the caller learns that people are back on Monday at 8:30",
        "三月九日" in closed.words,
        closed.words,
    )
    await story.said(customer.caller, "please_leave_message")
    await stage.heard(scene, call, "zh-CN/we_are_closed.part1")
    await call.until_quiet(0.8)
    call.send_tone(LATE_TONE)
    await asyncio.sleep(4)
    call.stop_sending()
    await call.press("#")
    await _enter(stage, call, customer, "review_message", "1")
    await story.said(customer.caller, "message_saved")
    await stage.message(scene, customer.caller, LATE_TONE)
    await call.ended(within=30)


SCENES: dict[str, Callable[[Stage, str], Awaitable[None]]] = {
    "1 balance in Chinese": balance_in_chinese,
    "2 wrong PINs, an agent, the survey": wrong_pins_then_agent,
    "3 nobody free, a message": message_while_agent_talks,
    "4 after hours, a message": message_after_hours,
}


async def play(stage: Stage) -> None:
    """Play all scenes, side by side. What goes wrong in one is written down there."""

    async def one(name: str) -> None:
        try:
            await SCENES[name](stage, name)
        except (NeverHappened, TimeoutError, HungUp, OSError, sqlite3.Error) as error:
            why = str(error) or type(error).__name__
            stage.observe(name, "the scene comes to its end", False, why)
        else:
            stage.observe(name, "the scene comes to its end", True, "played to the end")
        finally:
            # Whoever waits for this scene must not wait for ever when it fails.
            if name.startswith("2"):
                stage.agent_talks.set()
            elif name.startswith("3"):
                stage.third_is_done.set()

    async with asyncio.TaskGroup() as group:
        for name in SCENES:
            group.create_task(one(name))
