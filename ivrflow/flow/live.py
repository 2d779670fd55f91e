"""The calls that are up now: for the API, the terminal, and the end of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ivrflow.flow.call import Call
from ivrflow.logs.where import about
from ivrflow.secret import Secret


@dataclass(frozen=True, kw_only=True)
class CallState:
    """One call at this moment, as texts and numbers."""

    id: str
    caller: str
    dialled: str
    version: str
    """The version of the site that it began with, and keeps."""
    flow: str
    step: str
    place: str
    """file:line of the step."""
    language: str
    seconds: float
    agent: str
    """The number of the agent who served the caller last, or ""."""
    queue: str = ""
    """The queue in which the caller waits, or by which he came to who talks with him;
    "" for none."""


@dataclass(frozen=True)
class LoggedCall:
    """A call, as the log knows it: see `logs.where`."""

    call: Call

    @property
    def id(self) -> str:
        """As it is stored: one that goes on may have had another channel."""
        return self.call.id

    @property
    def place(self) -> str:
        """file:line of the step; "" where there is none."""
        return _place(self.call)

    @property
    def caller(self) -> str:
        """The calling number."""
        return self.call.channel.caller_id

    @property
    def hidden(self) -> Sequence[Secret]:
        """What was entered that nobody may see."""
        return self.call.hidden


class LiveCalls:
    """Who is on the line. Calls are held for as long as a block runs."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}
        self._nobody = asyncio.Event()
        self._nobody.set()
        self._leaving = False

    def __len__(self) -> int:
        return len(self._calls)

    @contextmanager
    def holding(self, call: Call) -> Iterator[None]:
        """The call is up while the block runs, and what is logged there is about it."""
        self._calls[call.id] = call
        self._nobody.clear()
        call.parks = self._leaving
        try:
            with about(LoggedCall(call)):
                yield
        finally:
            if self._calls.get(call.id) is call:
                del self._calls[call.id]  # else it goes on already, in another task
            if not self._calls:
                self._nobody.set()

    async def nobody(self) -> None:
        """Wait until no call is up."""
        await self._nobody.wait()

    def drain(self) -> None:
        """From now on each call stops before its next step, for the next process."""
        self._leaving = True
        for call in self._calls.values():
            call.parks = True

    def in_the_middle(self) -> int:
        """How many hear something, or enter something secret, that should end first."""
        return sum(call.in_the_middle for call in self._calls.values())

    def calls(self) -> list[Call]:
        """All calls that are up."""
        return list(self._calls.values())

    def of(self, call: str) -> Call | None:
        """The call with this id; None if it is not up."""
        return self._calls.get(call)

    async def end(self, call: str) -> bool:
        """Hang up on one, as who runs the service wants it; False: it is not up.

        Its flow goes through its `on_end` as it does when the caller hangs up.
        """
        found = self._calls.get(call)
        if found is None:
            return False
        found.ended_for_us = True
        await found.channel.hang_up()
        return True

    def state(self) -> list[CallState]:
        """All calls, the longest first."""
        return [_state(call) for call in self._calls.values()]


def _place(call: Call) -> str:
    node = call.node
    return f"{node.at.file}:{node.at.line}" if node else ""


def _state(call: Call) -> CallState:
    return CallState(
        id=call.id,
        caller=call.channel.caller_id,
        dialled=call.channel.dialled,
        version=call.site.version,
        flow=call.frames[-1].flow.name if call.frames else "",
        step=call.step_name,
        place=_place(call),
        language=call.language,
        seconds=round(call.world.seconds() - call.began, 3),
        agent=str(call.agent.get("number", "")),
        queue=str(call.queue.get("name", "")),
    )
