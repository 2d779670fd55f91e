"""An agent who must accept a call is asked: agents.yaml, `confirm: yes`.

An answering machine that takes the call presses nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ivrflow.flow.call import Call
from ivrflow.flow.collect import Question, collect
from ivrflow.flow.waiting import queue_record
from ivrflow.telephony.channel import Channel
from ivrflow.telephony.digits import Choices, Result, Rules
from ivrflow.telephony.sound import BEEP

if TYPE_CHECKING:
    from ivrflow.acd.desk import Place
    from ivrflow.acd.model import Agent
    from ivrflow.flow.kinds import Sayable

ASKED = 2
"""Times that an agent is asked: he has his part of `accept_within` after each."""


def asking(
    call: Call, place: Place, whisper: Sayable | str | None
) -> Callable[[Agent, Channel], Awaitable[bool]]:
    """What `Place.agent` asks by: the whisper, or a tone, then key 1 for yes."""

    async def ask(agent: Agent, leg: Channel) -> bool:
        call.queue = queue_record(call, place)
        words = call.words_of(whisper) if whisper is not None else [BEEP]
        question = Question(
            said=lambda variant, attempt: words,
            rules=Rules(
                grammar=Choices("1"),
                wait=place.rules.accept_within / ASKED,
                wrong_at_once=True,
            ),
        )
        for _ in range(ASKED):
            ended = await collect(call, words, question, leg)
            if ended.result is Result.ACCEPTED:
                return True
        return False

    return ask
