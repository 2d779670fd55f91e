"""The service dies at every moment of a call, and the caller does not notice.

Each act outside (a commit, a channel's variable, a prompt, a look-up, a dial) has two
moments: before it, and after it with nobody told. At each of them one process dies and
another one goes on; some calls die several times. Whatever happens: the call ends as it
does undisturbed, each step has its number once and decides once, and what is done
outside is done once.
"""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from ivrflow.acd.model import Work
from ivrflow.facts import (
    CallbackAsked,
    CallEnded,
    CallRecorded,
    CallRecordingBegan,
    CallResumed,
    MessageLeft,
    MessageRecorded,
    Notified,
    TalkEnded,
)
from ivrflow.sim import clock
from ivrflow.sim.rehearsal.answers import Answer
from ivrflow.sim.rehearsal.people import AgentAs
from ivrflow.sim.rehearsal.scene import opening
from tests.calls.lives import Outside
from tests.hotline_stage import LI, MONDAY, RIGHT_PIN, SITE

ANSWERS = {
    "retailers": RIGHT_PIN,
    "balance": Answer("row", {"amount": "12.50", "due": date(2026, 3, 15)}),
    "last_order": Answer("row", {"number": "7", "state": "sent"}),
    "survey": Answer("row", {}),
}
CARD, PIN = "330106123459", "246810"


def scene(start="welcome"):
    agents = {"1003": AgentAs(**{"is": "ready"})}
    begins = opening(SITE, "hotline", at=MONDAY, answers=ANSWERS, agents=agents)
    if start != "welcome":
        begins = replace(begins, variables={"customer": LI})
    return begins.starting_at(start)


async def typed(outside, keys):
    for key in keys:
        outside.channel.press(key)
        await asyncio.sleep(0.1)


def has_heard(outside, prompt):
    return any(said.prompt == prompt for _, said in outside.channel.heard)


# What callers and agents do: whenever they are asked, not when a script says so -------


async def self_service(outside):
    """Language, card and PIN, the balance, an order; then the caller hangs up."""
    phone = outside.channel
    while True:
        await outside.until(lambda: phone.listening)
        asked = phone.heard[-1][1].prompt
        match outside.step:
            case "language":
                await typed(outside, "2")
            case "identify":
                await typed(outside, CARD if "card" in asked else PIN)
            case "main_menu" if has_heard(outside, "order_status"):
                return phone.drop()
            case "main_menu":
                await typed(outside, "2" if has_heard(outside, "your_balance") else "1")
        await asyncio.sleep(1)


async def an_agent(outside):
    """A queue, an agent who answers and hangs up, the survey."""
    phones = outside.phones

    async def agent():
        await outside.until(lambda: phones.ringing)
        await asyncio.sleep(2)
        phones.answer("PJSIP/1003")
        await outside.until(lambda: phones.leg_at("PJSIP/1003") and phones.bridges)
        await asyncio.sleep(3)
        phones.hang_up("PJSIP/1003")

    async with asyncio.TaskGroup() as group:
        group.create_task(agent())
        await answers(outside, {"ask_score": "5"})


async def answers(outside, keys):
    """Press what a step wants whenever it listens, to the end of the call."""
    phone = outside.channel
    while not phone.gone.done():
        await outside.until(lambda: phone.listening or phone.gone.done())
        if outside.step in keys:
            await typed(outside, keys[outside.step])
        await asyncio.sleep(1)


async def a_message(outside):
    """A message, which is reviewed and kept."""
    phone = outside.channel
    while not phone.gone.done():
        await outside.until(lambda: phone.listening or phone.gone.done())
        if phone.recording:
            phone.speak(4)
            await asyncio.sleep(4)
            await typed(outside, "#" if phone.recording else "")
        elif not phone.gone.done():
            await typed(outside, "1")
        await asyncio.sleep(1)


async def a_wish(outside):
    """A callback to the number that calls."""
    await answers(outside, {"call_me_back": "1"})


CALLS = {
    "self service": ("welcome", self_service, "caller"),
    "an agent": ("agent", an_agent, "flow"),
    "a message": ("leave_message", a_message, "flow"),
    "a wish": ("call_me_back", a_wish, "flow"),
}


def run(name, *deaths):
    """The call with these deaths; what is outside afterwards, an agent's wrap-up on."""
    start, robot, _ = CALLS[name]

    async def main():
        outside = Outside(SITE, scene(start), robot)
        await outside.through(*deaths)
        outside.board = {a.number: a for a in await outside.stage.board.agents()}
        outside.left = [
            *await outside.stage.board.waiting(),
            *await outside.stage.board.offers(),
        ]
        return outside

    return clock.run(main())


def done(outside):
    """What the call has done outside, as far as it must be the same each time."""
    stage = outside.stage
    return {
        "survey": [
            {k: v for k, v in row.items() if k in ("agent", "score")}
            for row in stage.lookups.stored.get("survey", ())
        ],
        "messages": [message.state for message in stage.messages.all.values()],
        "letters": len(stage.outbox.letters) + len(stage.messages.outbox),
        "wishes": [(w.queue, w.number) for w in stage.callbacks.asked.values()],
        "rung": Counter(what for _, what in outside.phones.log if "rings" in what),
    }


def must_be_as_undisturbed(outside, undisturbed, by):
    where = [life.moments[-1] for life in outside.lives[:-1]]
    assert list(outside.steps().values()) == list(undisturbed.steps().values()), where
    assert outside.decisions() == undisturbed.decisions(), where
    assert done(outside) == done(undisturbed), where
    (ended,) = outside.of(CallEnded)
    assert ended.by == by, where
    assert outside.phones.bridges == 0, where
    assert outside.phones.legs == {}, where
    assert outside.left == [], where
    assert outside.board["1003"].work in (Work.IDLE, Work.WRAP_UP), where
    assert outside.database.bookmarks == {}, where


@pytest.mark.parametrize("name", CALLS)
def test_a_process_that_dies_at_any_moment_changes_nothing(name, caplog):
    by = CALLS[name][2]
    undisturbed = run(name)
    moments = len(undisturbed.lives[0].moments)
    for moment in range(1, moments + 1):
        must_be_as_undisturbed(run(name, moment), undisturbed, by)
    assert moments > 20
    assert not [r for r in caplog.records if r.levelname == "ERROR"]


TOLD = (CallbackAsked, MessageLeft, MessageRecorded, Notified)


def told(outside):
    return {kind.__name__: len(outside.of(kind)) for kind in TOLD}


def recorded(outside):
    """The files of the call, each of which is told of once when it begins and ends."""
    began = [fact.recording for fact in outside.of(CallRecordingBegan)]
    ended = [fact.recording for fact in outside.of(CallRecorded)]
    assert sorted(began) == sorted(ended) == sorted({*began}), began
    return began


@pytest.mark.parametrize("written", ["at once", "late"])
@pytest.mark.parametrize("name", ["an agent", "a message", "a wish"])
def test_what_has_happened_is_told_once_whenever_facts_are_written(
    name, written, monkeypatch
):
    if written == "at once":  # all but what a bookmark takes along in one transaction
        monkeypatch.setattr("tests.calls.lives.TICK", 0)
    undisturbed = run(name)
    for moment in range(1, len(undisturbed.lives[0].moments) + 1):
        outside = run(name, moment)
        assert told(outside) == told(undisturbed), outside.lives[0].moments[-1]
        # Whose talk was not noted when the process died ends with it, and the next
        # talk has another one: nothing is recorded between the two.
        files = len(recorded(undisturbed))
        assert len(recorded(outside)) in (files, 2 * files)


def test_the_end_of_a_talk_is_told_once_whenever_the_board_has_heard_of_it(monkeypatch):
    monkeypatch.setattr("tests.calls.lives.TICK", 0)
    moments = len(run("an agent").lives[0].moments)
    for moment in range(1, moments + 1):
        outside = run("an agent", moment)
        where = outside.lives[0].moments[-1]
        if where != "before board.write":  # of that the facts tell: `Past`
            assert len(outside.of(TalkEnded)) == 1, where


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_loses_its_process_again_and_again_ends_as_it_should(name):
    by = CALLS[name][2]
    undisturbed = run(name)
    moments = len(undisturbed.lives[0].moments)
    resumed = 0
    for seed in range(8):
        chance = random.Random(seed)
        deaths = [chance.randint(1, 1 + moments // 3) for _ in range(6)]
        outside = run(name, *deaths)
        must_be_as_undisturbed(outside, undisturbed, by)
        resumed += len(outside.of(CallResumed))
    assert resumed > 15
