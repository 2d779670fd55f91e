"""The service itself: when it began, what it takes as given, what it has lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceBegan(Fact):
    """It takes calls from now on, and takes over those that are up (`adopts`): until
    `AdoptionEnded` it is open what of before is still on. Where it adopts nothing,
    calls, offers and talks of before are over, whatever no fact says of them."""

    version: str
    adopts: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AdoptionEnded(Fact):
    """What was up when the last service ended is taken over, or known to be over.

    Noted by each look at Asterisk that changed something, and by the first one after
    each start in any case."""

    over_at: float
    """When that is taken to have ended of which no fact tells."""
    adopted: int = 0
    """Callers whom nobody had."""
    resumed: int = 0
    """Those of them whose calls go on."""
    begun: int = 0
    """Those whose calls begin."""
    ended: int = 0
    """Calls that ended meanwhile."""
    reaped: int = 0
    """Phones and bridges that belonged to no call any more."""
    seconds: float = 0.0
    """From the look until all had had their moment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceLeft(Fact):
    """It was told to stop, and left the calls that are up to the next one."""

    calls: int = 0


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
