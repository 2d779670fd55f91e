"""What a flow uses of the world, in memory: twins of the parts that need a database.

For tests, for `ivrflow try` and for `ivrflow test`: the same behaviour without a file,
on whatever clock. Each twin passes the contract of the protocol that it stands for, as
the real one does. What they keep is public, so that a test can look at it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ivrflow.flow.rows import place, typed
from ivrflow.flow.wish import Kept, Wish, WishState, plain_number, settled
from ivrflow.flow.world import (
    Against,
    AgentNow,
    Letter,
    NewMessage,
    Notice,
    Row,
    Trouble,
)
from ivrflow.secret import Masked, Secret

if TYPE_CHECKING:
    from ivrflow.flow.site.data import DataSource

Answer = Mapping[str, Any] | Sequence[Mapping[str, Any]] | Trouble | None
"""What a source answers: a row, rows, nothing, or a failure."""


class MemoryLookups:
    """A flow's `Lookups`: answers by the source's name, rows as they would come.

    An answer may be a function of the values, which has no secrets in it but those of a
    source with `verify`: these it gets as texts, and what is masked too. A source
    without an answer is `Trouble`. What was stored is in `stored`, by source.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer | Callable[[Mapping[str, Any]], Answer]],
    ) -> None:
        self.answers = dict(answers)
        self.stored: dict[str, list[dict[str, Any]]] = {}

    async def find(self, source: DataSource, values: Mapping[str, Any]) -> Row | None:
        """Return the row that was given for *source*, typed as `gives` says."""
        rows = self._rows(source, values)
        if len(rows) > 1:
            raise Trouble(f"{place(source)}: more than one row")
        return typed(source, rows[0]) if rows else None

    async def find_all(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Return the rows that were given for *source*, at most `many`."""
        rows = self._rows(source, values)[: int(source.many or 1)]
        return tuple(typed(source, row) for row in rows)

    def _rows(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> list[Mapping[str, Any]]:
        given = {key: _shown(source, key, value) for key, value in values.items()}
        answer = self._of(source)
        if callable(answer):
            answer = answer(given)
        if isinstance(answer, Trouble):
            raise answer
        return [answer] if isinstance(answer, Mapping) else list(answer or ())

    async def store(self, source: DataSource, values: Mapping[str, Any]) -> None:
        """Keep *values* in `stored`."""
        row = {
            key: value.reveal() if isinstance(value, Masked) else value
            for key, value in values.items()
        }
        if any(isinstance(value, Secret) for value in row.values()):
            raise Trouble(f"{place(source)}: a secret can't be stored")
        answer = self.answers.get(source.name)
        if isinstance(answer, Trouble):
            raise answer
        self.stored.setdefault(source.name, []).append(row)

    def _of(self, source: DataSource) -> Any:
        if source.name not in self.answers:
            raise Trouble(f"{place(source)}: no answer was given for {source.name!r}")
        return self.answers[source.name]


def _shown(source: DataSource, name: str, value: Any) -> Any:
    if not isinstance(value, Secret):
        return value
    if not source.verify and not isinstance(value, Masked):
        raise Trouble(f"{place(source)}: {name!r} is a secret")
    return value.reveal()


class PlainVerifier:
    """A flow's `Verifier` whose "hashes" are the PINs themselves."""

    async def matches(self, entered: Secret, hashed: str | None) -> bool:
        """True if they are the same; False for None."""
        return hashed is not None and entered.reveal() == hashed


@dataclass
class CardCount:
    """What stands against one card: the times of attempts, and the end of the lock."""

    tried: list[float] = field(default_factory=list)
    until: float = 0.0


class MemoryLockOuts:
    """A flow's `LockOuts`."""

    def __init__(self) -> None:
        self.cards: dict[tuple[str, str], CardCount] = {}

    async def locked(self, source: str, card: Secret, now: datetime) -> bool:
        """True as long as a lock of *card* at *source* lasts."""
        found = self.cards.get((source, card.reveal()))
        return found is not None and found.until > now.timestamp()

    async def count(
        self,
        source: str,
        card: Secret,
        now: datetime,
        *,
        after: int,
        within: float,
        lasting: float,
    ) -> bool:
        """Count an attempt, before it is checked; lock the card from *after* on."""
        one = Against(source, card, after, within, lasting)
        return await self.count_all([one], now)

    async def count_all(self, against: Sequence[Against], now: datetime) -> bool:
        """Count one attempt against several things; False while one is locked."""
        at = now.timestamp()
        each = [(self._of(one), one) for one in against]
        if any(found.until > at for found, _ in each):
            return False
        for found, one in each:
            found.tried = [t for t in found.tried if t > at - one.within] + [at]
            if len(found.tried) >= one.after:
                found.until = at + one.lasting
        return True

    async def take_back(self, against: Sequence[Against], now: datetime) -> None:
        """The attempt that was counted at *now* was none."""
        at = now.timestamp()
        for one in against:
            found = self._of(one)
            if at in found.tried:
                found.tried.remove(at)
            if sum(t > at - one.within for t in found.tried) < one.after:
                found.until = 0.0

    def _of(self, one: Against) -> CardCount:
        return self.cards.setdefault((one.source, one.who.reveal()), CardCount())

    async def forget(self, source: str, card: Secret) -> None:
        """The attempt was right: nothing stands against the card any more."""
        self.cards.pop((source, card.reveal()), None)


@dataclass(frozen=True, kw_only=True)
class KeptMessage:
    """A message in memory; *state* is recording, new or dropped."""

    new: NewMessage
    state: str = "recording"
    seconds: float | None = None
    urgent: bool = False


class MemoryMessages:
    """A flow's `Messages`; `all` holds the messages by id, `outbox` the notices."""

    def __init__(self) -> None:
        self.all: dict[str, KeptMessage] = {}
        self.outbox: list[Notice] = []

    async def begin(self, message: NewMessage) -> None:
        """Make the message, before its recording starts."""
        if message.message in self.all:
            raise Trouble(f"message {message.message} is there already")
        self.all[message.message] = KeptMessage(new=message)

    async def keep(
        self, message: str, *, seconds: float, urgent: bool, notices: Sequence[Notice]
    ) -> None:
        """The message is whole, and its notices are in the outbox; only once."""
        if message not in self.all:
            raise Trouble(f"message {message} was never begun, so it can't be kept")
        if self.all[message].state != "recording":
            return
        self.all[message] = replace(
            self.all[message], state="new", seconds=seconds, urgent=urgent
        )
        once = {(notice.channel, notice.to): notice for notice in notices}
        self.outbox += [replace(notice, message=message) for notice in once.values()]

    async def drop(self, message: str) -> None:
        """Nothing worth keeping was recorded. A message that was kept stays."""
        if message in self.all and self.all[message].state == "recording":
            self.all[message] = replace(self.all[message], state="dropped")


class MemoryCallbacks:
    """A flow's `Callbacks`, and `Promises` too; `asked` is (call, queue) -> wish."""

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str], Wish] = {}
        self.news = asyncio.Event()

    async def keep(self, wish: Wish, *, most: int, own: bool) -> Kept:
        """As `Callbacks.keep`."""
        kept = settled(self._waiting(), wish, own=own, most=most)
        if kept:
            for old in kept.instead_of:
                await self.end(old, WishState.TAKEN_BACK, wish.asked)
            self.asked[wish.key] = kept.wish
            self.news.set()
        return kept

    async def booked(
        self, queue: str, first: datetime, last: datetime
    ) -> Mapping[float, int]:
        """As `Callbacks.booked`."""
        begin, end = first.timestamp(), last.timestamp()
        return Counter(
            wish.due
            for wish in self._waiting()
            if wish.queue == queue and wish.due is not None and begin <= wish.due <= end
        )

    async def take_back(self, queue: str, number: str, now: float) -> Wish | None:
        """As `Callbacks.take_back`."""
        for wish in self._waiting():
            mine = wish.queue == queue and wish.number == plain_number(number)
            if mine and (wish.due or 0.0) <= now:
                await self.end(wish, WishState.TAKEN_BACK, now)
                return wish
        return None

    async def open(self, queue: str | None = None) -> list[Wish]:
        """As `Promises.open`."""
        return [wish for wish in self._waiting() if queue in (None, wish.queue)]

    async def overdue(self, now: float) -> Mapping[str, tuple[int, float]]:
        """As `SqlCallbacks.overdue`."""
        late: dict[str, list[float]] = {}
        for wish in self._waiting():
            if wish.tried is None and wish.promised < now:
                late.setdefault(wish.queue, []).append(now - wish.promised)
        return {queue: (len(over), max(over)) for queue, over in late.items()}

    async def dialled(self, wish: Wish, now: float) -> Wish | None:
        """As `Promises.dialled`."""
        kept = self.asked.get(wish.key)
        if kept is None or kept.state is not WishState.WAITING:
            return None
        self.asked[wish.key] = kept = kept.dialled(now)
        return kept

    async def pause(self, wish: Wish, until: float) -> None:
        """As `Promises.pause`."""
        kept = self.asked.get(wish.key)
        if kept is not None:
            self.asked[wish.key] = replace(kept, not_before=until)

    async def end(
        self, wish: Wish, state: WishState, now: float, *, by: str = ""
    ) -> bool:
        """As `Promises.end`."""
        kept = self.asked.get(wish.key)
        if kept is None or kept.state is not WishState.WAITING:
            return False
        self.asked[wish.key] = replace(kept, state=state)
        self.news.set()
        return True

    def _waiting(self) -> list[Wish]:
        return sorted(
            (w for w in self.asked.values() if w.state is WishState.WAITING),
            key=lambda w: (w.joined, w.call),
        )


class MemoryPlaces:
    """A flow's `KeptPlaces`."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[float, float]] = {}
        """(queue, who) -> when joined, and until when the place is kept."""

    async def keep(self, queue: str, who: str, *, joined: float, until: float) -> None:
        """As `KeptPlaces.keep`."""
        self.kept[queue, who] = (joined, until)

    async def take(self, queue: str, who: str, now: float) -> float | None:
        """As `KeptPlaces.take`."""
        joined, until = self.kept.pop((queue, who), (0.0, -1.0))
        return joined if now <= until else None


class MemoryOutbox:
    """A flow's `Outbox`, and a `Courier` too: `letters` by key, `delivered` in order.

    *trouble* is raised instead, as long as it is set.
    """

    def __init__(self, trouble: Trouble | None = None) -> None:
        self.letters: dict[str, Letter] = {}
        self.delivered: list[Letter] = []
        self.trouble = trouble

    async def put(self, letters: Sequence[Letter]) -> None:
        """Keep *letters*; one that is there already changes nothing."""
        if self.trouble is not None:
            raise self.trouble
        if any(isinstance(letter.text, Secret) for letter in letters):
            raise Trouble("a letter with a secret can't be kept")
        for letter in letters:
            self.letters.setdefault(letter.key, letter)

    async def deliver(self, letter: Letter) -> None:
        """Note that it was handed over."""
        if self.trouble is not None:
            raise self.trouble
        self.delivered.append(letter)


class MemorySwitches:
    """A flow's `Switches`: those in *on* are thrown. `did` is what was asked for."""

    def __init__(self, *on: str) -> None:
        self.on = set(on)
        self.did: list[tuple[str, str, str, datetime | None]] = []

    def thrown(self, name: str, now: datetime) -> bool:
        """True if the switch *name* is thrown."""
        return name in self.on

    async def throw(
        self, name: str, *, by: str, now: datetime, until: datetime | None
    ) -> None:
        """Throw it; it stays so, whatever *until* says."""
        self.on.add(name)
        self.did.append(("throw", name, by, until))

    async def put_back(self, name: str, *, by: str, now: datetime) -> None:
        """Put it back, thrown or not."""
        self.on.discard(name)
        self.did.append(("put back", name, by, None))


class MemoryAgents:
    """A flow's `Agents`: *pins* are PINs by number, as `PlainVerifier` compares them.

    `did` is what was asked for, in order. `states` is how it stands with each, and
    `phones` who is signed in where: set by a test, and kept up by what is asked for.
    """

    def __init__(self, pins: Mapping[str, str | None]) -> None:
        self.pins = dict(pins)
        self.did: list[tuple[str, ...]] = []
        self.states: dict[str, AgentNow] = {}
        self.phones: dict[str, str] = {}
        self.over: set[tuple[str, str]] = set()
        """(agent, reason) of pauses whose time is used up."""
        self.talked: set[str] = set()
        """Agents who have a talk to say something of."""

    async def pin_hash(self, agent: str) -> str | None:
        """The agent's PIN; None if there is no such agent or no PIN."""
        return self.pins.get(agent)

    def at(self, phone: str) -> str:
        """Who is signed in there, or ""."""
        return self.phones.get(phone, "")

    def now(self, agent: str) -> AgentNow:
        """As `states` has it."""
        return self.states.get(agent, AgentNow())

    def used_up(self, agent: str, reason: str) -> bool:
        """As `over` has it."""
        return (agent, reason) in self.over

    async def set_ready(self, agent: str, ready: bool, *, reason: str) -> None:
        """Note it; the agent is signed in by that."""
        self.did.append(("ready", agent) if ready else ("not ready", agent, reason))
        self.states[agent] = replace(self.now(agent), signed_in=True)

    async def sign_in(self, agent: str, *, endpoint: str) -> None:
        """Note it."""
        self.did.append(("sign in", agent, endpoint))
        self.states[agent] = replace(self.now(agent), signed_in=True)
        if endpoint:
            self.phones[endpoint] = agent

    async def sign_out(self, agent: str) -> None:
        """Note it."""
        self.did.append(("sign out", agent))
        self.states[agent] = replace(self.now(agent), signed_in=False)
        self.phones = {p: a for p, a in self.phones.items() if a != agent}

    async def end_wrap_up(self, agent: str) -> bool:
        """Note it, if there is one."""
        return self._wrap_up(agent, ("end wrap-up", agent), ends=True)

    async def longer_wrap_up(self, agent: str, seconds: float) -> bool:
        """Note it, if there is one."""
        return self._wrap_up(agent, ("longer wrap-up", agent, f"{seconds:g}"))

    async def dispose(self, agent: str, disposition: str) -> bool:
        """Note it, if there was a talk."""
        if agent not in self.talked:
            return False
        self.did.append(("dispose", agent, disposition))
        self.states[agent] = replace(self.now(agent), owes=False)
        return True

    def _wrap_up(self, agent: str, did: tuple[str, ...], *, ends: bool = False) -> bool:
        if not self.now(agent).wrap_up:
            return False
        self.did.append(did)
        self.states[agent] = replace(self.now(agent), wrap_up=not ends)
        return True
