"""The API's part for events: what happens, as it happens, as server-sent events.

GET /api/events?kind=AgentOffered,Connected&queue=service&agent=1001&call=ID

Each event is a fact: `data: {"at", "call", "kind", "data": {...}}`. Whoever listens
gets what the token's owner may see, and of that what the query asks for. An agent's
screen gets the flow's `show:` data with `AgentOffered`, as the phone begins to ring.

A listener who reads too slowly loses the oldest of what waits for him, and is told how
many (`event: lost`); the service never waits for one. Whoever comes back with
`Last-Event-ID`, as browsers' and libraries' clients do by themselves, gets what was
missed: from memory, or, after a restart of the service, from the database.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import secrets
from collections import deque
from collections.abc import (
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

from aiohttp import web

from ivrflow import facts as all_facts
from ivrflow.console.asking import Refused
from ivrflow.console.who import Person, least, renewed, who
from ivrflow.facts import Fact
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.world import Trouble

KINDS = frozenset(
    name
    for name in all_facts.__all__
    if isinstance(kind := getattr(all_facts, name), type) and issubclass(kind, Fact)
)

OF_QUEUES = frozenset(
    (
        "AlarmCleared",
        "AlarmRaised",
        "CallerMoved",
        "CallerQueued",
        "LeftQueue",
        "NeedsWidened",
        "QueueChanged",
        "WorkBegan",
        "WorkEnded",
    )
)
"""What agents see of their queues, beside what is about themselves."""

OF_MAILBOXES = frozenset(
    (
        "GreetingChanged",
        "MessageDeleted",
        "MessageForwarded",
        "MessageGone",
        "MessageHeard",
        "MessageLeft",
        "MessageMarked",
        "MessageMoved",
        "MessageRestored",
        "PinChanged",
        "SenderCalled",
        "ToldByCall",
    )
)
"""What those see who may hear the mailbox."""

NOT_OF_ONESELF = frozenset(("MonitorBegan", "MonitorEnded"))
"""What nobody but an admin is told of himself: who listens in."""

FOR_ALL = OF_QUEUES | OF_MAILBOXES
"""What any screen may get."""

REMEMBERED = 10_000
"""Facts that are kept in memory for who comes back: some minutes of a busy service."""
WAITING = 1_000
"""Facts that wait for one listener."""
LISTENERS = 500
EACH = 20
"""Streams of one person: no token takes the others' places. Admins may have more."""
HEARTBEAT = 15.0
"""Seconds without a fact until a listener gets a comment: proxies end silent ones."""
SLOW = 30.0
"""Seconds in which a listener must take something, or he is dropped."""
AGAIN = 2_000
"""Milliseconds until a client comes back, which it is told."""
FROM_TABLE, AT_ONCE = 20_000, 500
"""Facts at most that are looked at in the database for one who comes back, and how
many of them at once, there or in memory."""
NEVER = 1e12
"""A time after all facts."""

_ID = re.compile(r"([0-9a-f]{8})\.([0-9]{1,12})\.([0-9]{1,12}(?:\.[0-9]{1,9})?)")


class History(Protocol):
    """The facts that were kept; both raise `Trouble`."""

    async def newest(self, most: int) -> tuple[int, float]:
        """Behind which number the newest *most* stand, and the time of their first."""

    async def after(
        self, at: float, *, until: float, past: int, most: int
    ) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """Facts later than *at* up to *until*, each with its number, past *past*."""


@dataclass(frozen=True, slots=True)
class Event:
    """A fact on its way to listeners."""

    number: int
    plain: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one listener asks for; an empty set asks for all."""

    kinds: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()

    def has(self, plain: Mapping[str, Any]) -> bool:
        """Whether this fact is asked for."""
        data = plain["data"]
        return (
            (not self.kinds or plain["kind"] in self.kinds)
            and (not self.queues or data.get("queue") in self.queues)
            and (not self.agents or data.get("agent") in self.agents)
            and (not self.calls or plain["call"] in self.calls)
        )


def sees(person: Person, plain: Mapping[str, Any]) -> bool:
    """Whether *person* may see this fact.

    Admins see all. What a call said, heard and pressed is for nobody else: a supervisor
    sees what has an agent or a queue of his, an agent what is about himself, and who
    comes into his queues and leaves them. Both see what happens in the mailboxes that
    they may hear.
    """
    if person.role == "admin":
        return True
    kind, data = plain["kind"], plain["data"]
    if kind in OF_MAILBOXES:
        of = [data.get("mailbox")]
        if kind == "MessageForwarded":
            of.append(data.get("to"))
        return any(person.hears(str(box)) for box in of)
    agent, queue = str(data.get("agent") or ""), str(data.get("queue") or "")
    if agent and agent == person.number:
        return kind not in NOT_OF_ONESELF
    if person.leads_others:
        if agent:
            return person.sees_agent(agent)
        return bool(queue) and person.sees_queue(queue)
    if agent:
        return False
    return kind in OF_QUEUES and person.sees_queue(queue)


@dataclass(eq=False)
class Listener:
    """One who listens: what waits for him, and how much of it he has lost."""

    lets: Callable[[Mapping[str, Any]], bool]
    """Whether he gets a fact."""
    of: str = ""
    """Whose it is; "" is not counted."""
    agent: str = ""
    """The agent whose screen it is: he gets no fact about another one."""
    past: Sequence[Event] = ()
    """What was in memory when he came."""
    waiting: deque[Event] = field(default_factory=deque)
    lost: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, event: Event) -> None:
        """One more; it pushes out the oldest when too many wait."""
        if len(self.waiting) >= WAITING:
            self.waiting.popleft()
            self.lost += 1
        self.waiting.append(event)
        self.news.set()


class Events:
    """All facts of this life of the service, for those who listen: `note` is a `Note`.

    Who gets a fact is decided at once: hundreds of agents are not woken up for what is
    about one of them.
    """

    def __init__(self) -> None:
        self.life = secrets.token_hex(4)
        """Tells the numbers of this life from those of another one."""
        self.ended = asyncio.Event()
        """The service ends: no stream goes on."""
        self._numbers = 0
        self._past: deque[Event] = deque(maxlen=REMEMBERED)
        self._listeners: set[Listener] = set()
        self._screens: dict[str, set[Listener]] = {}
        """Those of one agent each, by `Listener.agent`."""
        self._others: set[Listener] = set()

    @property
    def longest(self) -> int:
        """Events that wait for the slowest of those who listen now."""
        return max((len(one.waiting) for one in self._listeners), default=0)

    @property
    def lost(self) -> int:
        """Events that those who listen now were too slow for."""
        return sum(one.lost for one in self._listeners)

    def note(self, fact: Fact) -> None:
        """Take one fact. Never blocks, never fails."""
        self._numbers += 1
        plain = {
            "at": fact.at,
            "call": fact.call,
            "kind": fact.kind,
            "data": fact.details(),
        }
        event = Event(self._numbers, plain)
        self._past.append(event)
        for listener in self._may_hear(plain):
            if listener.lets(plain):
                listener.put(event)

    def _may_hear(self, plain: Mapping[str, Any]) -> Iterable[Listener]:
        """Who is to be asked, as `sees` has it: five hundred for each are too many."""
        if about := plain["data"].get("agent"):
            return chain(self._others, self._screens.get(str(about), ()))
        return self._listeners if plain["kind"] in FOR_ALL else self._others

    def end(self) -> None:
        """End all streams."""
        self.ended.set()
        for listener in self._listeners:
            listener.news.set()

    @contextmanager
    def listening(
        self,
        lets: Callable[[Mapping[str, Any]], bool],
        of: str = "",
        *,
        agent: str = "",
    ) -> Iterator[Listener]:
        """Hear the facts that *lets* lets through while the block runs.

        *of* is who listens, "" for one who may so often as he likes; *agent* the one
        who is no more than an agent. Raises `Refused` for one listener too many.
        """
        if of and sum(one.of == of for one in self._listeners) >= EACH:
            raise Refused(429, f"you listen {EACH} times already; end some of them")
        if len(self._listeners) >= LISTENERS:
            raise Refused(503, f"{LISTENERS} listen already; end some of them")
        listener = Listener(lets, of, agent, past=tuple(self._past))
        index = self._screens.setdefault(agent, set()) if agent else self._others
        self._listeners.add(listener)
        index.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            index.discard(listener)
            if agent and not index:
                self._screens.pop(agent, None)

    def id_of(self, event: Event) -> str:
        """By what a client names *event* when it comes back."""
        return f"{self.life}.{event.number}.{event.plain['at']:.6f}"


class EventRoutes:
    """The stream of events."""

    def __init__(self, events: Events, history: History) -> None:
        self._events = events
        self._history = history

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [web.get("/api/events", self._stream)]

    async def close(self) -> None:
        """The service ends: end all streams, whose clients come back by themselves."""
        self._events.end()

    @least("agent")
    async def _stream(self, request: web.Request) -> web.StreamResponse:
        wanted, since, person = _wanted(request), _since(request), who(request)
        of = "" if person.role == "admin" else person.name
        lets, agent = _filter(wanted, person), _screen_of(person)
        with self._events.listening(lets, of, agent=agent) as listener:
            answer = web.StreamResponse(
                headers={
                    "Content-Type": "text/event-stream; charset=utf-8",
                    "Cache-Control": "no-store",
                    # nginx keeps back what it may still get more of.
                    "X-Accel-Buffering": "no",
                }
            )
            await answer.prepare(request)
            try:
                await _send(answer, f"retry: {AGAIN}\n\n")
                await self._tell(request, answer, listener, wanted, since)
            except TimeoutError:
                # Too slow: what he did not take would keep the answer from ending.
                if request.transport is not None:
                    request.transport.abort()
            except (ConnectionError, Refused):
                pass  # gone, or not known any more: the answer just ends
        return answer

    async def _tell(
        self,
        request: web.Request,
        answer: web.StreamResponse,
        listener: Listener,
        wanted: Wanted,
        since: tuple[str, int, float] | None,
    ) -> None:
        if since is not None:
            async for name, plain in self._missed(since, listener.past):
                if plain is None:
                    await _send(answer, name)
                elif listener.lets(plain):
                    await _send(answer, _text(name, plain))
        listener.past = ()
        clock = asyncio.get_running_loop().time
        looked = clock()
        while not self._events.ended.is_set():
            if not await _news(listener):
                await _send(answer, ": still here\n\n")
            if clock() - looked >= HEARTBEAT:
                looked = clock()
                person = renewed(request)
                if _screen_of(person) != listener.agent:
                    return  # he is somebody else now: his client comes back as that
                listener.lets = _filter(wanted, person)
            if listener.lost:
                lost, listener.lost = listener.lost, 0
                await _send(answer, _lost(lost))
            while listener.waiting:
                event = listener.waiting.popleft()
                await _send(answer, _text(self._events.id_of(event), event.plain))

    async def _missed(
        self, since: tuple[str, int, float], past: Sequence[Event]
    ) -> AsyncIterator[tuple[str, Mapping[str, Any] | None]]:
        """What came after *since*: ids and facts; a text alone is for everybody."""
        life, number, at = since
        here = life == self._events.life
        if not here or (past and past[0].number > number + 1):
            until = past[0].plain["at"] if past else NEVER
            async for name, plain in self._kept(at, until):
                yield name, plain
        for done, event in enumerate(past, 1):
            if not here or event.number > number:
                yield self._events.id_of(event), event.plain
            if not done % AT_ONCE:
                # After a restart all agents come back at once: calls have their turn.
                await asyncio.sleep(0)

    async def _kept(
        self, at: float, until: float
    ) -> AsyncIterator[tuple[str, Mapping[str, Any] | None]]:
        """What the database has of the time in between, as `_missed` yields it."""
        try:
            last, oldest = await self._history.newest(FROM_TABLE)
            if oldest > at:
                yield _lost(None), None
            while True:
                found = await self._history.after(
                    at, until=until, past=last, most=AT_ONCE
                )
                for number, plain in found:
                    last = number
                    yield f"{'0' * 8}.0.{plain['at']:.6f}", plain
                if len(found) < AT_ONCE:
                    return
        except Trouble:
            yield _lost(None), None


def _filter(wanted: Wanted, person: Person) -> Callable[[Mapping[str, Any]], bool]:
    return lambda plain: wanted.has(plain) and sees(person, plain)


def _screen_of(person: Person) -> str:
    """Whose screen it is, if he is an agent and no more; else ""."""
    return "" if person.leads_others else person.number


def _text(name: str, plain: Mapping[str, Any]) -> str:
    # No line of JSON has a line break in it: none can begin another event.
    try:
        told = json.dumps(plain, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:  # a wait without an end, say: JSON has no infinity
        told = json.dumps(_finite(plain), ensure_ascii=False, default=str)
    return f"id: {name}\ndata: {told}\n\n"


def _finite(value: Any) -> Any:
    """*value* with a text for each number that is none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _finite(inside) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inside) for inside in value]
    return value


def _lost(number: int | None) -> str:
    """Tell that facts are missing here; None: nobody knows how many."""
    return f"event: lost\ndata: {json.dumps({'facts': number})}\n\n"


async def _send(answer: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(SLOW):
        await answer.write(text.encode("utf-8", "replace"))


async def _news(listener: Listener) -> bool:
    """Wait until something waits for *listener*; False after a while without."""
    try:
        async with asyncio.timeout(HEARTBEAT):
            await listener.news.wait()
    except TimeoutError:
        return False
    listener.news.clear()
    return True


def _wanted(request: web.Request) -> Wanted:
    query = request.query
    if strange := set(query) - {"kind", "queue", "agent", "call"}:
        raise Refused(
            400, f"{min(strange)!r} is nothing to ask for: kind, queue, agent, call"
        )
    asked = {
        name: frozenset(
            word for text in query.getall(name, []) for word in text.split(",") if word
        )
        for name in ("kind", "queue", "agent", "call")
    }
    for kind in sorted(asked["kind"] - KINDS):
        hint = did_you_mean(kind, KINDS)
        raise Refused(400, f"there is no kind of fact {kind[:80]!r}{hint}")
    return Wanted(
        kinds=asked["kind"],
        queues=asked["queue"],
        agents=asked["agent"],
        calls=asked["call"],
    )


def _since(request: web.Request) -> tuple[str, int, float] | None:
    """Which event the client had last: life, number and time; None if it is new."""
    given = request.headers.get("Last-Event-ID", "")
    if not given:
        return None
    found = _ID.fullmatch(given)
    if found is None:
        raise Refused(400, "Last-Event-ID is the id of an event of this stream")
    return found[1], int(found[2]), float(found[3])
