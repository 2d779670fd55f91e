"""`{announce: PROMPT}` in numbers.yaml: who may speaks what callers hear for it.

Number and PIN are asked, then it is recorded, listened to, kept or spoken again. What
is kept is played from then on instead of the prompt's own recording, until `expires` of
wording.yaml is over or it is taken off here.
"""

from __future__ import annotations

from ivrflow.flow.announced import OURS
from ivrflow.flow.call import Call
from ivrflow.flow.site.wording import Wording
from ivrflow.flow.talks.choosing import chosen
from ivrflow.flow.talks.entitled import entitled
from ivrflow.flow.talks.excusing import Talk, excusing
from ivrflow.flow.world import Announcement, Announcements, Trouble
from ivrflow.telephony.channel import Recorded, RecordingFailed, RecordOrder
from ivrflow.telephony.sound import BEEP, Utterance

FOLDER = "announcements"
"""Below the switch's folder of recordings."""

LONGEST, SILENCE, SHORTEST = 120.0, 5.0, 1.0
"""Seconds: of an announcement at most, of the silence that ends it, and at least."""

TRIES = 5
"""Times that it may be spoken."""


def announcing(prompt: str, language: str) -> Talk:
    """The talk for the words of *prompt* in *language*."""

    async def talk(call: Call) -> None:
        await _talk(call, prompt, language)

    return excusing(talk, f"announcing {prompt}")


async def _talk(call: Call, prompt: str, language: str) -> None:
    agents, announcements = call.world.agents, call.world.announcements
    wording = next((one for n, one in call.site.wording.items() if n == prompt), None)
    if agents is None or announcements is None or not (wording and wording.record):
        await call.say("not_available")
        return
    number = await entitled(call, agents, wording.may, f"announcement {prompt}")
    if not number:
        return
    clip, by = f"{language}/{prompt}", f"agent {number}"
    on = announcements.on(clip, call.world.seconds())
    choice = "speak"
    if on is not None:
        await call.say("announcement_is_on")
        choice = await _choice(
            call, "announcement_menu", ["speak", "hear", "take_off"], heard=_heard(on)
        )
    if choice == "speak":
        await _speak(call, announcements, clip, wording, by)
    elif choice == "take_off":
        await announcements.take_off(clip, by=by, now=call.world.clock())
        await call.say("announcement_off")


async def _speak(
    call: Call, announcements: Announcements, clip: str, wording: Wording, by: str
) -> None:
    """Record until it is kept, or given up."""
    for _ in range(TRIES):
        await call.say("announcement_speak")
        call.channel.keys.clear()
        name = f"{FOLDER}/{call.world.new_id()}"
        await call.channel.play([BEEP])
        order = RecordOrder(name=name, longest=LONGEST, silence=SILENCE)
        try:
            recorded = await call.channel.record(order)
        except RecordingFailed as why:
            raise Trouble(f"nothing can be recorded: {why}") from None
        if recorded.seconds < SHORTEST:
            await call.say("message_too_short")
            continue
        choice = await _choice(
            call,
            "announcement_review",
            ["keep", "hear", "again"],
            heard=_utterance(name, recorded.seconds),
        )
        if choice == "keep":
            await _keep(call, announcements, clip, wording, recorded, by)
        if choice != "again":
            return


async def _keep(
    call: Call,
    announcements: Announcements,
    clip: str,
    wording: Wording,
    recorded: Recorded,
    by: str,
) -> None:
    now = call.world.clock()
    # The end is counted by the clock by which it will come.
    at = call.world.seconds()
    end = wording.end(now)
    new = Announcement(
        recording=recorded.name,
        seconds=recorded.seconds,
        by=by,
        at=at,
        until=None if end is None else at + end.timestamp() - now.timestamp(),
    )
    await announcements.put_on(clip, new, now=now)
    await call.say("announcement_on")


async def _choice(
    call: Call, prompt: str, choices: list[str], *, heard: Utterance
) -> str:
    """Ask which of *choices*; `hear` plays *heard* and asks again. "": none."""
    for _ in range(TRIES):
        choice = await chosen(call, prompt, choices)
        if choice != "hear":
            return choice
        await call.channel.play([heard], stop_on="123#")
    return ""


def _heard(on: Announcement) -> Utterance:
    return _utterance(on.recording, on.seconds)


def _utterance(recording: str, seconds: float) -> Utterance:
    clip = f"{OURS}{recording}"
    return Utterance("", "(the announcement)", "", (clip,), seconds)
