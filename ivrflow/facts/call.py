"""The call and its way through the flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class CallStarted(Fact):
    caller: str
    dialled: str
    flow: str
    version: str
    local: str = ""
    """The time by which the flow goes, in the site's zone (ISO 8601)."""
    switches: Sequence[str] = ()
    """The switches that were thrown then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepEntered(Fact):
    flow: str
    step: str
    verb: str
    place: str
    """file:line of the step."""
    number: int
    """Counts the steps of this call from 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said(Fact):
    prompt: str
    words: str
    language: str
    to: str = "caller"
    """caller or agent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DigitsCollected(Fact):
    """An entry ended. *digits* is masked where the entry is secret."""

    step: str
    digits: str
    result: str
    """accepted, wrong, silent; left: a key led elsewhere; cleared: the clear key on
    nothing."""
    why: str
    """Which timer, key or rule ended it, in words."""
    ended_by: str = ""
    """key, end key, leave key, clear key; or the timer that ran out: wait,
    between_keys, after_complete. "" where it was noted before this was."""
    key: str = ""
    """The end key, or the one that led elsewhere or cleared; it is no part of the
    entry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConditionTested(Fact):
    """A condition of the flow was worked out."""

    step: str
    place: str
    """file:line of the condition."""
    condition: str
    held: bool
    values: Mapping[str, Any] = field(default_factory=dict)
    """The names that it reads, and what they were then; of a record or a list only that
    it was one. No secrets; and not the entry that a `check` is about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LookedUp(Fact):
    """A source of data.yaml was asked, and how it answered."""

    step: str
    source: str
    way: str
    """row, not found or error."""
    seconds: float
    asked: Mapping[str, Any] = field(default_factory=dict)
    """The values that it was asked with, secrets masked."""
    rows: Sequence[Mapping[str, Any]] = ()
    """What the flow sees of the answer; nothing that is secret, and the first
    `MOST_ROWS` of many."""
    found: int = 0
    """How many rows there were."""
    why: str = ""
    """Of an error: what was wrong."""


MOST_ROWS = 20
"""Rows of one look-up that are kept in a fact."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored(Fact):
    """A `store` step wrote a row, or could not."""

    step: str
    source: str
    way: str
    """stored or error; "stored before": by the process before this one, which died."""
    seconds: float
    why: str = ""
    doubtful: bool = False
    """Done again after a restart, and nobody can tell whether it had been done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityJudged(Fact):
    """What a caller has entered to prove who he is was judged."""

    step: str
    what: str
    """PIN or code."""
    verdict: str
    """right, wrong or locked. An unknown card is wrong too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided(Fact):
    """A step chose where to go on."""

    step: str
    outcome: str
    target: str
    why: str
    flow: str = ""
    written: str = ""
    """file:line:column of the target; "" for a way that nobody wrote: the next step, or
    the apology."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepFailed(Fact):
    step: str
    place: str
    error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Logged(Fact):
    """What a `log` step wrote."""

    step: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CallResumed(Fact):
    """The service died or was started anew, and the call goes on where it was: this
    step is run again, with the number that it has."""

    flow: str
    step: str
    number: int
    away: float = 0.0
    """Seconds in which nobody had the call; 0 where that is not known."""
    how: str = ""
    """handed over: a dialplan's script has come to a step that joins channels, and no
    service has died."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEnded(Fact):
    by: str
    """caller, flow, limit, shutdown or fault; operator, who hung up by the API; outage
    or pbx restart where it ended while nobody was there."""
    cause: int
    flow: str
    step: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RanAtEnd(Fact):
    """A step of `on_end` ran, when the call was over."""

    flow: str
    step: str
    place: str
    """file:line of the step."""
    outcome: str
    why: str = ""
    written: str = ""
    """As in `Decided`."""
