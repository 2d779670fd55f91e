"""Agents: what they chose, what they do, what they may serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentChanged(Fact):
    """An agent signed in or out, got ready or not, or began or ended work."""

    agent: str
    presence: str
    work: str
    why: str
    reason: str = ""
    """Of one who is not ready: the break's name, or "no answer"."""
    queues: Sequence[str] = ()
    """The queues that the agent serves."""
    by: str = ""
    """Who did it: an agent's number, or "service"; "" where it was noted before this
    was."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WrapUpChanged(Fact):
    """A wrap-up was made longer or shorter; one that just ends is `AgentChanged`."""

    agent: str
    until: float
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneChanged(Fact):
    """An agent's phone is in a call that is not ours, or is out of it again."""

    agent: str
    busy: bool
    state: str
    """As the switch names it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AbilitiesChanged(Fact):
    """An agent's queues or skills were changed while the service runs."""

    agent: str
    by: str
    queues: Sequence[str] = ()
    skills: Mapping[str, int] = field(default_factory=dict)
