"""How a talk goes on: what each of its states ends with.

Apart from the talk, which imports what can be done in it, while that needs these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ivrflow.facts import CallerTransferEnded, Fact, Resumed
from ivrflow.flow.bookmark.keeping import commit
from ivrflow.flow.call import Call
from ivrflow.flow.conversation.inbox import Left, Request
from ivrflow.flow.frame import Doing
from ivrflow.flow.step import Goto
from ivrflow.telephony.channel import HungUp

ONWARD = "onward"
"""The mark of a `queue` step whose caller was given to another queue or flow."""

HOLD, ASKS = "hold", "asks"
"""Marks: since when the caller is on hold, and whom the agent asks or rings; each with
what the facts say of whose talk that is. They come and go together with the facts of
the beginning and the end, in one transaction: so each has its one end."""


def left_open(
    marks: Mapping[str, object], now: float, *, how: str
) -> Iterator[tuple[type[Fact], dict[str, Any]]]:
    """The facts that end what an earlier process was at, by its marks; each kind with
    what it says. *how* the asking has ended."""
    hold, asks = marks.get(HOLD), marks.get(ASKS)
    if isinstance(hold, dict):
        of: dict[str, Any] = dict(hold)
        seconds = max(0.0, now - of.pop("since"))
        yield Resumed, {**of, "seconds": seconds}
    if isinstance(asks, dict):
        yield CallerTransferEnded, {**asks, "how": how}


@dataclass(frozen=True)
class Onward:
    """The caller goes on in a queue, as soon as he is out of this one's line."""

    keys: Mapping[str, Any]
    """What a `queue` step would say."""
    why: str
    anew: bool = False
    """Whether the caller has been served, and is the last in line there."""
    again: bool = False
    """Whether an earlier process has noted it, and perhaps more since."""

    async def remember(self, call: Call) -> None:
        """Note that he goes there, for the next process: before he is let go."""
        old, talk = call.marks.get(ONWARD), call.marks.get("talk")
        of = talk if isinstance(talk, dict) else old if isinstance(old, dict) else {}
        recorded = bool(of.get("recorded", True))  # before the talk; else it ends now
        mark = {"keys": dict(self.keys), "why": self.why, "recorded": recorded}
        if old != mark or isinstance(talk, dict):
            await call.keep(**{ONWARD: mark, "talk": None, "line": None})

    @classmethod
    def noted(cls, call: Call) -> Onward | None:
        """Where the caller was led by an earlier process of this step, if he was."""
        match call.marks.get(ONWARD):
            case {"keys": dict(keys), "why": str(why)}:
                return cls(keys, why, again=True)
        return None

    async def go(self, call: Call) -> Goto:
        """Do what the `queue` step does; its outcomes are those of the step left."""
        # Flows run steps and a step talks: the circle is closed here.
        from ivrflow.flow.steps.queue import Queue

        if self.anew:
            call.served()
        if not self.again:
            await self.remember(call)
        return await Queue.model_validate(dict(self.keys)).stand(call)


async def remember_the_end(
    call: Call, why: str, *, recorded: bool, visits: Doing | None = None
) -> None:
    """Note that the talk is over, for the next process: before that is told.

    Else it would look for those who talked, and tell that they have gone once more.
    What then is not told any more the desk knows: nobody claims the offer. *visits* is
    the step of the talk, while the caller is in a flow that lies in it.
    """
    mark = {"over": why, "recorded": recorded}
    marks = {"talk": mark, "line": None, HOLD: None, ASKS: None}
    if visits is None:
        with suppress(HungUp):  # the caller too: nobody will ask for it
            await call.mark(**marks)
        return
    visits.marks = {n: v for n, v in {**visits.marks, **marks}.items() if v is not None}
    for frame in call.frames:
        frame.kept = None
    if (seal := call.world.seal) is not None:
        await commit(call, seal)  # something may be played to him: not on his channel


@dataclass(frozen=True)
class End:
    """The talk is over."""

    way: Goto | Onward


Turn = Request | Left | End | None
"""A request that leads elsewhere, somebody who has left, the end, or: talk on."""
