"""What a caller may do with a recording before it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivrflow.flow.call import Call
from ivrflow.flow.collect import Question, collect, note_entry
from ivrflow.telephony.digits import Choices, Ended, Result, Rules
from ivrflow.telephony.sound import Utterance
from ivrflow.voicemail.rules import BEFORE_KEYS, REVIEW_KEYS, Before, Review

if TYPE_CHECKING:
    from ivrflow.flow.leaving.take import Take

REVIEWS = 6
"""Times the review is said at most: then the message is kept as it is."""

NOT_URGENT = "not_urgent"
"""What the review calls the key of a message that is urgent already."""

STOP = "#"
"""The key that ends what is listened to, besides those that mean something."""

SIGNS = {"*": "star", "#": "hash"}
"""How prompts call the keys that are no digits."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the caller wants: keep it, record it again, or go elsewhere by a *key*."""

    again: bool = False
    key: str = ""


KEEP = Chosen()


async def review(take: Take) -> Chosen:
    """Let the caller choose, as often as he listens to it or marks it.

    Who says nothing, or nothing that counts, has left it as it is.
    """
    call = take.call
    for _ in range(REVIEWS):
        ended = await _asked(call, "review_message", keys := _keys(take))
        if ended.result is Result.SILENT:
            return KEEP
        if ended.result is not Result.ACCEPTED:
            continue
        match REVIEW_KEYS.get(ended.entry):
            case None:
                return Chosen(key=ended.entry)
            case Review.KEEP:
                return KEEP
            case Review.AGAIN:
                return Chosen(again=True)
            case Review.LISTEN:
                await call.channel.play([_itself(take)], stop_on="".join(keys) + STOP)
                if STOP not in keys and call.channel.keys.peek()[:1] == STOP:
                    await call.channel.keys.next(0)  # it is no answer to the question
            case Review.URGENT:
                await take.urge(not take.urgent)
                await call.say(
                    "message_urgent" if take.urgent else "message_not_urgent"
                )
    return KEEP


async def before_going(call: Call) -> Before:
    """Ask a caller who wants to go elsewhere what becomes of the recording."""
    keys = {key: before.value for key, before in BEFORE_KEYS.items()}
    ended = await _asked(call, "message_before_operator", keys)
    return BEFORE_KEYS.get(ended.entry, Before.KEEP)


async def _asked(call: Call, prompt: str, keys: Mapping[str, str]) -> Ended:
    """Ask once which of *keys*; they are said as *prompt* calls what they lead to."""
    offered: Sequence[tuple[str, str]] = [
        (SIGNS.get(key, key), leads_to) for key, leads_to in keys.items()
    ]
    words = call.words_of(prompt, offered=offered)
    question = Question(
        said=lambda variant, attempt: words,
        rules=Rules(grammar=Choices(keys), wrong_at_once=True),
    )
    ended = await collect(call, words, question, call.channel)
    note_entry(call, ended, hidden=None)
    return ended


def _keys(take: Take) -> dict[str, str]:
    """Key -> what it leads to. The review's own win over those of the step."""
    keys = {key: choice.value for key, choice in REVIEW_KEYS.items()}
    if not take.box.urgent:
        keys = {k: what for k, what in keys.items() if what != Review.URGENT.value}
    elif take.urgent:
        keys = {
            k: NOT_URGENT if what == Review.URGENT.value else what
            for k, what in keys.items()
        }
    own = take.leaving.keys.items()
    return keys | {key: to for key, to in own if key not in REVIEW_KEYS}


def _itself(take: Take) -> Utterance:
    """The recording, as something to be played."""
    seconds = take.judged.ends if take.judged is not None else 0.0
    return Utterance("", "(the message)", "", (f"recording:{take.recorded}",), seconds)
