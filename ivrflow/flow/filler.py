"""What a caller hears while something takes long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ivrflow.aio import beside
from ivrflow.flow.call import Call
from ivrflow.telephony.channel import HungUp

LONG = 1.0
"""Seconds after which the filler is said."""


@asynccontextmanager
async def while_it_takes_long(call: Call, prompt: str | None) -> AsyncIterator[None]:
    """Say *prompt* when the block takes longer than `LONG`; then be silent.

    The block's end cuts the prompt off: an answer is worth more than a filler.
    """
    if prompt is None:
        yield
        return

    async def filler() -> None:
        await asyncio.sleep(LONG)
        # In `on_end` nobody listens, and the block must come to its end.
        with suppress(HungUp):
            await call.say(prompt)

    async with beside(filler()):
        yield
