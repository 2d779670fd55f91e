"""What a talk is told: requests of its agent and of supervisors, keys, who has left.

A talk has one task, and everything that changes it happens there: whoever wants
something from outside (the API, a supervisor) puts a request into this box, which has
an end, and waits for the answer. Keys that the agent presses come the same way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivrflow.flow.conversation.parties import Party
    from ivrflow.flow.conversation.targets import Target

MOST = 8
"""Requests that may wait. Who sends more is told to wait."""

MOST_KEYS = 64
"""Keys that may wait; more are a broken phone's, and are dropped."""


class NotNow(Exception):
    """A request that can't be fulfilled: says why, for whoever made it."""


@dataclass(eq=False, kw_only=True)
class Request:
    """One act that somebody wants: *act* is one of `ACTS`.

    Its answer is awaited outside: `done` and `refuse` give it, the first one counts.
    """

    act: str
    by: str = ""
    """Who wants it: an agent's number, or a name; "" for the agent himself, by key."""
    of: str | None = None
    """The agent over whose talk who asks has a right, "" of a talk without one: another
    one's is not meant. None: whoever has the caller."""
    target: Target | None = None
    """Of a transfer, a conference, a flow; None: the agent enters it by keys."""
    given: Mapping[str, str] = field(default_factory=dict)
    """What a flow takes; what else an act needs."""
    answer: asyncio.Future[None] | None = None
    """None: nobody waits for an answer."""

    @property
    def open(self) -> bool:
        """Whether somebody waits for its answer."""
        return self.answer is not None and not self.answer.done()

    def done(self) -> None:
        """It has happened."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(None)

    def refuse(self, why: str) -> None:
        """It has not, and will not."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(NotNow(why))


@dataclass(frozen=True, eq=False)
class Left:
    """A party has hung up."""

    party: Party


class Over:
    """What was waited for beside all this is over."""


OVER = Over()


@dataclass(frozen=True)
class Pressed:
    """The agent has pressed a key."""

    key: str


ACTS = (
    "hold",
    "resume",
    "transfer",
    "blind",
    "complete",
    "take-back",
    "conference",
    "send-to-flow",
    "record",
    "monitor",
    "end",
)
"""What a talk can be asked for."""

BESIDE = ("record", "monitor")
"""What changes nothing about who talks with whom."""


class Inbox:
    """A box with an end: many may put something in, the talk alone takes out."""

    def __init__(self) -> None:
        self._requests: deque[Request] = deque()
        self._taken: list[Request] = []
        """Those that were taken out, and have had no answer yet."""
        self._keys: deque[str] = deque()
        self._news = asyncio.Event()
        self._closed = False

    async def ask(self, request: Request) -> None:
        """Put *request* in and wait until it is done; raise `NotNow` if it can't be."""
        if self._closed:
            raise NotNow("the talk is over")
        if len(self._requests) >= MOST:
            raise NotNow(f"{MOST} requests wait already; try again in a moment")
        request.answer = asyncio.get_running_loop().create_future()
        self._requests.append(request)
        self._news.set()
        try:
            await request.answer
        except asyncio.CancelledError:
            # Who does not wait any more does not want it any more, if it has not begun.
            if request in self._requests:
                self._requests.remove(request)
            raise

    def press(self, key: str) -> None:
        """A key of the agent's."""
        if len(self._keys) < MOST_KEYS:
            self._keys.append(key)
            self._news.set()

    def wake(self, _: object = None) -> None:
        """Something outside this box has changed: whoever waits for it looks again."""
        self._news.set()

    def close(self) -> None:
        """The talk is over: refuse what waits, and what is still put in."""
        self._closed = True
        for request in (*self._requests, *self._taken):
            request.refuse("the talk is over")
        self._requests.clear()
        self._taken.clear()

    def settle(self) -> None:
        """What was taken out has been done, or refused by now.

        But for what is done beside the talk, which answers for itself.
        """
        for request in self._taken:
            if request.act not in BESIDE:
                request.done()
        self._taken = [request for request in self._taken if request.open]

    def forget_keys(self) -> None:
        """Drop keys that nobody has taken yet."""
        self._keys.clear()

    async def next(
        self, look: Callable[[], Left | Over | None], ends: float | None = None
    ) -> Request | Pressed | Left | Over | None:
        """Return what comes next; None when the loop's clock is at *ends*.

        *look* is asked first, and whenever something has changed: who has left counts
        for more than what is asked for.
        """
        while True:
            self._news.clear()  # before looking: news that comes meanwhile is not lost
            if (seen := look()) is not None:
                return seen
            if self._keys:
                return Pressed(self._keys.popleft())
            if self._requests:
                request = self._requests.popleft()
                self._taken = [*(one for one in self._taken if one.open), request]
                return request
            try:
                async with asyncio.timeout_at(ends):
                    await self._news.wait()
            except TimeoutError:
                return None
