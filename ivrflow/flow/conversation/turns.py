"""How a talk goes on: what each of its states ends with.

Apart from the talk, which imports what can be done in it, while that needs these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivrflow.flow.call import Call
from ivrflow.flow.conversation.inbox import Left, Request
from ivrflow.flow.step import VERBS, Goto


@dataclass(frozen=True)
class Onward:
    """The caller goes on in a queue, as soon as he is out of this one's line."""

    keys: Mapping[str, Any]
    """What a `queue` step would say."""
    why: str
    anew: bool = False
    """Whether the caller has been served, and is the last in line there."""

    async def go(self, call: Call) -> Goto:
        """Do what the `queue` step does; its outcomes are those of the step left."""
        if self.anew:
            call.served()
        return await VERBS["queue"].model_validate(dict(self.keys)).run(call)


@dataclass(frozen=True)
class End:
    """The talk is over."""

    way: Goto | Onward


Turn = Request | Left | End | None
"""A request that leads elsewhere, somebody who has left, the end, or: talk on."""
