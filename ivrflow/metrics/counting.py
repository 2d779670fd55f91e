"""Counts facts as they are noted: an ear of the service, quick, and without memory of
who called.

A label that comes with a fact is a word of the code, or it must be a name of the site:
what is neither is counted as `other`. So no number and nothing that a caller says can
become one, whatever a fact holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ivrflow.facts import (
    AgentOffered,
    AlarmRaised,
    CallbackAsked,
    CallbackEnded,
    CallEnded,
    CallerQueued,
    CallQuality,
    CallStarted,
    Connected,
    DialRefused,
    DigitsCollected,
    Fact,
    FactsLost,
    IdentityJudged,
    LeftQueue,
    LookedUp,
    MailboxRefused,
    MessageDropped,
    MessageHeard,
    MessageLeft,
    Notified,
    OfferEnded,
    SelfChecked,
    StepEntered,
    StepFailed,
    Stored,
    SyntheticCalled,
    TalkEnded,
    Transcribed,
    TransferEnded,
    WorkBegan,
    WorkEnded,
)
from ivrflow.metrics import catalogue as known
from ivrflow.metrics.tally import OTHER, Tally, Values

CALL, CONSULT = "call", "consult"
"""Items of a line: what is usual; and one that is no caller in any figure."""

OURS = "(ours)"
"""The flow of calls that no flow has: a sign-in, a mailbox, a callback."""

ENDS = (
    "caller",
    "flow",
    "limit",
    "operator",
    "shutdown",
    "fault",
    "outage",
    "pbx restart",
)
"""What ends calls. They are shown as 0 from the beginning: of a series that begins with
its first fault, `increase()` would not see that one."""

MOST_ITEMS = 20_000
"""Waiting callbacks, messages and consultations that are remembered as such."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a version of the site calls its parts."""

    queues: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    """Of data.yaml."""


@dataclass
class _Known:
    """The names of all versions so far: calls keep the one that they began with."""

    of: Callable[[], Names]
    last: Names = field(default_factory=Names)
    queues: set[str] = field(default_factory=set)
    flows: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)

    def look(self) -> None:
        now = self.of()
        if now is not self.last:
            self.last = now
            self.queues |= now.queues
            self.flows |= now.flows
            self.sources |= now.sources


class Counting:
    """Hears every fact: `note` is a `Note`."""

    def __init__(self, names: Callable[[], Names]) -> None:
        """*names* are those of the live version: the same object until it changes."""
        self.tally = Tally()
        counted = [m for m in known.ALL.values() if m.ours and m.kind != "gauge"]
        self.tally.declare(counted)
        for end in ENDS:
            self.tally.add(known.CALLS_ENDED, end, by=0.0)
        self._known = _Known(names)
        self._items: dict[str, str] = {}
        """Call -> what waits there, if it is none."""
        self._take: dict[type[Fact], Callable[[Any], None]] = {
            CallStarted: self._started,
            CallEnded: self._ended,
            StepEntered: lambda f: self._add(known.STEPS, f.verb),
            StepFailed: lambda _: self._add(known.STEPS_FAILED),
            DigitsCollected: lambda f: self._add(known.ENTRIES, f.result),
            IdentityJudged: lambda f: self._add(known.IDENTITY, f.verdict),
            LookedUp: self._looked_up,
            Stored: self._stored,
            TransferEnded: lambda f: self._add(known.TRANSFERS, f.how),
            DialRefused: lambda _: self._add(known.DIALS_REFUSED),
            CallerQueued: self._queued,
            AgentOffered: lambda f: self._add(known.OFFERS, self._queue(f)),
            OfferEnded: lambda f: self._add(known.OFFERS_ENDED, self._queue(f), f.how),
            Connected: self._connected,
            LeftQueue: self._left,
            TalkEnded: self._talked,
            CallbackAsked: lambda f: self._add(known.CALLBACKS_ASKED, self._queue(f)),
            CallbackEnded: lambda f: self._promise(known.CALLBACKS_ENDED, f),
            WorkBegan: lambda f: self._add(known.WORK_BEGUN, self._queue(f)),
            WorkEnded: lambda f: self._promise(known.WORK_ENDED, f),
            MessageLeft: lambda _: self._add(known.RECORDED),
            MessageDropped: lambda f: self._add(known.DROPPED, f.why),
            MessageHeard: lambda f: self._add(known.HEARD, f.via),
            MailboxRefused: lambda f: self._add(known.MAILBOX_REFUSED, f.why),
            Notified: lambda f: self._add(known.NOTICES, f.channel),
            Transcribed: lambda f: self._add(known.TRANSCRIBED, _yes(f.ok)),
            CallQuality: self._sounded,
            SyntheticCalled: self._tried,
            AlarmRaised: self._raised,
            FactsLost: lambda f: self.tally.add(known.FACTS_LOST, by=f.count),
            SelfChecked: lambda f: self.tally.add(known.DIFFERENCES, by=f.differences),
        }

    def note(self, fact: Fact) -> None:
        """Count *fact*."""
        self.tally.add(known.FACTS)
        take = self._take.get(type(fact))
        if take is not None:
            self._known.look()
            take(fact)

    def copied(self) -> Values:
        """All counts, as they are now."""
        return self.tally.copied()

    # One kind after the other ---------------------------------------------------------

    def _started(self, fact: CallStarted) -> None:
        flow = fact.flow if fact.flow in self._known.flows else OURS
        self._add(known.CALLS, flow)

    def _ended(self, fact: CallEnded) -> None:
        self._add(known.CALLS_ENDED, fact.by)
        self.tally.observe(known.CALL_SECONDS, fact.seconds)
        self._items.pop(fact.call, None)

    def _looked_up(self, fact: LookedUp) -> None:
        source = self._source(fact)
        self._add(known.LOOKUPS, source, fact.way)
        self.tally.observe(known.LOOKUP_SECONDS, fact.seconds, source)

    def _stored(self, fact: Stored) -> None:
        source = self._source(fact)
        self._add(known.STORES, source, fact.way)
        self.tally.observe(known.LOOKUP_SECONDS, fact.seconds, source)

    def _queued(self, fact: CallerQueued) -> None:
        if fact.item != CALL:
            if len(self._items) >= MOST_ITEMS:
                self._items.pop(next(iter(self._items)))
            self._items[fact.call] = fact.item
        if fact.item != CONSULT:
            self._add(known.JOINED, self._queue(fact), fact.item)

    def _connected(self, fact: Connected) -> None:
        if self._items.get(fact.call, CALL) == CALL:
            queue = self._queue(fact)
            self.tally.observe(known.WAIT_SECONDS, fact.waited, queue)

    def _left(self, fact: LeftQueue) -> None:
        if self._items.pop(fact.call, CALL) != CALL:
            return
        queue = self._queue(fact)
        self._add(known.LEFT, queue, fact.how)
        if fact.how == "abandoned":
            self.tally.observe(known.ABANDON_SECONDS, fact.waited, queue)

    def _talked(self, fact: TalkEnded) -> None:
        if self._items.pop(fact.call, CALL) == CONSULT:
            return
        queue = self._queue(fact)
        self._add(known.TALKS_ENDED, queue, fact.by)
        self.tally.observe(known.TALK_SECONDS, fact.seconds, queue)

    def _promise(self, metric: known.Metric, fact: CallbackEnded | WorkEnded) -> None:
        self._add(metric, self._queue(fact), fact.how, _yes(fact.in_time))

    def _raised(self, fact: AlarmRaised) -> None:
        self._add(known.ALARMS_RAISED, fact.alarm, self._queue(fact))

    def _sounded(self, fact: CallQuality) -> None:
        leg = "caller" if fact.channel == fact.call else "other"
        for way, lost, jitter in (
            ("in", fact.lost_in, fact.jitter_in),
            ("out", fact.lost_out, fact.jitter_out),
        ):
            if lost is not None:
                self.tally.observe(known.SOUND_LOST, lost, leg, way)
            if jitter is not None:
                self.tally.observe(known.SOUND_JITTER, jitter / 1000, leg, way)
        if fact.round_trip is not None:
            self.tally.observe(known.ROUND_TRIP, fact.round_trip / 1000, leg)

    def _tried(self, fact: SyntheticCalled) -> None:
        self._add(known.SYNTHETIC, _yes(fact.good))
        if fact.answered:
            self.tally.observe(known.SYNTHETIC_ANSWERED, fact.answered)

    # Labels ---------------------------------------------------------------------------

    def _add(self, metric: known.Metric, *labels: str) -> None:
        self.tally.add(metric, *labels)

    def _queue(self, fact: Any) -> str:
        return _one_of(fact.queue, self._known.queues)

    def _source(self, fact: LookedUp | Stored) -> str:
        return _one_of(fact.source, self._known.sources)


def _one_of(name: str, names: Iterable[str]) -> str:
    return str(name) if not name or name in names else OTHER


def _yes(value: bool) -> str:
    return "yes" if value else "no"
