"""What every question for keys has in common: `ask`, a card, a PIN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel, Field

from ivrflow.flow.call import Call
from ivrflow.flow.checks import NAMED
from ivrflow.flow.collect import Question, repeating
from ivrflow.flow.forms import Form, of_length
from ivrflow.flow.kinds import (
    DigitsRange,
    Duration,
    Expression,
    Keys,
    Whole,
    YesNo,
)
from ivrflow.flow.step import Goto
from ivrflow.secret import Secret
from ivrflow.telephony.digits import Ended, Rules
from ivrflow.telephony.sound import Utterance


class AnyEntryKeys(BaseModel):
    """The keys of a question for an entry, whatever its form."""

    check: Expression | None = Field(
        None, description="What a right entry fulfils, or a named check: luhn, cn_id."
    )
    tries: Whole = Field(Whole(3), description="How often it is asked in all.")
    wait: Duration = Field(Duration(6), description="Time for the first key.")
    between_keys: Duration = Field(Duration(3), description="Time for a further key.")
    after_complete: Duration = Field(
        Duration(1), description="Time for the end key when no other key can follow."
    )
    end_keys: Keys | None = Field(
        None, description="Keys that end it; hash when the length varies, else none."
    )
    clear_key: Keys = Field(
        Keys("*"), description="The key that starts it again; `none`: no key does."
    )
    barge_in: Literal["yes", "no", "fits"] = Field(
        "yes", description="Whether a key stops the prompt; `fits`: only a right one."
    )
    type_ahead: YesNo = Field(True, description="Whether keys pressed before count.")


class EntryKeys(AnyEntryKeys):
    """The keys of a question for digits. A part of a step inherits them."""

    digits: DigitsRange = Field(description="How many digits: `12` or `4..8`.")


def question_for(
    call: Call,
    keys: EntryKeys,
    said: Callable[[str, int], Sequence[Utterance]],
    *,
    entry_name: str,
    hidden: type[Secret] | None = None,
    start: str = "first",
    clear_on_nothing: bool = False,
    holds: bool = False,
) -> Question:
    """The question for digits that *keys* describe; see `question_of`."""
    return question_of(
        call,
        keys,
        of_length(keys.digits),
        said,
        entry_name=entry_name,
        hidden=hidden,
        start=start,
        clear_on_nothing=clear_on_nothing,
        holds=holds,
    )


def question_of(
    call: Call,
    keys: AnyEntryKeys,
    form: Form,
    said: Callable[[str, int], Sequence[Utterance]],
    *,
    entry_name: str,
    hidden: type[Secret] | None = None,
    start: str = "first",
    clear_on_nothing: bool = False,
    holds: bool = False,
) -> Question:
    """The question that *keys* describe; *entry_name* is the entry's name in `check`.

    Always-keys that the entry itself can take (its own keys, clear key, end keys)
    belong to the entry; the others lead away.
    """
    if keys.end_keys is not None:
        end_keys = str(keys.end_keys)
    else:
        end_keys = "" if form.fixed else "#"
    taken = form.keys + end_keys + keys.clear_key
    always = {k: choice for k, (_, choice) in call.always().items() if k not in taken}
    return Question(
        said=said,
        rules=Rules(
            grammar=form.grammar,
            wait=keys.wait,
            between_keys=keys.between_keys,
            after_complete=keys.after_complete,
            end_keys=end_keys,
            clear_key=str(keys.clear_key),
            leave_keys="".join(always),
            wrong_at_once=form.at_once,
            clear_on_nothing=clear_on_nothing,
        ),
        tries=keys.tries,
        barge_in=keys.barge_in,
        type_ahead=keys.type_ahead,
        check=lambda entry: _fault(
            call, keys.check, form, entry_name, entry, hidden is not None
        ),
        hidden=hidden,
        start=start,
        name=entry_name,
        holds=holds,
        repeat_keys=repeating(always),
    )


def _fault(
    call: Call,
    check: Expression | None,
    form: Form,
    name: str,
    entry: str,
    hidden: bool,
) -> str:
    """Why *entry* is wrong, or "". The entry itself is not quoted: it may be secret.

    Neither is the check of one that is *hidden*, nor is it noted: `pin == '4711'` tells
    as much as the entry.
    """
    try:
        value = form.value(entry, call.world.clock().date())
    except ValueError as why:
        return str(why)
    if check is None:
        return ""
    named = NAMED.get(check.source.strip())
    if named:
        right = named(entry)
    elif hidden:
        right = call.holds_unnoted(check, **{name: value})
    else:
        right = call.holds(check, **{name: value})
    shown = "" if hidden and not named else f" {check.source}"
    return "" if right else f"the check{shown} does not hold"


def follow_left(call: Call, ended: Ended) -> Goto:
    """Go where the always-key that ended a question leads."""
    target = call.take_always(ended.key, *call.always()[ended.key])
    return Goto(f"key {ended.key}", f"the caller pressed {ended.key}", target)
