"""`answer`: take the call, in a flow that did not do so at once."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.step import Goto, Step


class Answer(Step):
    """Take the call: from here on it costs the caller money, and can hear keys.

    For a flow with `answer: no` in its head. A call that was taken already stays so.
    """

    verb: ClassVar[str] = "answer"
    keys_come_again: ClassVar[bool] = True

    answer: Literal["yes"] = Field(description="`yes`.")

    async def run(self, call: Call) -> Goto:
        await call.channel.answer()
        return Goto("then")
