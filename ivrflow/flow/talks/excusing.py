"""What every talk of our own does when the world fails it: say sorry, and log why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ivrflow.flow.call import Call, log
from ivrflow.flow.world import Trouble

Talk = Callable[[Call], Awaitable[None]]
"""A whole talk: returns when the caller has chosen, or given up."""


def excusing(talk: Talk, what: str) -> Talk:
    """*talk*, with an apology where it raises `Trouble`; *what* is for the log."""

    async def excused(call: Call) -> None:
        try:
            await talk(call)
        except Trouble as trouble:
            log.warning("call %s: %s fails: %s", call.id, what, trouble)
            await call.say("apology")

    return excused
