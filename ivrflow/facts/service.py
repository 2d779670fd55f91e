"""The service itself: when it began, what it takes as given, what it has lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceBegan(Fact):
    """Calls, offers and talks of before are over, whatever no fact says of them."""

    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceEnded(Fact):
    """It was stopped in order, and all calls are over. One that dies says nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionTaken(Fact):
    """New calls go by another version of the site; its queues and agents hold now."""

    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentSeen(Fact):
    """How an agent is who is signed in: noted for each at the start of the service, and
    when a day begins, so that the times of a day can be told from its own facts.

    Nothing has changed with it: it is no `AgentChanged`."""

    agent: str
    presence: str
    work: str
    since: float
    """From when on the presence is so."""
    reason: str = ""
    queues: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FactsLost(Fact):
    """Facts that were noted before this one were not stored: the database was away for
    too long, or did not take them."""

    count: int
