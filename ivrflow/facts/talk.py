"""What agents and supervisors do while a caller is served.

*offer* is that of `Connected`, so that one caller's talks can be told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class Held(Fact):
    """The caller hears music, the agent is alone."""

    queue: str
    agent: str
    offer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumed(Fact):
    queue: str
    agent: str
    offer: str
    seconds: float
    """For which the caller was on hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerTransferBegan(Fact):
    """An agent gives the caller to somebody else: *mode* is blind or attended."""

    queue: str
    agent: str
    offer: str
    mode: str
    to: str
    """`agent 1002`, `queue service`, `flow survey` or a number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerTransferEnded(Fact):
    """*how* is "done", "taken back" (the agent has the caller again), "refused",
    "caller gone", "lost" (the service died over it: the agent has the caller again) or
    an `Unreached`'s value."""

    queue: str
    agent: str
    offer: str
    to: str
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerSent(Fact):
    """An agent sent the caller to a flow, and waits for him."""

    queue: str
    agent: str
    offer: str
    flow: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerCameBack(Fact):
    """That ends, however it does: each `CallerSent` has one."""

    queue: str
    agent: str
    offer: str
    flow: str
    outcome: str
    """The way out that the flow took; "" if it failed, and the caller is back for that;
    "taken back" if the agent did not wait for its end. He did not come back if it is
    "caller gone" (the call ended there), "agent gone" (the agent left, the caller goes
    on alone) or "gone on" (another flow took over for good)."""
    result: Mapping[str, str] = field(default_factory=dict)
    """What the flow gave (`gives`), as texts; nothing secret."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartyJoined(Fact):
    """Somebody else was taken into the talk."""

    queue: str
    agent: str
    offer: str
    who: str
    """`agent 1002`, or a number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartyLeft(Fact):
    queue: str
    agent: str
    offer: str
    who: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorBegan(Fact):
    """A supervisor hears the talk of *agent*: *mode* is listen, whisper (the agent
    hears the supervisor) or barge (all hear each other)."""

    agent: str
    by: str
    mode: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorEnded(Fact):
    agent: str
    by: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Disposed(Fact):
    """An agent said how a call has ended."""

    queue: str
    agent: str
    offer: str
    disposition: str
    by: str
    """Who said so; mostly the agent himself."""
