"""Each fact in words: one sentence that a person reads to see how a call went.

The demo's story, the talk of a failed test, a terminal that tries a flow and the record
of a past call all say the same thing in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ivrflow.alarm_words import cleared, raised
from ivrflow.facts import (
    AbilitiesChanged,
    AdoptionEnded,
    AgentChanged,
    AgentOffered,
    AgentSeen,
    AlarmCleared,
    AlarmRaised,
    CallbackAsked,
    CallbackEnded,
    CallbackTried,
    CallEnded,
    CallerCameBack,
    CallerMoved,
    CallerQueued,
    CallerSent,
    CallerTransferBegan,
    CallerTransferEnded,
    CallQuality,
    CallRecorded,
    CallRecordingBegan,
    CallRecordingPaused,
    CallRecordingResumed,
    CallResumed,
    CallStarted,
    ConditionTested,
    Connected,
    Decided,
    DialRefused,
    DigitsCollected,
    Disposed,
    EstimateSaid,
    Fact,
    FactsLost,
    GreetingChanged,
    Held,
    HoldChanged,
    IdentityJudged,
    LeftQueue,
    LetterPosted,
    Logged,
    LookedUp,
    MailboxEntered,
    MailboxRefused,
    MessageDeleted,
    MessageDropped,
    MessageForwarded,
    MessageGone,
    MessageHeard,
    MessageLeft,
    MessageMarked,
    MessageMoved,
    MessageRecorded,
    MessageRestored,
    MonitorBegan,
    MonitorEnded,
    NeedsWidened,
    Notified,
    OfferEnded,
    PartyJoined,
    PartyLeft,
    PhoneChanged,
    PinChanged,
    QueueChanged,
    Resumed,
    RoomEntered,
    RoomLeft,
    Said,
    SelfChecked,
    SenderCalled,
    ServiceBegan,
    ServiceEnded,
    ServiceLeft,
    StepEntered,
    StepFailed,
    Stored,
    SyntheticCalled,
    TalkEnded,
    ToldByCall,
    Transcribed,
    TransferBegan,
    TransferEnded,
    VersionTaken,
    WorkBegan,
    WorkEnded,
    WorkTried,
    WrapUpChanged,
)


def told(fact: Fact) -> str:
    """*fact* in words, without its time and call; "" for a kind that nobody tells."""
    tell = _TOLD.get(type(fact))
    return tell(fact) if tell else ""


def _resumed(fact: CallResumed) -> str:
    if fact.how:
        return f"goes on in {fact.step or '-'}, where channels can be joined"
    away = f", after {fact.away:.1f} s without the service" if fact.away else ""
    return f"goes on in {fact.step or '-'}{away}"


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
    needs = needs_told(fact.needs)
    return (
        f"queue {fact.queue}: needs {needs}, priority {priority_told(fact.priority)}, "
        f"number {fact.position} in line"
    )


def _connected(fact: Connected) -> str:
    shown = f", sees {_pairs(fact.shown)}" if fact.shown else ""
    return f"agent {fact.agent} answers after {fact.waited:.0f} s{shown}"


def _offer_ended(fact: OfferEnded) -> str:
    told = {
        "lost race": f"agent {fact.agent} rings no more: another one was quicker",
        "not accepted": f"agent {fact.agent} answered, and did not take the call",
        "caller gone": f"agent {fact.agent} rings no more: the caller is gone",
    }
    return told.get(fact.how, f"agent {fact.agent} did not answer: {fact.how}")


def _talk_ended(fact: TalkEnded) -> str:
    talked = f"agent {fact.agent} talked {fact.seconds:.0f} s"
    if fact.held:
        talked += f", {fact.held:.0f} s of it with the caller on hold"
    if fact.by == "transfer":
        return f"agent {fact.agent} gave the caller away, {talked}"
    if fact.by == "fault":
        return f"the talk ended by a fault of the service, {talked}"
    if fact.by == "outage":
        return f"the talk ended while the service was away, {talked}"
    return f"{fact.by} hung up, {talked}"


def _sounded(fact: CallQuality) -> str:
    whose = "the caller's line" if fact.channel == fact.call else "another phone"
    ways = [
        _way("heard", fact.lost_in, fact.worst_in, fact.jitter_in),
        _way("hears", fact.lost_out, fact.worst_out, fact.jitter_out),
        f"round trip {fact.round_trip:.0f} ms" if fact.round_trip is not None else "",
    ]
    return f"sound of {whose}: {'; '.join(filter(None, ways))}"


def _way(
    what: str, lost: float | None, worst: float | None, jitter: float | None
) -> str:
    if lost is None or worst is None or jitter is None:
        return ""
    return f"{what} with {lost:.1%} lost, at worst {worst:.1%}, jitter {jitter:.0f} ms"


def _left(fact: MessageLeft) -> str:
    urgent = ", urgent" if fact.urgent else ""
    return f"message in {fact.mailbox}, {fact.seconds:.1f} s{urgent}"


def _held(fact: HoldChanged) -> str:
    message = f"message {fact.message} of " if fact.message else "all of "
    return f"{message}{fact.mailbox}"


def _forwarded(fact: MessageForwarded) -> str:
    what = {
        "forward": f"sends message {fact.message} on to",
        "reply": f"answers message {fact.message} to",
        "new": "sends a message to",
    }
    return f"{fact.by} {what.get(fact.how, fact.how)} {fact.to}"


def _dropped(fact: MessageDropped) -> str:
    told = {
        "again": "the caller records it again",
        "thrown away": "the caller throws it away",
        "no room": "there was no room for it",
        "nothing": "nothing was recorded",
    }
    why = told.get(fact.why, f"it is {fact.why}")
    return f"no message in {fact.mailbox}: {why}"


def _ended(by: str) -> str:
    return f"key {by}" if len(by) == 1 else by


def _notified(fact: Notified) -> str:
    attached = f" with the {fact.attach}" if fact.attach else ""
    return f"{fact.channel} to {fact.to}{attached}"


def _work_over(f: WorkEnded) -> str:
    who = f" by {f.by}" if f.by else f" by agent {f.agent}" if f.agent else ""
    said = f" ({f.disposition})" if f.disposition else ""
    late = "" if f.in_time else ", later than promised"
    return f"the message in {f.mailbox} is {f.how}{who}{said}{late}"


def _in_room(fact: RoomEntered) -> str:
    recorded = f", recorded as {fact.recording}" if fact.recording else ""
    return f"enters room {fact.room}, number {fact.members} in it{recorded}"


_NOT_BACK = {
    "caller gone": "the call ended in",
    "agent gone": "the agent leaves the caller in",
    "gone on": "the caller goes on for good from",
}


def _came_back(fact: CallerCameBack) -> str:
    result = f" with {_pairs(fact.result)}" if fact.result else ""
    if (gone := _NOT_BACK.get(fact.outcome)) is not None:
        return f"{gone} the flow {fact.flow}"
    how = {"": ", which failed", "taken back": ", taken back"}.get(fact.outcome, "")
    return f"back from the flow {fact.flow}{how}{result}"


def _transferred(fact: TransferEnded) -> str:
    talked = f", they talked {fact.seconds:.0f} s" if fact.seconds else ""
    return f"transfer to {fact.to}: {fact.how}{talked}"


def _stands(fact: QueueChanged) -> str:
    to = f" to {fact.to}" if fact.to else ""
    return f"queue {fact.queue} is {fact.state}{to}, by {fact.by}"


def _moved(fact: CallerMoved) -> str:
    if fact.agent:
        return f"taken for agent {fact.agent} by {fact.by}, before all in {fact.to}"
    if fact.to != fact.queue:
        return f"{fact.by} moves the caller from {fact.queue} to {fact.to}"
    priority = priority_told(fact.priority)
    return f"{fact.by} gives the caller another priority in {fact.queue}: {priority}"


TAKEN = 900_000
"""From this priority on, somebody has given the caller to an agent, ahead of all."""


def priority_told(priority: float) -> str:
    """A priority as a person reads it."""
    return "first" if priority >= TAKEN else f"{priority:g}"


NOTICEABLE = 0.5
"""Seconds that a look-up takes before it is worth telling how long."""


def needs_told(needs: Mapping[str, Any]) -> str:
    """What a caller asks for, as a person reads it; *needs* as a flow writes them."""
    return ", ".join(_need_told(name, value) for name, value in needs.items()) or (
        "anyone"
    )


def _need_told(name: str, value: Any) -> str:
    if name == "any":
        groups = value if value and isinstance(value[0], list) else [value]
        return ", ".join(
            "one of (" + "; ".join(map(needs_told, group)) + ")" for group in groups
        )
    if name == "not":
        return "not (" + needs_told(value) + ")"
    if isinstance(value, Mapping):
        return f"{name} {value['is']} at {value['level']}"
    return f"{name} {value}"


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
    Stored: lambda f: (
        f"stores in {f.source}: {f.why or f.way}"
        + (", perhaps for the second time" if f.doubtful else "")
    ),
    IdentityJudged: lambda f: f"the {f.what} is judged: {f.verdict}",
    Decided: _decided,
    StepFailed: lambda f: f"FAILED: {f.error}",
    Logged: lambda f: f"logs {_pairs(f.data)}",
    CallResumed: _resumed,
    CallEnded: lambda f: f"ended by {f.by} in {f.step or '-'} after {f.seconds:.0f} s",
    CallerQueued: _queued,
    NeedsWidened: lambda f: (
        f"after {f.after:.0f} s in {f.queue}: needs {needs_told(f.needs)}"
    ),
    AgentOffered: lambda f: f"agent {f.agent} rings: {f.why}",
    OfferEnded: _offer_ended,
    Connected: _connected,
    TalkEnded: _talk_ended,
    QueueChanged: _stands,
    AlarmRaised: raised,
    AlarmCleared: cleared,
    SyntheticCalled: lambda f: (
        f"the synthetic call to {f.to} was good, answered after {f.answered:.1f} s"
        if f.good
        else f"the synthetic call to {f.to} failed: {f.why}"
    ),
    LeftQueue: lambda f: (
        f"left {f.queue} after {f.waited:.0f} s: {f.how}"
        + (f" to {f.to}" if f.to else "")
    ),
    EstimateSaid: lambda f: (
        f"was told that it takes {f.low / 60:.0f} to {f.high / 60:.0f} minutes"
    ),
    AgentChanged: lambda f: f"agent {f.agent} is {f.presence}, {f.work}: {f.why}",
    CallerMoved: _moved,
    AbilitiesChanged: lambda f: (
        f"{f.by} changes what agent {f.agent} serves: "
        f"{', '.join(f.queues) or 'no queue'}; {_pairs(f.skills) or 'no skills'}"
    ),
    PhoneChanged: lambda f: (
        f"agent {f.agent}'s phone is "
        + ("in another call" if f.busy else "out of the other call")
    ),
    WrapUpChanged: lambda f: f"agent {f.agent}'s wrap-up has another end, by {f.by}",
    Disposed: lambda f: f"agent {f.agent}'s call is noted as {f.disposition}",
    CallbackAsked: lambda f: (
        f"wants to be called back at {f.number}" + (f" on {f.due}" if f.due else "")
    ),
    CallbackTried: lambda f: f"{f.number} is called back by agent {f.agent}: {f.how}",
    CallbackEnded: lambda f: (
        f"the callback to {f.number} is {f.how}"
        f"{' by ' + f.by if f.by else ''}{'' if f.in_time else ', later than promised'}"
    ),
    WorkBegan: lambda f: (
        f"the message in {f.mailbox} is work for {f.queue}"
        f"{', and urgent' if f.urgent else ''}"
    ),
    WorkTried: lambda f: f"agent {f.agent} has the message: {f.how}",
    WorkEnded: _work_over,
    MessageRecorded: lambda f: (
        f"recorded {f.seconds:.1f} s for {f.mailbox}, ended by {_ended(f.ended_by)}"
    ),
    MessageLeft: _left,
    MessageDropped: _dropped,
    Notified: _notified,
    ToldByCall: lambda f: f"message {f.message} by a call to {f.to}: {f.how}",
    Transcribed: lambda f: (
        f"message {f.message} is written down, {f.took:.1f} s"
        if f.ok
        else f"message {f.message} stays without words"
    ),
    MailboxEntered: lambda f: f"{f.by} may hear the mailbox {f.mailbox}",
    MailboxRefused: lambda f: f"may hear no mailbox: {f.why}",
    MessageHeard: lambda f: (
        f"{f.by} hears message {f.message} of {f.mailbox}"
        f"{', a new one' if f.first else ''}"
    ),
    MessageMarked: lambda f: (
        f"{f.by} marks message {f.message} of {f.mailbox} as "
        f"{'new' if f.new else 'heard'}"
    ),
    MessageMoved: lambda f: (
        f"{f.by} puts message {f.message} of {f.mailbox} into {f.folder}"
    ),
    MessageDeleted: lambda f: f"{f.by} deletes message {f.message} of {f.mailbox}",
    MessageRestored: lambda f: f"{f.by} restores message {f.message} of {f.mailbox}",
    MessageForwarded: _forwarded,
    MessageGone: lambda f: f"message {f.message} of {f.mailbox} was kept long enough",
    HoldChanged: lambda f: (
        f"{f.by} puts {_held(f)} on hold" if f.on else f"{f.by} releases {_held(f)}"
    ),
    GreetingChanged: lambda f: (
        f"{f.by} {'speaks' if f.on else 'takes off'} the {f.greeting} greeting of "
        f"{f.mailbox}"
    ),
    PinChanged: lambda f: f"{f.by} changes the PIN of {f.mailbox}",
    SenderCalled: lambda f: f"{f.by} calls {f.number} back: {f.how}",
    LetterPosted: lambda f: f"sends {f.channel} to {f.to}",
    TransferBegan: lambda f: f"transfers to {f.to} ({f.mode})",
    TransferEnded: _transferred,
    CallQuality: _sounded,
    DialRefused: lambda f: f"may not dial {f.number}: {f.why}",
    RoomEntered: _in_room,
    RoomLeft: lambda f: f"leaves room {f.room} after {f.seconds:.0f} s",
    Held: lambda f: "on hold",
    Resumed: lambda f: f"off hold after {f.seconds:.0f} s",
    CallerTransferBegan: lambda f: (
        f"agent {f.agent} transfers the caller to {f.to} ({f.mode})"
    ),
    CallerTransferEnded: lambda f: f"transfer to {f.to}: {f.how}",
    CallerSent: lambda f: f"agent {f.agent} sends the caller to the flow {f.flow}",
    CallerCameBack: _came_back,
    PartyJoined: lambda f: f"{f.who} joins the talk",
    PartyLeft: lambda f: f"{f.who} leaves the talk",
    MonitorBegan: lambda f: f"{f.by} hears agent {f.agent} ({f.mode})",
    MonitorEnded: lambda f: f"{f.by} heard agent {f.agent} for {f.seconds:.0f} s",
    CallRecordingBegan: lambda f: f"recorded as {f.recording}",
    CallRecordingPaused: lambda f: f"recording stands still: {f.why}",
    CallRecordingResumed: lambda f: "recording goes on",
    CallRecorded: lambda f: f"recording {f.recording} ended, {f.seconds:.0f} s",
    ServiceBegan: lambda f: f"the service begins, with version {f.version}",
    ServiceEnded: lambda f: "the service ends",
    ServiceLeft: lambda f: (
        f"the service ends; {f.calls} calls are left to the next one"
    ),
    AdoptionEnded: lambda f: (
        f"{f.adopted} calls taken over: {f.resumed} go on, {f.begun} begin; {f.ended} "
        f"ended meanwhile, {f.reaped} phones and bridges without a call are gone"
    ),
    VersionTaken: lambda f: f"new calls go by version {f.version}",
    AgentSeen: lambda f: (
        f"agent {f.agent} is {f.presence}{f' ({f.reason})' if f.reason else ''}"
    ),
    FactsLost: lambda f: f"{f.count} facts before this one could not be stored",
    SelfChecked: lambda f: (
        f"the figures of {f.day} were compared with the facts: {f.differences} "
        f"differences in {f.compared}"
    ),
}
