"""What the floor's own watch has found."""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmRaised(Fact):
    """Something is as somebody must be told: once when it begins."""

    alarm: str
    """Its name in queues.yaml: longest_wait, no_agent_ready, ..."""
    queue: str
    """"" where it is about an agent only."""
    agent: str
    """"" where it is about a queue."""
    value: float
    limit: float
    what: str = ""
    """What else it is about: a trunk, for one. "" where that is the queue or agent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmCleared(Fact):
    """It is no longer so."""

    alarm: str
    queue: str
    agent: str
    seconds: float
    """For which it was so."""
    what: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SelfChecked(Fact):
    """Figures that are kept were compared with the facts."""

    day: str
    """The day that was looked at (ISO 8601)."""
    compared: int
    differences: int
