"""`wait`: let some time pass."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import ClassVar

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.kinds import Duration, Plain, Sayable
from ivrflow.flow.step import Goto, Step


class Wait(Step):
    """Let some time pass, in silence or with music. Keys are kept for what follows."""

    verb: ClassVar[str] = "wait"

    duration: Duration = Field(alias="wait", description="How long: `5s`.")
    say: Sayable | None = Field(
        None, description="What is said first; the time begins after it."
    )
    music: Plain | None = Field(
        None,
        examples=["default"],
        description="The music class that plays; without it: silence.",
    )

    async def run(self, call: Call) -> Goto:
        if self.say is not None:
            await call.say(self.say)
        music = call.channel.music(str(self.music)) if self.music else nullcontext()
        async with music:
            await asyncio.sleep(self.duration)
        return Goto("then", f"{self.duration:g} s have passed")
