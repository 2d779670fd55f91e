"""`say`: play prompts and texts to the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from ivrflow.flow.call import PARKED, Call
from ivrflow.flow.kinds import Expression, OneOrMore, Part, Sayable, YesNo
from ivrflow.flow.step import Goto, Step
from ivrflow.telephony.keys import KEYS
from ivrflow.telephony.sound import Utterance

PART = "part"
"""The mark: the part of several that is on, but the first."""


SPARE = 0.5
"""Seconds that a prompt may take longer than it should."""


class Saying(Part):
    """One thing that is said, perhaps under a condition."""

    short: ClassVar[str] = "say"

    say: Sayable = Field(description="A prompt's name, or a text.")
    when: Expression | None = Field(
        None, alias="if", description="It is said only if this holds."
    )
    barge_in: YesNo | None = Field(
        None, description="`no`: a key does not stop this part."
    )


class Say(Step):
    """Say a prompt, a text, or a list of them, one after the other.

    A key stops what is said and is kept for the question that follows, unless
    `barge_in: no` stands there: then it is said to its end.
    """

    verb: ClassVar[str] = "say"
    keys_come_again: ClassVar[bool] = True

    parts: OneOrMore[Saying] = Field(
        alias="say", description="A prompt, a text, or a list of them."
    )
    barge_in: YesNo = Field(True, description="`no`: a key does not stop it.")

    async def run(self, call: Call) -> Goto:
        was_on, said = call.marks.get(PART), False
        for number, part in enumerate(self.parts):
            if isinstance(was_on, int) and number <= was_on:
                # After a restart: what was said is not said, or judged, again.
                if number < was_on:
                    continue
            elif part.when is not None and not call.holds(part.when):
                continue
            if said:
                await call.mark(**{PART: number})
                await call.rest()
            barge_in = self.barge_in if part.barge_in is None else part.barge_in
            stop_on = KEYS if barge_in else ""
            words = call.words_of(part.say)
            if said or not _heard(call, words):
                await call.play(words, stop_on=stop_on)
            said = True
        return Goto("then")


def _heard(call: Call, words: Sequence[Utterance]) -> bool:
    """Whether the caller heard *words* to their end while no process was there.

    What is still being played then goes on by itself (the switch sees to that); what
    has come to its end is not said again, else a call could stay at a long prompt for
    as long as the service dies more often than that takes.
    """
    if not call.resuming or PARKED in call.marks:
        return False
    if not all(one.seconds for one in words):
        return False
    ends = call.noted_at + sum(one.seconds for one in words) + SPARE
    return call.world.seconds() > ends
