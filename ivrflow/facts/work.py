"""Messages that are work for a queue: each begins once and ends once."""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkBegan(Fact):
    """A message waits to be dealt with. *call* is the one in which it was left."""

    queue: str
    message: str
    mailbox: str
    promised: float
    """Until when; seconds since 1970."""
    urgent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkTried(Fact):
    """An agent had the message: *how* is "talked" (who left it was called back, and
    answered), an `Unreached`'s value (he did not), "dealt with", "given back" (by the
    agent) or "agent gone" (hung up before saying)."""

    queue: str
    message: str
    agent: str
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkEnded(Fact):
    """*how* is done or withdrawn (taken off, or its message is gone)."""

    queue: str
    message: str
    mailbox: str
    how: str
    in_time: bool
    """Whether it was dealt with, or called back first, before the promise was over."""
    agent: str = ""
    """Who dealt with it; "" where it was withdrawn."""
    disposition: str = ""
    by: str = ""
    """Who ended it, if not the agent who had it."""
