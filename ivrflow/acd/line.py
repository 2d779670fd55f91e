"""Callers who wait, in their order, findable by what they ask for.

One heap per distinct *ask*: when an agent gets free, only the first caller of each ask
that the agent can serve is looked at. Which asks those are, `wants` knows.

The order is priority, then time of joining, then order of arrival; it never depends on
the time now, so nothing is ever sorted again.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from enum import Enum, auto
from heapq import heappop, heappush

from ivrflow.acd.model import Need, Waiting
from ivrflow.acd.roster import Abilities, Ask
from ivrflow.acd.wants import Wants

Key = tuple[float, float, int]
"""Minus the priority, when joined, how many joined before: smaller is served first."""

IDLE_ASKS = 256
"""Asks whose callers have left that nobody need look for."""


class Stand(Enum):
    """How a caller stands in the line."""

    ASIDE = auto()
    """Keeps the place, but can't take an agent just now."""
    WAITING = auto()
    OFFERED = auto()
    """An agent is claimed for this caller, or rings already."""


@dataclass(slots=True, eq=False)
class Caller:
    """A caller in line, as the engine keeps it."""

    waiting: Waiting
    arrival: int
    need: Need
    """What is asked for now, widened as far as was due; *priority* likewise."""
    ask: Ask
    priority: float
    stand: Stand = Stand.ASIDE
    filed: tuple[Ask, Key] | None = None
    """Under which ask and key the caller lies in a heap."""

    @property
    def key(self) -> Key:
        return (-self.priority, self.waiting.joined, self.arrival)


class Line:
    """All callers of all queues."""

    def __init__(self) -> None:
        self.callers: dict[str, Caller] = {}
        self._orders: dict[str, list[Key]] = {}
        self._heaps: dict[Ask, list[tuple[Key, str]]] = {}
        self._wants = Wants()
        self._arrivals = 0

    def add(self, waiting: Waiting, need: Need, ask: Ask, priority: float) -> None:
        """Put a caller into the line, aside for now."""
        caller = Caller(waiting, self._arrivals, need, ask, priority)
        self._arrivals += 1
        self.callers[waiting.call] = caller
        insort(self._orders.setdefault(waiting.queue, []), caller.key)

    def remove(self, call: str) -> None:
        """Take a caller out; one who is not there is no error."""
        caller = self.callers.pop(call, None)
        if caller is not None:
            self._unorder(caller)

    def change(self, caller: Caller, need: Need, ask: Ask, priority: float) -> None:
        """The caller asks for something else now, or counts for more."""
        self._unorder(caller)
        caller.need, caller.ask, caller.priority = need, ask, priority
        insort(self._orders[caller.waiting.queue], caller.key)
        if caller.stand is Stand.WAITING:
            self._file(caller)

    def wait(self, caller: Caller) -> None:
        """The caller can take an agent from now on."""
        caller.stand = Stand.WAITING
        self._file(caller)

    def length(self, queue: str) -> int:
        """Callers in *queue*, those included for whom an agent rings."""
        return len(self._orders.get(queue, ()))

    def ahead(self, caller: Caller) -> int:
        """Callers of the same queue who are served before this one."""
        return bisect_left(self._orders[caller.waiting.queue], caller.key)

    def in_order(self, queue: str) -> list[Caller]:
        """The callers of *queue*, next one first."""
        return sorted(
            (c for c in self.callers.values() if c.waiting.queue == queue),
            key=lambda c: c.key,
        )

    def first_for(self, abilities: Abilities) -> Caller | None:
        """Return who is served next by one with *abilities*; None if nobody waits."""
        best: Caller | None = None
        for ask in self._wants.served_by(abilities):
            head = self._head(ask)
            if head is None:
                self._close(ask)
            elif best is None or head.key < best.key:
                best = head
        return best

    # -----------------------------------------------------------------------------

    def _unorder(self, caller: Caller) -> None:
        order = self._orders[caller.waiting.queue]
        del order[bisect_left(order, caller.key)]

    def _file(self, caller: Caller) -> None:
        place = (caller.ask, caller.key)
        if caller.filed == place:
            return
        heap = self._heaps.get(caller.ask)
        if heap is None:
            heap = self._open(caller.ask)
        caller.filed = place
        heappush(heap, (caller.key, caller.waiting.call))

    def _head(self, ask: Ask) -> Caller | None:
        """The first caller of a heap. Who is not to be found there falls out."""
        heap = self._heaps[ask]
        while heap:
            key, call = heap[0]
            caller = self.callers.get(call)
            if caller is not None and caller.filed == (ask, key):
                if caller.stand is Stand.WAITING:
                    return caller
                caller.filed = None
            heappop(heap)
        return None

    def _open(self, ask: Ask) -> list[tuple[Key, str]]:
        if len(self._heaps) > 2 * len(self.callers) + IDLE_ASKS:
            for known in tuple(self._heaps):
                if self._head(known) is None:
                    self._close(known)
        heap = self._heaps[ask] = []
        self._wants.add(ask)
        return heap

    def _close(self, ask: Ask) -> None:
        del self._heaps[ask]
        self._wants.remove(ask)


def names(ask: Ask) -> str | None:
    """The agent whom *ask* names, if it names one. It is always the first ability."""
    ability = ask[0][0]
    if isinstance(ability, tuple) and ability[0] == "agent":
        return ability[1]
    return None
