"""Facts as the lines of Asterisk's queue_log, which QueueMetrics and Asternic read.

    1366720340|1366720340.303267|sales|Agent/1003|CONNECT|27|9f0c|4
    time       call              queue agent      event   parameters

Times and waits are whole seconds, ring times milliseconds. `NONE` stands for what a
line is not about. The events are those that Asterisk documents, with these parameters:

    ENTERQUEUE url|number|position        CONNECT wait|agent's channel|ring time
    COMPLETEAGENT, COMPLETECALLER wait|talk|first position
    BLINDTRANSFER to|ivrflow|wait|talk|first position
    ATTENDEDTRANSFER BRIDGE|to|wait|talk|first position
    ABANDON, EXITEMPTY, EXITWITHTIMEOUT position|first position|wait
    EXITWITHKEY key|position|first position|wait      the key is not in the facts: ""
    RINGNOANSWER, RINGCANCELED ring time in ms
    ADDMEMBER, REMOVEMEMBER               PAUSE, UNPAUSE, PAUSEALL, UNPAUSEALL reason
    AGENTLOGIN phone                      AGENTLOGOFF phone|signed in for
    CONFIGRELOAD, QUEUESTART

What has no counterpart there takes the nearest: busy, refused and unreachable phones
are RINGNOANSWER, as in Asterisk; who flows to another queue, flow or number leaves by
EXITWITHTIMEOUT; who asks for a callback by EXITWITHKEY, and the callback enters anew.
An agent who is lost before the talk leaves CONNECT and COMPLETEAGENT; the caller waits
on without another ENTERQUEUE. Who is not let in (full, closed, nobody there) leaves no
line, as in Asterisk. Agents who talk about a call with each other, and messages that
wait as work, leave none either. Never written are AGENTCALLBACKLOGIN and -LOGOFF
(AGENTLOGIN is), TRANSFER (which the two kinds of it have replaced), AGENTDUMP and
SYSCOMPAT.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ivrflow.facts import (
    AbilitiesChanged,
    AdoptionEnded,
    AgentChanged,
    AgentOffered,
    AgentSeen,
    CallEnded,
    CallerMoved,
    CallerQueued,
    CallerTransferBegan,
    CallResumed,
    CallStarted,
    Connected,
    Fact,
    LeftQueue,
    OfferEnded,
    ServiceBegan,
    TalkEnded,
    VersionTaken,
)
from ivrflow.figures.lasting import Lasting

NONE = "NONE"
OUT = "logged out"
LONGEST_SIGNED_IN = 86_400.0
"""Seconds that AGENTLOGOFF tells at most: so a day's lines can be made again from the
facts of two days."""

KEPT = 2000
"""Calls whose talk is over and that may come back into their place."""

ITEMS = ("call", "callback")
"""What a line is written of."""

EXITS = {
    "abandoned": "ABANDON",
    "shutdown": "ABANDON",
    "outage": "ABANDON",
    "no agents": "EXITEMPTY",
    "closed": "EXITEMPTY",
    "key": "EXITWITHKEY",
    "callback": "EXITWITHKEY",
}
"""How one leaves -> the event; all else is EXITWITHTIMEOUT."""

SILENT = ("no answer", "busy", "rejected", "unreachable", "not accepted")
"""How offers end that are the agent's or the phone's doing."""

SEPARATORS = str.maketrans("|\r\n\0", "    ")


@dataclass(slots=True)
class InLine:
    """A call in a queue, or with its agent."""

    queue: str
    entered: float
    position: int
    joined: float
    waited: float = 0.0


@dataclass(slots=True)
class SignedIn:
    """An agent who is there."""

    since: float
    presence: str
    reason: str
    queues: tuple[str, ...]


class QueueLog(Lasting):
    """Makes lines of facts, told in the order in which they happened."""

    GIVEN = frozenset({"_acts"})

    def __init__(self) -> None:
        self._callers: dict[str, str] = {}
        self._line: dict[str, InLine] = {}
        self._rings: dict[str, float] = {}
        self._talks: dict[str, InLine] = {}
        self._parted: OrderedDict[str, InLine] = OrderedDict()
        """Whose talk was the last thing that happened to the call."""
        self._transfers: dict[str, tuple[str, str]] = {}
        self._agents: dict[str, SignedIn] = {}
        self._doubtful: set[str] = set()
        """Calls that were on when the last service ended, until it is known better."""
        self._acts: dict[type[Fact], Callable[[Any], Iterator[str]]] = {
            of: getattr(self, name) for of, name in _ACTS.items()
        }

    def lines(self, fact: Fact) -> list[str]:
        """The lines that *fact* makes, without their ends; of most kinds none."""
        act = self._acts.get(type(fact))
        return list(act(fact)) if act is not None else []

    # Calls ----------------------------------------------------------------------------

    def _started(self, fact: CallStarted) -> Iterator[str]:
        self._callers[fact.call] = fact.caller
        yield from ()

    def _ended(self, fact: CallEnded) -> Iterator[str]:
        self._callers.pop(fact.call, None)
        self._parted.pop(fact.call, None)
        yield from ()

    def _queued(self, fact: CallerQueued) -> Iterator[str]:
        known = self._line.get(fact.call)
        if fact.item not in ITEMS or (known and known.queue == fact.queue):
            return
        joined = fact.joined or fact.at
        was = self._parted.pop(fact.call, None)
        if was and was.queue == fact.queue and abs(was.joined - joined) < 0.001:
            # The agent was lost before the two could talk: the caller waits on.
            self._line[fact.call] = was
            return
        self._line[fact.call] = InLine(fact.queue, fact.at, fact.position, joined)
        caller = self._callers.get(fact.call, "")
        yield _line(
            fact.at,
            fact.call,
            fact.queue,
            NONE,
            "ENTERQUEUE",
            "",
            caller,
            fact.position,
        )

    def _left(self, fact: LeftQueue) -> Iterator[str]:
        known = self._line.get(fact.call)
        if known is None or known.queue != fact.queue:
            return
        del self._line[fact.call]
        yield _exit(fact, known, EXITS.get(fact.how, "EXITWITHTIMEOUT"), fact.position)

    def _moved(self, fact: CallerMoved) -> Iterator[str]:
        known = self._line.get(fact.call)
        if known is None or fact.to in ("", known.queue):
            return
        yield _exit(fact, known, "EXITWITHTIMEOUT", 0)
        self._line[fact.call] = InLine(fact.to, fact.at, known.position, known.joined)
        caller = self._callers.get(fact.call, "")
        yield _line(
            fact.at, fact.call, fact.to, NONE, "ENTERQUEUE", "", caller, known.position
        )

    # Offers and talks -----------------------------------------------------------------

    def _offered(self, fact: AgentOffered) -> Iterator[str]:
        if fact.call in self._line:
            self._rings[fact.offer] = fact.at
        yield from ()

    def _offer_ended(self, fact: OfferEnded) -> Iterator[str]:
        rang = self._rings.pop(fact.offer, None)
        if rang is None:
            return
        event = "RINGNOANSWER" if fact.how in SILENT else ""
        if fact.how == "caller gone":
            event = "RINGCANCELED"
        if event:
            yield _about(fact, event, _ms(fact.at - rang))

    def _connected(self, fact: Connected) -> Iterator[str]:
        rang = self._rings.pop(fact.offer, fact.at)
        known = self._line.pop(fact.call, None)
        if known is None:
            return
        known.waited = fact.at - known.entered
        self._talks[fact.offer] = known
        yield _about(fact, "CONNECT", _s(known.waited), fact.offer, _s(fact.at - rang))

    def _transfer(self, fact: CallerTransferBegan) -> Iterator[str]:
        self._transfers[fact.offer] = (fact.mode, fact.to)
        yield from ()

    def _talk_ended(self, fact: TalkEnded) -> Iterator[str]:
        mode, to = self._transfers.pop(fact.offer, ("", ""))
        known = self._talks.pop(fact.offer, None)
        if known is None:
            return
        times = _s(known.waited), _s(fact.seconds), known.position
        if fact.by != "transfer":
            self._part(fact.call, known)
            event = "COMPLETECALLER" if fact.by == "caller" else "COMPLETEAGENT"
            yield _about(fact, event, *times)
        elif mode == "attended":
            yield _about(fact, "ATTENDEDTRANSFER", "BRIDGE", to, *times)
        else:
            yield _about(fact, "BLINDTRANSFER", to, "ivrflow", *times)

    def _part(self, call: str, known: InLine) -> None:
        self._parted[call] = known
        while len(self._parted) > KEPT:
            self._parted.popitem(last=False)

    # Agents ---------------------------------------------------------------------------

    def _agent_seen(self, fact: AgentSeen) -> Iterator[str]:
        """Somebody whom we did not see signing in: nothing has happened."""
        if fact.agent not in self._agents:
            self._agents[fact.agent] = SignedIn(
                fact.at, fact.presence, fact.reason, tuple(fact.queues)
            )
        yield from ()

    def _agent_changed(self, fact: AgentChanged) -> Iterator[str]:
        was = self._agents.get(fact.agent)
        if fact.presence == OUT:
            if was is not None:
                del self._agents[fact.agent]
                yield from self._signed_out(fact, was)
            return
        reason = fact.reason if fact.presence == "not ready" else ""
        if was is None:
            was = self._agents[fact.agent] = SignedIn(
                fact.at, "ready", "", tuple(fact.queues)
            )
            yield _member(fact, NONE, "AGENTLOGIN", _named(fact.agent))
            for queue in was.queues:
                yield _member(fact, queue, "ADDMEMBER")
        elif fact.queues and set(fact.queues) != set(was.queues):
            yield from self._requeued(fact, was, fact.queues)
        if (fact.presence, reason) == (was.presence, was.reason):
            return
        was.presence, was.reason = fact.presence, reason
        event = "UNPAUSE" if fact.presence == "ready" else "PAUSE"
        for queue in was.queues:
            yield _member(fact, queue, event, reason)
        yield _member(fact, NONE, f"{event}ALL", reason)

    def _signed_out(self, fact: AgentChanged, was: SignedIn) -> Iterator[str]:
        for queue in was.queues:
            yield _member(fact, queue, "REMOVEMEMBER")
        lasted = _s(min(fact.at - was.since, LONGEST_SIGNED_IN))
        yield _member(fact, NONE, "AGENTLOGOFF", _named(fact.agent), lasted)

    def _abilities(self, fact: AbilitiesChanged) -> Iterator[str]:
        was = self._agents.get(fact.agent)
        if was is not None:
            yield from self._requeued(fact, was, fact.queues)

    def _requeued(
        self, fact: AgentChanged | AbilitiesChanged, was: SignedIn, now: Sequence[str]
    ) -> Iterator[str]:
        for queue in sorted(set(was.queues) - set(now)):
            yield _member(fact, queue, "REMOVEMEMBER")
        for queue in sorted(set(now) - set(was.queues)):
            yield _member(fact, queue, "ADDMEMBER")
        was.queues = tuple(now)

    # The service ----------------------------------------------------------------------

    def _began(self, fact: ServiceBegan) -> Iterator[str]:
        if fact.adopts:
            self._doubtful |= {*self._callers, *self._line}
        else:
            for book in (
                self._callers,
                self._line,
                self._rings,
                self._talks,
                self._transfers,
            ):
                book.clear()
        yield _line(fact.at, NONE, NONE, NONE, "QUEUESTART")

    def _resumed(self, fact: CallResumed) -> Iterator[str]:
        self._doubtful.discard(fact.call)
        yield from ()

    def _adopted(self, fact: AdoptionEnded) -> Iterator[str]:
        for call in self._doubtful:
            self._callers.pop(call, None)
            self._line.pop(call, None)
        self._doubtful.clear()
        yield from ()

    def _reloaded(self, fact: VersionTaken) -> Iterator[str]:
        yield _line(fact.at, NONE, NONE, NONE, "CONFIGRELOAD")


def _line(
    at: float, call: str, queue: str, agent: str, event: str, *more: object
) -> str:
    # Asterisk ends an event without parameters with a bar too.
    words = [int(at), call or NONE, queue or NONE, agent, event, *(more or ("",))]
    return "|".join(str(word).translate(SEPARATORS) for word in words)


def _about(fact: OfferEnded | Connected | TalkEnded, event: str, *more: object) -> str:
    agent = _named(fact.agent)
    return _line(fact.at, fact.call, fact.queue, agent, event, *more)


def _member(
    fact: AgentChanged | AbilitiesChanged, queue: str, event: str, *more: object
) -> str:
    return _line(fact.at, NONE, queue, _named(fact.agent), event, *more)


def _exit(
    fact: LeftQueue | CallerMoved, known: InLine, event: str, position: int
) -> str:
    key = ("",) if event == "EXITWITHKEY" else ()
    waited = _s(fact.at - known.entered)
    where = position or known.position
    return _line(
        fact.at,
        fact.call,
        known.queue,
        NONE,
        event,
        *key,
        where,
        known.position,
        waited,
    )


def _named(agent: str) -> str:
    return f"Agent/{agent}"


def _s(seconds: float) -> int:
    return max(0, round(seconds))


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))


_ACTS: dict[type[Fact], str] = {
    CallStarted: "_started",
    CallEnded: "_ended",
    CallerQueued: "_queued",
    LeftQueue: "_left",
    CallerMoved: "_moved",
    AgentOffered: "_offered",
    OfferEnded: "_offer_ended",
    Connected: "_connected",
    CallerTransferBegan: "_transfer",
    TalkEnded: "_talk_ended",
    AgentSeen: "_agent_seen",
    AgentChanged: "_agent_changed",
    AbilitiesChanged: "_abilities",
    ServiceBegan: "_began",
    CallResumed: "_resumed",
    AdoptionEnded: "_adopted",
    VersionTaken: "_reloaded",
}

LOGGED: tuple[type[Fact], ...] = tuple(_ACTS)
"""The kinds of facts that lines are made of."""
