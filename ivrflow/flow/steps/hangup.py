"""`hangup`: say good-bye and end the call."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.kinds import Sayable
from ivrflow.flow.step import Goto, Step


class Hangup(Step):
    """End the call, after saying a prompt or, with `hangup: yes`, at once."""

    verb: ClassVar[str] = "hangup"
    ends: ClassVar[bool] = True
    falls_through: ClassVar[bool] = False

    prompt: Sayable = Field(
        alias="hangup",
        description="What is said first, or `yes`.",
        json_schema_extra={"also": ["yes"]},
    )

    async def run(self, call: Call) -> Goto:
        if self.prompt != "yes":
            await call.say(self.prompt)
        return Goto("hangup", "the flow ends here", "hangup")
