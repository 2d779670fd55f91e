"""Each fact in words: one sentence that a person reads to see how a call went.

The demo's story, the talk of a failed test, a terminal that tries a flow and the record
of a past call all say the same thing in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ivrflow.facts import (
    AgentChanged,
    AgentOffered,
    CallbackAsked,
    CallEnded,
    CallerQueued,
    CallRecorded,
    CallRecordingBegan,
    CallRecordingPaused,
    CallRecordingResumed,
    CallStarted,
    ConditionTested,
    Connected,
    Decided,
    DialRefused,
    DigitsCollected,
    Fact,
    IdentityJudged,
    LeftQueue,
    LetterPosted,
    Logged,
    LookedUp,
    MessageLeft,
    MessageRecorded,
    NeedsWidened,
    Notified,
    OfferEnded,
    RoomEntered,
    RoomLeft,
    Said,
    StepEntered,
    StepFailed,
    Stored,
    TalkEnded,
    TransferBegan,
    TransferEnded,
)


def told(fact: Fact) -> str:
    """*fact* in words, without its time and call; "" for a kind that nobody tells."""
    tell = _TOLD.get(type(fact))
    return tell(fact) if tell else ""


def _started(fact: CallStarted) -> str:
    caller = fact.caller or "a withheld number"
    return f"{caller} calls {fact.dialled}: flow {fact.flow}"


def _said(fact: Said) -> str:
    if not fact.words:
        return ""
    name = f"{fact.prompt}: " if fact.prompt else ""
    to = "" if fact.to == "caller" else f"to the {fact.to} "
    return f'says {to}{name}"{fact.words}"'


def _collected(fact: DigitsCollected) -> str:
    pressed = f"keys {fact.digits}" if fact.digits else "no keys"
    return f"{pressed}: {fact.result}, {fact.why}"


def _tested(fact: ConditionTested) -> str:
    values = f"  ({_pairs(fact.values)})" if fact.values else ""
    return f"if {fact.condition}: {'yes' if fact.held else 'no'}{values}"


def _looked_up(fact: LookedUp) -> str:
    asked = f" with {_pairs(fact.asked)}" if fact.asked else ""
    asking = f"looks up {fact.source}{asked}: "
    took = f", after {fact.seconds:.1f} s" if fact.seconds >= NOTICEABLE else ""
    if fact.way != "row":
        return f"{asking}{fact.why or fact.way}{took}"
    if fact.found != 1:
        return f"{asking}{fact.found} rows{took}"
    return f"{asking}{_pairs(fact.rows[0]) if fact.rows else 'a row'}{took}"


def _decided(fact: Decided) -> str:
    why = fact.why or fact.outcome
    return f"-> {fact.target}: {why}"


def _queued(fact: CallerQueued) -> str:
    needs = _pairs(fact.needs) or "anyone"
    return (
        f"queue {fact.queue}: needs {needs}, priority {fact.priority:g}, "
        f"number {fact.position} in line"
    )


def _connected(fact: Connected) -> str:
    shown = f", sees {_pairs(fact.shown)}" if fact.shown else ""
    return f"agent {fact.agent} answers after {fact.waited:.0f} s{shown}"


def _left(fact: MessageLeft) -> str:
    urgent = ", urgent" if fact.urgent else ""
    return f"message in {fact.mailbox}, {fact.seconds:.1f} s{urgent}"


def _ended(by: str) -> str:
    return f"key {by}" if len(by) == 1 else by


def _notified(fact: Notified) -> str:
    attached = f" with the {fact.attach}" if fact.attach else ""
    return f"{fact.channel} to {fact.to}{attached}"


def _in_room(fact: RoomEntered) -> str:
    recorded = f", recorded as {fact.recording}" if fact.recording else ""
    return f"enters room {fact.room}, number {fact.members} in it{recorded}"


def _transferred(fact: TransferEnded) -> str:
    talked = f", they talked {fact.seconds:.0f} s" if fact.seconds else ""
    return f"transfer to {fact.to}: {fact.how}{talked}"


NOTICEABLE = 0.5
"""Seconds that a look-up takes before it is worth telling how long."""


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {'-' if value is None else value}" for name, value in values.items()
    )


_TOLD: dict[type[Fact], Callable[[Any], str]] = {
    CallStarted: _started,
    StepEntered: lambda f: f"{f.step}  ({f.verb}, {f.place})",
    Said: _said,
    DigitsCollected: _collected,
    ConditionTested: _tested,
    LookedUp: _looked_up,
    Stored: lambda f: f"stores in {f.source}: {f.why or f.way}",
    IdentityJudged: lambda f: f"the {f.what} is judged: {f.verdict}",
    Decided: _decided,
    StepFailed: lambda f: f"FAILED: {f.error}",
    Logged: lambda f: f"logs {_pairs(f.data)}",
    CallEnded: lambda f: f"ended by {f.by} in {f.step or '-'} after {f.seconds:.0f} s",
    CallerQueued: _queued,
    NeedsWidened: lambda f: (
        f"after {f.after:.0f} s in {f.queue}: needs {_pairs(f.needs) or 'anyone'}"
    ),
    AgentOffered: lambda f: f"agent {f.agent} rings: {f.why}",
    OfferEnded: lambda f: f"agent {f.agent} did not answer: {f.how}",
    Connected: _connected,
    TalkEnded: lambda f: f"{f.by} hung up, agent {f.agent} talked {f.seconds:.0f} s",
    LeftQueue: lambda f: f"left {f.queue} after {f.waited:.0f} s: {f.how}",
    AgentChanged: lambda f: f"agent {f.agent} is {f.presence}, {f.work}: {f.why}",
    CallbackAsked: lambda f: (
        f"wants to be called back at {f.number}" + (f" on {f.due}" if f.due else "")
    ),
    MessageRecorded: lambda f: (
        f"recorded {f.seconds:.1f} s for {f.mailbox}, ended by {_ended(f.ended_by)}"
    ),
    MessageLeft: _left,
    Notified: _notified,
    LetterPosted: lambda f: f"sends {f.channel} to {f.to}",
    TransferBegan: lambda f: f"transfers to {f.to} ({f.mode})",
    TransferEnded: _transferred,
    DialRefused: lambda f: f"may not dial {f.number}: {f.why}",
    RoomEntered: _in_room,
    RoomLeft: lambda f: f"leaves room {f.room} after {f.seconds:.0f} s",
    CallRecordingBegan: lambda f: f"recorded as {f.recording}",
    CallRecordingPaused: lambda f: f"recording stands still: {f.why}",
    CallRecordingResumed: lambda f: "recording goes on",
    CallRecorded: lambda f: f"recording {f.recording} ended, {f.seconds:.0f} s",
}
