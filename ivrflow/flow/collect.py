"""Say something and take an entry: where prompts, keys and timers meet.

`collect` is one attempt: play, then feed keys and silences to the digit machine. `ask`
is the whole question with its tries, tapered prompts, always-keys, `repeat` and `back`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ivrflow.facts import DigitsCollected
from ivrflow.flow.call import Call
from ivrflow.flow.kinds import Sayable
from ivrflow.secret import Secret
from ivrflow.telephony.channel import Channel
from ivrflow.telephony.digits import Ended, Entry, Result, Rules
from ivrflow.telephony.keys import KEYS
from ivrflow.telephony.sound import Utterance

if TYPE_CHECKING:
    from ivrflow.flow.step import KeyChoice


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question: what is said, what may be entered, how often it is asked.

    *said* gives the words for a variant ("first", "silent", "wrong") and the how-manyth
    time this variant is needed. *check* may refuse a complete entry: it returns "" or
    why it is wrong. *barge_in* is "yes", "no" or "fits".
    """

    said: Callable[[str, int], Sequence[Utterance]]
    rules: Rules
    tries: int = 3
    barge_in: str = "yes"
    type_ahead: bool = True
    check: Callable[[str], str] = field(default=lambda entry: "")
    hidden: type[Secret] | None = None
    """What an entry becomes that must not be seen; None: any eye may see it."""
    start: str = "first"
    """The variant with which it begins: "wrong" when a mistake led here."""
    repeat_keys: Mapping[str, str] = field(default_factory=dict)
    """Keys that ask again without losing a try, with the target that says so."""
    confirm: Callable[[str], Awaitable[Ended]] | None = None
    """Lets the caller confirm an entry: `RIGHT`, `AGAIN`, or how that ended instead."""


RIGHT, AGAIN = "1", "2"
"""The keys that answer when an entry is read back."""


async def collect(
    call: Call, said: Sequence[Utterance], question: Question, channel: Channel
) -> Ended:
    """One attempt: play *said*, then take keys until the entry ends."""
    rules, keys = question.rules, channel.keys
    if not question.type_ahead:
        keys.clear()
    stop_on = {"yes": KEYS, "no": "", "fits": rules.beginnings(KEYS)}[question.barge_in]
    await call.play(said, stop_on=stop_on, to=channel)
    if not question.type_ahead and question.barge_in == "no":
        keys.clear()
    if question.barge_in == "fits":
        # Up to here only a fitting key counts; after the prompt a wrong one is wrong.
        while (waiting := keys.peek()[:1]) and waiting not in stop_on:
            await keys.next(0)
    entry = Entry(rules)
    while True:
        key = await keys.next(entry.within)
        if ended := entry.press(key) if key else entry.expire():
            return ended


async def ask(call: Call, question: Question) -> Ended:
    """Ask until an entry is accepted, leaves elsewhere, or the tries are used up.

    The last failed attempt is returned as it ended: WRONG or SILENT. Silence and
    mistakes count together against the tries, apart for the choice of the words. So
    does an entry that the caller takes back when it is read to him.
    """
    if question.hidden is None:
        return await _ask(call, question)
    async with call.recording.off_the_record():
        return await _ask(call, question)


async def _ask(call: Call, question: Question) -> Ended:
    """As `ask`, on the record or off it."""
    variant, silences, mistakes, taken_back = question.start, 0, 0, 0
    while True:
        attempt = max(1, {"silent": silences, "wrong": mistakes}.get(variant, 1))
        said = question.said(variant, attempt)
        ended = await collect(call, said, question, call.channel)
        if ended.result is Result.ACCEPTED and (fault := question.check(ended.entry)):
            ended = replace(ended, result=Result.WRONG, why=fault)
        note_entry(call, ended, hidden=question.hidden)
        pressed = ended.key or ended.entry
        if (
            question.repeat_keys
            and ended.result in (Result.ACCEPTED, Result.LEFT)
            and pressed in question.repeat_keys
        ):
            variant = "first"
            target = question.repeat_keys[pressed]
            call.decided(f"key {pressed}", target, f"the caller pressed {pressed}")
            continue
        if ended.result is Result.ACCEPTED and question.confirm is not None:
            answer = await question.confirm(ended.entry)
            if answer.result is not Result.ACCEPTED:
                return answer
            if answer.entry == RIGHT:
                return ended
            variant, taken_back = "first", taken_back + 1
            ended = Ended(Result.WRONG, ended.entry, "the caller took it back")
        elif ended.result not in (Result.WRONG, Result.SILENT):
            return ended
        elif ended.result is Result.WRONG:
            # What was typed after a mistake was meant for something else.
            call.channel.keys.clear()
            variant, mistakes = "wrong", mistakes + 1
        else:
            variant, silences = "silent", silences + 1
        if silences + mistakes + taken_back >= question.tries:
            return ended


def repeating(choices: Mapping[str, KeyChoice]) -> dict[str, str]:
    """Those of the keys that just ask again, with their targets.

    One that also sets something is left to the step, which then begins anew.
    """
    return {
        key: c.then for key, c in choices.items() if c.then == "repeat" and not c.values
    }


def note_entry(call: Call, ended: Ended, *, hidden: type[Secret] | None) -> None:
    """Note how an entry ended, and what it was as far as *hidden* shows it."""
    shown = ended.entry
    if shown and hidden is not None:
        shown = str(hidden(shown))
    call.note(
        DigitsCollected,
        step=call.step_name,
        digits=shown,
        result=ended.result.value,
        why=ended.why,
        ended_by=ended.by,
        key=ended.key or ended.end_key,
    )


def note_key(call: Call, key: str, why: str) -> None:
    """Note a single key that was taken outside a question."""
    call.note(
        DigitsCollected,
        step=call.step_name,
        digits=key,
        result=Result.ACCEPTED.value,
        why=why,
        ended_by="key",
    )


def prompt_words(
    call: Call, prompt: Sayable | str
) -> Callable[[str, int], Sequence[Utterance]]:
    """The words of *prompt* for a `Question`."""
    return lambda variant, attempt: call.words_of(
        prompt, variant=variant, attempt=attempt
    )
