"""A question of a talk of our own: a few choices, a key each."""

from __future__ import annotations

from collections.abc import Sequence

from ivrflow.flow.call import Call
from ivrflow.flow.collect import Question, ask
from ivrflow.telephony.digits import Choices, Result, Rules

KEYS = "123456789"
"""As many choices as there are keys: what comes after them can't be chosen."""


async def chosen(call: Call, prompt: str, choices: Sequence[str]) -> str:
    """Ask which of *choices*, on the keys from 1 on; "" if none was chosen.

    A choice that *prompt* has no words for can be chosen, and is not told of.
    """
    offered = list(zip(KEYS, choices, strict=False))
    keys = "".join(key for key, _ in offered)
    question = Question(
        said=lambda variant, attempt: call.words_of(
            prompt, variant=variant, attempt=attempt, offered=offered
        ),
        rules=Rules(grammar=Choices(keys), wrong_at_once=True),
    )
    ended = await ask(call, question)
    if ended.result is not Result.ACCEPTED:
        return ""
    return dict(offered)[ended.entry]
