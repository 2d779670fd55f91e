"""Agents as their phones see them, in memory: what was asked for is noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ivrflow.flow.world import AgentNow


class MemoryAgents:
    """A flow's `Agents`: *pins* are PINs by number, as `PlainVerifier` compares them.

    `did` is what was asked for, in order. `states` is how it stands with each, and
    `phones` who is signed in where: set by a test, and kept up by what is asked for.
    """

    def __init__(self, pins: Mapping[str, str | None]) -> None:
        self.pins = dict(pins)
        self.did: list[tuple[str, ...]] = []
        self.states: dict[str, AgentNow] = {}
        self.phones: dict[str, str] = {}
        self.over: set[tuple[str, str]] = set()
        """(agent, reason) of pauses whose time is used up."""
        self.talked: set[str] = set()
        """Agents who have a talk to say something of."""

    async def pin_hash(self, agent: str) -> str | None:
        """The agent's PIN; None if there is no such agent or no PIN."""
        return self.pins.get(agent)

    def at(self, phone: str) -> str:
        """Who is signed in there, or ""."""
        return self.phones.get(phone, "")

    def now(self, agent: str) -> AgentNow:
        """As `states` has it."""
        return self.states.get(agent, AgentNow())

    def used_up(self, agent: str, reason: str) -> bool:
        """As `over` has it."""
        return (agent, reason) in self.over

    async def set_ready(self, agent: str, ready: bool, *, reason: str) -> None:
        """Note it; the agent is signed in by that."""
        self.did.append(("ready", agent) if ready else ("not ready", agent, reason))
        self.states[agent] = replace(self.now(agent), signed_in=True)

    async def sign_in(self, agent: str, *, endpoint: str) -> None:
        """Note it."""
        self.did.append(("sign in", agent, endpoint))
        self.states[agent] = replace(self.now(agent), signed_in=True)
        if endpoint:
            self.phones[endpoint] = agent

    async def sign_out(self, agent: str) -> None:
        """Note it."""
        self.did.append(("sign out", agent))
        self.states[agent] = replace(self.now(agent), signed_in=False)
        self.phones = {p: a for p, a in self.phones.items() if a != agent}

    async def end_wrap_up(self, agent: str) -> bool:
        """Note it, if there is one."""
        return self._wrap_up(agent, ("end wrap-up", agent), ends=True)

    async def longer_wrap_up(self, agent: str, seconds: float) -> bool:
        """Note it, if there is one."""
        return self._wrap_up(agent, ("longer wrap-up", agent, f"{seconds:g}"))

    async def dispose(self, agent: str, disposition: str) -> bool:
        """Note it, if there was a talk."""
        if agent not in self.talked:
            return False
        self.did.append(("dispose", agent, disposition))
        self.states[agent] = replace(self.now(agent), owes=False)
        return True

    def _wrap_up(self, agent: str, did: tuple[str, ...], *, ends: bool = False) -> bool:
        if not self.now(agent).wrap_up:
            return False
        self.did.append(did)
        self.states[agent] = replace(self.now(agent), wrap_up=not ends)
        return True
