"""`say`: play prompts and texts to the caller."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.kinds import Expression, OneOrMore, Part, Sayable, YesNo
from ivrflow.flow.step import Goto, Step
from ivrflow.telephony.keys import KEYS


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

    parts: OneOrMore[Saying] = Field(
        alias="say", description="A prompt, a text, or a list of them."
    )
    barge_in: YesNo = Field(True, description="`no`: a key does not stop it.")

    async def run(self, call: Call) -> Goto:
        for part in self.parts:
            if part.when is not None and not call.holds(part.when):
                continue
            barge_in = self.barge_in if part.barge_in is None else part.barge_in
            stop_on = KEYS if barge_in else ""
            await call.play(call.words_of(part.say), stop_on=stop_on)
        return Goto("then")
