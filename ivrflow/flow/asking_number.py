"""Ask a caller for the telephone number at which he can be reached.

A number that is offered, mostly the one that he calls from, is confirmed with 1; 2 asks
for another one. Whoever's number is withheld is asked for it. What was entered is read
back too: one digit that is wrong, and somebody else is rung.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.flow.call import Call
from ivrflow.flow.collect import Question, ask, prompt_words
from ivrflow.flow.kinds import PromptName
from ivrflow.telephony.digits import Choices, Length, Match, Result, Rules

NUMBER = Length(3, 15)
"""What may be a telephone number (ITU-T E.164: 15 digits at most)."""


@dataclass(frozen=True, kw_only=True)
class AskNumber:
    """The prompts of the two questions.

    *ask* is for another number; *confirm* says `number`.
    """

    ask: PromptName
    confirm: PromptName


@dataclass(frozen=True)
class NoNumber:
    """The caller has confirmed none."""

    why: str


async def asked_number(
    call: Call, questions: AskNumber, *, offer: object
) -> str | NoNumber:
    """The number that the caller has confirmed.

    *offer* is offered first, if it is a telephone number.
    """
    number = str(offer) if is_number(offer) else ""
    while True:
        if not number:
            entered = await _entered(call, questions)
            if isinstance(entered, NoNumber):
                return entered
            number = entered
        confirmed = await _confirmed(call, questions, number)
        if isinstance(confirmed, NoNumber):
            return confirmed
        if confirmed:
            return number
        number = ""


def is_number(value: object) -> bool:
    """Whether it may be a telephone number."""
    return NUMBER.match(str(value or "")) in (Match.MATCH, Match.MAX)


async def _entered(call: Call, questions: AskNumber) -> str | NoNumber:
    question = Question(
        said=prompt_words(call, questions.ask),
        rules=Rules(grammar=NUMBER, end_keys="#", clear_key="*"),
    )
    ended = await ask(call, question)
    if ended.result is Result.ACCEPTED:
        return ended.entry
    return NoNumber(f"no number was entered: {ended.why}")


async def _confirmed(call: Call, questions: AskNumber, number: str) -> bool | NoNumber:
    """True: this number. False: another one."""
    question = Question(
        said=lambda variant, attempt: call.words_of(
            questions.confirm, variant=variant, attempt=attempt, number=number
        ),
        rules=Rules(grammar=Choices("12"), wrong_at_once=True),
    )
    ended = await ask(call, question)
    if ended.result is Result.ACCEPTED:
        return ended.entry == "1"
    return NoNumber(f"the number was not confirmed: {ended.why}")
