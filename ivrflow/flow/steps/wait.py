"""`wait`: let some time pass."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import ClassVar

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.kinds import Duration, Plain, Sayable
from ivrflow.flow.step import Goto, Step

UNTIL = "until"
"""The mark: when the time is over, in seconds since 1970."""


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
        left = await self._left(call)
        music = call.channel.music(str(self.music)) if self.music else nullcontext()
        async with music:
            await asyncio.sleep(left)
        return Goto("then", f"{self.duration:g} s have passed")

    async def _left(self, call: Call) -> float:
        """Seconds that are left to wait: after a restart, what was left before it."""
        now, until = call.world.seconds(), call.marks.get(UNTIL)
        if isinstance(until, int | float):
            # A clock that was set meanwhile must not make it longer.
            return min(max(0.0, until - now), self.duration)
        if self.say is not None:
            await call.say(self.say)
            now = call.world.seconds()
        await call.mark(**{UNTIL: now + self.duration})
        return self.duration
