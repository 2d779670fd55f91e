"""What agents do by phone, carried to the desk: a flow's `Agents`.

The desk must know at once who is ready, so nothing here writes presence itself. PINs
come from the database. Who does it is the agent himself, which is what the desk takes
for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from ivrflow.acd.breaks import Breaks
from ivrflow.acd.desk import Desk, UnknownAgent
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.disposing import CannotDispose, NothingToDispose
from ivrflow.acd.model import Presence, Work
from ivrflow.flow.world import AgentNow, Trouble


class Pins(Protocol):
    """The hashes of PINs. Raises `Trouble`."""

    async def pin_hash(self, agent: str) -> str | None: ...


class AgentsByPhone:
    """PINs, the desk, and how long agents have been on their breaks."""

    def __init__(
        self, pins: Pins, desk: Desk, breaks: Breaks, clock: Callable[[], float]
    ) -> None:
        self._pins = pins
        self._desk = desk
        self._breaks = breaks
        self._clock = clock

    async def pin_hash(self, agent: str) -> str | None:
        """The hash of the agent's PIN; None if there is no such agent or no PIN."""
        return await self._pins.pin_hash(agent)

    def at(self, phone: str) -> str:
        """Who is signed in at *phone*; of several, who came last."""
        found = [
            agent
            for agent in self._desk.agents.values()
            if agent.address == phone and agent.presence is not Presence.LOGGED_OUT
        ]
        return max(found, key=lambda a: a.presence_since).number if found else ""

    def now(self, agent: str) -> AgentNow:
        """How it stands with the agent; one who is not known is not signed in."""
        known = self._desk.agents.get(agent)
        if known is None:
            return AgentNow()
        return AgentNow(
            signed_in=known.presence is not Presence.LOGGED_OUT,
            serving=known.work in (Work.OFFERED, Work.TALKING),
            wrap_up=known.work_at(self._clock()) is Work.WRAP_UP,
            owes=known.owes,
        )

    def used_up(self, agent: str, reason: str) -> bool:
        """Whether today's time for this pause is over."""
        return self._breaks.used(agent, reason, self._clock()).over

    async def set_ready(self, agent: str, ready: bool, *, reason: str) -> None:
        """Make the agent ready, or not ready for *reason*. Raises `Trouble`."""
        with _trouble():
            if ready:
                await self._desk.ready(agent)
            else:
                await self._desk.not_ready(agent, reason)

    async def sign_in(self, agent: str, *, endpoint: str) -> None:
        """Sign in, not ready yet. *endpoint* "" keeps the agent's own phone."""
        with _trouble():
            await self._desk.sign_in(agent, endpoint)

    async def sign_out(self, agent: str) -> None:
        """Sign out, from whatever phone. Raises `Trouble`."""
        with _trouble():
            await self._desk.sign_out(agent)

    async def end_wrap_up(self, agent: str) -> bool:
        """End the agent's wrap-up; False if there is none any more."""
        return await self._wrap_up(agent, self._clock())

    async def longer_wrap_up(self, agent: str, seconds: float) -> bool:
        """Add *seconds* to the agent's wrap-up; False if there is none any more.

        One that lasts until it is said how the call has ended has no end to move.
        """
        known = self._desk.agents.get(agent)
        if known is None or not self.now(agent).wrap_up:
            return False
        if known.owes:
            return True
        return await self._wrap_up(agent, known.free_at + seconds)

    async def dispose(self, agent: str, disposition: str) -> bool:
        """Say how the agent's talk, or the last one, ended; False if there was none."""
        with _trouble():
            try:
                await self._desk.dispose(agent, disposition)
            except NothingToDispose:
                return False
        return True

    async def _wrap_up(self, agent: str, until: float) -> bool:
        with _trouble():
            try:
                await self._desk.wrap_up(agent, until)
            except CannotDispose:
                raise
            except ValueError:  # it has ended meanwhile
                return False
        return True


@contextmanager
def _trouble() -> Iterator[None]:
    """Whatever the desk refuses is `Trouble` to a flow."""
    try:
        yield
    except (BoardAway, UnknownAgent, CannotDispose) as error:
        raise Trouble(str(error)) from None
