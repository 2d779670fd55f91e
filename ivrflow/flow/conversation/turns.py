"""How a talk goes on: what each of its states ends with.

Apart from the talk, which imports what can be done in it, while that needs these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivrflow.flow.call import Call
from ivrflow.flow.conversation.inbox import Left, Request
from ivrflow.flow.step import Goto

ONWARD = "onward"
"""The mark of a `queue` step whose caller was given to another queue or flow."""


@dataclass(frozen=True)
class Onward:
    """The caller goes on in a queue, as soon as he is out of this one's line."""

    keys: Mapping[str, Any]
    """What a `queue` step would say."""
    why: str
    anew: bool = False
    """Whether the caller has been served, and is the last in line there."""

    async def remember(self, call: Call) -> None:
        """Note that he goes there, for the next process: before he is let go."""
        mark = {"keys": dict(self.keys), "why": self.why}
        if call.marks.get(ONWARD) != mark:
            await call.mark(**{ONWARD: mark, "talk": None, "line": None})

    @classmethod
    def noted(cls, call: Call) -> Onward | None:
        """Where the caller was led by an earlier process of this step, if he was."""
        match call.marks.get(ONWARD):
            case {"keys": dict(keys), "why": str(why)}:
                return cls(keys, why)
        return None

    async def go(self, call: Call) -> Goto:
        """Do what the `queue` step does; its outcomes are those of the step left."""
        # Flows run steps and a step talks: the circle is closed here.
        from ivrflow.flow.steps.queue import Queue

        if self.anew:
            call.served()
        await self.remember(call)
        return await Queue.model_validate(dict(self.keys)).stand(call)


@dataclass(frozen=True)
class End:
    """The talk is over."""

    way: Goto | Onward


Turn = Request | Left | End | None
"""A request that leads elsewhere, somebody who has left, the end, or: talk on."""
