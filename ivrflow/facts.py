"""What happened, as frozen records in the past tense.

Each fact has its time and its call. They all go to one synchronous `note(fact)`.
Call records, the transcript of a test, the demo's story, metrics and `why` are read
from them, so that they can't disagree. A fact never holds a secret: its fields are
texts and numbers, and a secret has no way to become either.

`at` is the wall clock in seconds since 1970 (UTC), `call` the caller's channel id, or
"" where no call is concerned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """Base of all facts."""

    at: float
    call: str = ""

    @property
    def kind(self) -> str:
        """The name under which the fact is stored: its class's."""
        return type(self).__name__

    def details(self) -> dict[str, Any]:
        """All fields but the time and the call, ready for JSON."""
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name not in ("at", "call")
        }


Note = Callable[[Fact], None]
"""Take one fact. Never blocks, never fails."""


def ignore(_: Fact) -> None:
    """A `Note` for those who don't listen."""


# The call and its way through the flow -------------------------------------------


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
    """stored or error."""
    seconds: float
    why: str = ""


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
class CallEnded(Fact):
    by: str
    """caller, flow, limit, shutdown or fault."""
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


# The queue ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerQueued(Fact):
    queue: str
    needs: Mapping[str, Any]
    priority: float
    position: int
    agents: Mapping[str, int] = field(default_factory=dict)
    """What the queue's agents were doing then, and how many: free, talking, rung,
    wrap-up, not ready, logged out. Those who are free may lack a skill."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedsWidened(Fact):
    queue: str
    needs: Mapping[str, Any]
    after: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentOffered(Fact):
    queue: str
    agent: str
    offer: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferEnded(Fact):
    """The agent's phone rang in vain, or not at all: *how* is an `Unreached`'s value,
    "caller gone" or "lost"."""

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
    """agent or caller."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftQueue(Fact):
    """The caller left without an agent: *how* is abandoned, key, timeout, full,
    no agents, closed or shutdown."""

    queue: str
    how: str
    waited: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentChanged(Fact):
    """An agent signed in or out, got ready or not, or began or ended work."""

    agent: str
    presence: str
    work: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackAsked(Fact):
    queue: str
    number: str
    due: str = ""
    """The time of the caller's choice (ISO 8601); "": as soon as the place comes."""


# Messages ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRecorded(Fact):
    """The recording of a message has ended; the caller may still throw it away."""

    mailbox: str
    seconds: float
    ended_by: str
    """A key, silence, longest or hang-up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageLeft(Fact):
    mailbox: str
    message: str
    seconds: float
    urgent: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Notified(Fact):
    """A notice about a message was put into the outbox."""

    mailbox: str
    message: str
    channel: str
    to: str
    attach: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterPosted(Fact):
    """A `send` step put something into the outbox: email, sms or webhook."""

    step: str
    channel: str
    to: str


# Leaving the flow -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferBegan(Fact):
    """A phone or number rings for the caller; *mode* is connect, attended or blind.

    *shown* is what the screen of whoever it rings gets."""

    step: str
    to: str
    mode: str
    shown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferEnded(Fact):
    """*how* is "talked", "handed over", "not accepted", "refused", an `Unreached`'s
    value or "caller gone"."""

    step: str
    to: str
    how: str
    seconds: float
    """How long they talked; 0 where they did not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DialRefused(Fact):
    """A flow wanted to dial a number that the settings don't allow."""

    step: str
    number: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomEntered(Fact):
    room: str
    members: int
    """The caller included."""
    recording: str = ""
    """Of all that is said in the room; "" where this caller is not told of one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomLeft(Fact):
    room: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecordingBegan(Fact):
    recording: str
    """Its name below the folder of recordings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecordingPaused(Fact):
    recording: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecordingResumed(Fact):
    recording: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecorded(Fact):
    """The recording has ended and is stored."""

    recording: str
    seconds: float
