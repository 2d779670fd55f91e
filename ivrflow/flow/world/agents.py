"""What a phone may do for an agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class AgentNow:
    """An agent at this moment, as far as the talks of our own ask."""

    signed_in: bool = False
    serving: bool = False
    """Whether the agent is rung, or talks."""
    wrap_up: bool = False
    owes: bool = False
    """Whether the wrap-up lasts until it is said how the call has ended."""


class Agents(Protocol):
    """What a phone may do for an agent. The coroutines raise `Trouble`."""

    async def pin_hash(self, agent: str) -> str | None:
        """The hash of the agent's PIN; None if there is no such agent or no PIN."""

    def at(self, phone: str) -> str:
        """Who is signed in at *phone*; "" for nobody. From memory: never waits."""

    def now(self, agent: str) -> AgentNow:
        """How it stands with the agent. From memory: never waits."""

    def used_up(self, agent: str, reason: str) -> bool:
        """Whether today's time for this pause is over. From memory: never waits."""

    async def set_ready(self, agent: str, ready: bool, *, reason: str) -> None:
        """Make the agent ready, which ends a wrap-up, or not ready for *reason*."""

    async def sign_in(self, agent: str, *, endpoint: str) -> None:
        """Sign in, not ready yet. *endpoint* "" keeps the agent's own phone."""

    async def sign_out(self, agent: str) -> None: ...

    async def end_wrap_up(self, agent: str) -> bool:
        """End the agent's wrap-up; False if there is none any more."""

    async def longer_wrap_up(self, agent: str, seconds: float) -> bool:
        """Add *seconds* to the agent's wrap-up; False if there is none any more."""

    async def dispose(self, agent: str, disposition: str) -> bool:
        """Say how the agent's talk, or the last one, ended; False if there was none."""
