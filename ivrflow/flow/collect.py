"""Say something and take an entry: where prompts, keys and timers meet.

`collect` is one attempt: play, then feed keys and silences to the digit machine. `ask`
is the whole question with its tries, tapered prompts, always-keys, `repeat` and `back`.

When the service dies in a question, the next process runs it again. The tries that were
used stay used: they are noted from the second one on, so that the usual question costs
nothing. Where somebody keeps the keys of callers (`telephony.keys`), all that was typed
since the last note waits as if typed ahead: who is in the middle of an entry goes on,
and hears nothing. Without, what had been typed of an entry died with the process, so
what was typed since may be only its rest, and is forgotten; a key of a menu is whole
and counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING

from ivrflow.facts import DigitsCollected
from ivrflow.flow.call import Call
from ivrflow.flow.kinds import Sayable
from ivrflow.secret import Secret
from ivrflow.telephony.channel import Channel
from ivrflow.telephony.digits import Ended, Entry, Length, Match, Result, Rules
from ivrflow.telephony.keys import KEYS, Place, Stretch
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
    name: str = "entry"
    """What tells it from other questions of the same step."""
    holds: bool = False
    """Whether its answer holds for the rest of the step, so that it is not asked again
    after a restart: other questions follow."""

    def takes(self, pressed: str) -> bool:
        """Whether *pressed* can't be the rest of an entry, whose beginning is lost.

        It can't where any entry is whole with its first key, as in a menu; and not
        where it is as long as an entry can be.
        """
        grammar = self.rules.grammar
        if isinstance(grammar, Length) and pressed.isdigit():
            return len(pressed) == grammar.high
        return all(grammar.match(key) in (Match.MAX, Match.NO) for key in KEYS)


RIGHT, AGAIN = "1", "2"
"""The keys that answer when an entry is read back."""


async def collect(
    call: Call, said: Sequence[Utterance], question: Question, channel: Channel
) -> Ended:
    """One attempt: play *said*, then take keys until the entry ends."""
    rules, keys = question.rules, channel.keys
    if not question.type_ahead and not keys.come_again and keys.peek():
        keys.clear()
        if channel is call.channel and keys.taken.keeper:
            await call.mark()  # they are not to come again
    stop_on = {"yes": KEYS, "no": "", "fits": rules.beginnings(KEYS)}[question.barge_in]
    await call.play(said, stop_on=stop_on, to=channel)
    if not question.type_ahead and question.barge_in == "no":
        keys.clear()
    if question.barge_in == "fits":
        # Up to here only a fitting key counts; after the prompt a wrong one is wrong.
        while (waiting := keys.peek()[:1]) and waiting not in stop_on:
            await keys.next(0)
    entry, places = Entry(rules), list[Place]()
    while True:
        key = await keys.next(entry.within)
        if key:
            places.append(keys.last)
        if ended := entry.press(key) if key else entry.expire():
            return replace(ended, typed=_typed(ended, places))


def _typed(ended: Ended, places: list[Place]) -> Stretch | None:
    """Which of the keys at *places* the entry was; None where nobody keeps them."""
    if ended.by in ("end key", "leave key", "clear key"):
        places = places[:-1]
    if not ended.entry:
        return None
    first, last = places[-len(ended.entry)], places[-1]
    if not last.keeper or first.keeper != last.keeper:
        return None
    return Stretch(last.keeper, first.number, last.number)


async def ask(call: Call, question: Question) -> Ended:
    """Ask until an entry is accepted, leaves elsewhere, or the tries are used up.

    The last failed attempt is returned as it ended: WRONG or SILENT. Silence and
    mistakes count together against the tries, apart for the choice of the words. So
    does an entry that the caller takes back when it is read to him.
    """
    if question.hidden is None:
        return await _ask(call, question)
    async with call.recording.off_the_record():
        with call.unbroken():
            return await _ask(call, question)


@dataclass
class _Tries:
    """The attempts at one question so far."""

    variant: str
    silences: int = 0
    mistakes: int = 0
    taken_back: int = 0

    @property
    def used(self) -> int:
        """How many of the tries are gone."""
        return self.silences + self.mistakes + self.taken_back

    @property
    def attempt(self) -> int:
        """The how-manyth time this variant is needed."""
        so_many = {"silent": self.silences, "wrong": self.mistakes}
        return max(1, so_many.get(self.variant, 1))


TRIES = "tries"
"""The mark: question -> its `_Tries`, of those that were asked a second time."""


def _tries(call: Call, question: Question) -> _Tries:
    """The tries with which a question begins: none used, but after a restart."""
    noted = call.marks.get(TRIES)
    noted = dict(noted) if isinstance(noted, Mapping) else {}
    before = noted.pop(question.name, None)
    if not call.resuming or question.name in call.asked_since:
        if before is not None:
            # It is asked for another time in this step, which is a new question.
            call.set_marks({TRIES: noted})
        return _Tries(question.start)
    keys = call.channel.keys
    if (
        not call.asked_since
        and not call.keys_came_again
        and (question.hidden or not question.takes(keys.peek()))
    ):
        # A PIN may have been asked for, where it is a card's turn again now.
        keys.clear()
    call.asked_since.add(question.name)
    return _Tries(question.start) if before is None else _Tries(*before)


async def _note_tries(call: Call, question: Question, tries: _Tries) -> None:
    """Note that some of the tries are used, before it is asked again."""
    noted = call.marks.get(TRIES)
    noted = noted if isinstance(noted, Mapping) else {}
    await call.mark(**{TRIES: {**noted, question.name: list(astuple(tries))}})
    await call.rest()


def _entered_before(call: Call, question: Question) -> Ended | None:
    """The answer that a process before this one had; None if the question is asked."""
    entered = call.doing.entered
    if not call.resuming or question.name in call.asked_since:
        entered.pop(question.name, None)  # it is asked for another time
        return None
    typed = entered.get(question.name)
    if typed is not None and (entry := call.channel.keys.stretch(typed)):
        return Ended(Result.ACCEPTED, entry, "it was entered already", typed=typed)
    if lost := entered.keys() - call.asked_since:
        # What was entered after another answer than he gives now, or typed behind all
        # that, is no answer any more.
        forget_answers(call, *lost)
        call.channel.keys.clear()
        call.keys_came_again = False
    return None


def forget_answers(call: Call, *names: str) -> None:
    """Let these questions be asked again in this step, whatever was entered."""
    for name in names:
        call.doing.entered.pop(name, None)


async def _answered(call: Call, question: Question, tries: _Tries) -> Ended:
    """One attempt, judged and noted."""
    said = question.said(tries.variant, tries.attempt)
    ended = await collect(call, said, question, call.channel)
    if ended.result is Result.ACCEPTED and (fault := question.check(ended.entry)):
        ended = replace(ended, result=Result.WRONG, why=fault)
    note_entry(call, ended, hidden=question.hidden)
    repeats = ended.entry in question.repeat_keys
    if question.holds and ended.result is Result.ACCEPTED and not repeats:
        if ended.typed is not None:
            call.doing.entered[question.name] = ended.typed
        if ended.by in ("between_keys", "after_complete"):
            # It was the pause that ended it, and keys that come again have none.
            await call.mark()
    return ended


async def _ask(call: Call, question: Question) -> Ended:
    """As `ask`, on the record or off it."""
    before = _entered_before(call, question)
    tries = _tries(call, question)
    while True:
        ended, before = before or await _answered(call, question, tries), None
        pressed = ended.key or ended.entry
        if (
            question.repeat_keys
            and ended.result in (Result.ACCEPTED, Result.LEFT)
            and pressed in question.repeat_keys
        ):
            tries.variant = "first"
            target = question.repeat_keys[pressed]
            call.decided(f"key {pressed}", target, f"the caller pressed {pressed}")
            continue
        if ended.result is Result.ACCEPTED and question.confirm is not None:
            answer = await question.confirm(ended.entry)
            if answer.result is not Result.ACCEPTED:
                return answer
            if answer.entry == RIGHT:
                return ended
            tries.variant, tries.taken_back = "first", tries.taken_back + 1
            forget_answers(call, question.name)
            ended = Ended(Result.WRONG, ended.entry, "the caller took it back")
        elif ended.result not in (Result.WRONG, Result.SILENT):
            return ended
        elif ended.result is Result.WRONG:
            # What was typed after a mistake was meant for something else.
            call.channel.keys.clear()
            tries.variant, tries.mistakes = "wrong", tries.mistakes + 1
        else:
            tries.variant, tries.silences = "silent", tries.silences + 1
        if tries.used >= question.tries:
            return ended
        await _note_tries(call, question, tries)


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
