"""Callers in queues, who is offered to them, and how that went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerQueued(Fact):
    queue: str
    needs: Mapping[str, Any]
    priority: float
    position: int
    agents: Mapping[str, int] = field(default_factory=dict)
    """What the queue's agents were doing then, and how many: free, talking, rung,
    wrap-up, resting, not ready, logged out. Those who are free may lack a skill."""
    item: str = "call"
    """What waits: call, callback, voicemail, or consult: an agent who talks about the
    call *origin*, and wants another agent. A consult is no caller in any figure."""
    joined: float = 0.0
    """From when the place in the line counts; 0: from now."""
    origin: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedsWidened(Fact):
    queue: str
    needs: Mapping[str, Any]
    after: float
    queues: Sequence[str] = ()
    """The queues whose agents may take it from now on, beside those of *queue*."""
    priority: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class EstimateSaid(Fact):
    """The caller was told in which range of seconds, from now on, an agent answers."""

    queue: str
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerMoved(Fact):
    """A supervisor gave somebody who waits another priority or queue, or an agent."""

    queue: str
    to: str
    """The queue from now on; *queue* itself where it stays."""
    priority: float
    by: str
    agent: str = ""
    """Who alone is to take the caller, before all who wait for him; "": anyone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentOffered(Fact):
    queue: str
    agent: str
    offer: str
    why: str
    shown: Mapping[str, str] = field(default_factory=dict)
    """What the agent's screen gets."""
    idle: float = 0.0
    """Seconds for which this agent was free and this caller could have had him, until
    the phone was ordered to ring."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferEnded(Fact):
    """The agent's phone rang in vain, or not at all: *how* is an `Unreached`'s value,
    "caller gone", "lost" (a fault or an end of the service), "lost race" (another one
    who rang too answered first) or "not accepted" (answered, and 1 was not pressed)."""

    queue: str
    agent: str
    offer: str
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Connected(Fact):
    queue: str
    agent: str
    offer: str
    waited: float
    shown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TalkEnded(Fact):
    queue: str
    agent: str
    offer: str
    seconds: float
    by: str
    """agent, caller, transfer (the caller was given to somebody else), fault (the
    service could not go on with it; caller and agent were both there) or outage (over
    before the next process was there to see it)."""
    held: float = 0.0
    """Seconds of these in which the caller was on hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftQueue(Fact):
    """The caller left without an agent: *how* is abandoned, key, timeout, full,
    no agents, closed, overflow, callback, moved, shutdown or outage (hung up while the
    service was away)."""

    queue: str
    how: str
    waited: float
    position: int = 0
    """The place in the line then; 0 where it had none."""
    to: str = ""
    """The queue, flow or number to which the caller flowed; "" if to none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackAsked(Fact):
    queue: str
    number: str
    due: str = ""
    """The time of the caller's choice (ISO 8601); "": as soon as the place comes."""
    joined: float = 0.0
    """From when the place in the line counts; 0: from now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackTried(Fact):
    """An agent was there and the number was dialled. *call* is that of `CallbackAsked`.

    *how* is "talked" or an `Unreached`'s value."""

    queue: str
    number: str
    agent: str
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackEnded(Fact):
    """*how* is kept, given up (after the last try) or taken back (by whom it was for,
    or by a supervisor)."""

    queue: str
    number: str
    how: str
    in_time: bool
    """Whether what was promised was kept: it was tried before the promise was over."""
    by: str = ""
    """Who took it back; "" for the one who had asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueChanged(Fact):
    """A queue was closed, diverted or opened again, from outside its files."""

    queue: str
    state: str
    """open, closed or diverted."""
    by: str
    to: str = ""
    """Of one that is diverted: queue, flow or number."""
    until: float | None = None
