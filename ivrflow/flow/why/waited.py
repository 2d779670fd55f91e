"""Why a caller waited so long for an agent, taken apart by what took the time.

waited 65 s: 20 s nobody was free (2 talking, 1 not ready; number 2 in line),
20 s agent 1001 rang and did not answer, 22 s for an agent, 3 s agent 1003 rang
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ivrflow.facts import (
    AgentOffered,
    CallerQueued,
    Connected,
    Fact,
    LeftQueue,
    NeedsWidened,
    OfferEnded,
)

NOTICEABLE = 0.5
"""Seconds of a part that are worth telling."""

HOW = {
    "no answer": "rang and did not answer",
    "rejected": "rang and rejected the call",
    "busy": "was busy",
    "unreachable": "could not be reached",
    "caller gone": "rang until the caller left",
    "lost": "was lost",
}


def waits(facts: Sequence[Fact]) -> Mapping[int, str]:
    """For each fact with which a wait ended, by its `id`: where its time went."""
    found: dict[int, str] = {}
    waiting: _Wait | None = None
    for fact in facts:
        if isinstance(fact, CallerQueued):
            waiting = _Wait(fact)
        elif waiting is not None:
            waiting.take(fact)
            if isinstance(fact, Connected | LeftQueue):
                found[id(fact)] = waiting.told()
                waiting = None
    return found


class _Wait:
    """The time from joining a line to its end."""

    def __init__(self, queued: CallerQueued) -> None:
        self._parts: list[str] = []
        self._began = self._since = queued.at
        self._total = 0.0
        free = queued.agents.get("free", 0)
        doing = [f"{n} {what}" for what, n in queued.agents.items() if what != "free"]
        if free:
            doing.insert(0, f"{free} free, none of them with the skills or for this")
        if queued.position > 1:
            doing.append(f"number {queued.position} in line")
        self._at_first = f" ({', '.join(doing)})" if doing else ""

    def take(self, fact: Fact) -> None:
        """What happened next in the line."""
        if isinstance(fact, AgentOffered):
            self._part(fact.at, f"until agent {fact.agent} was free{self._at_first}")
        elif isinstance(fact, OfferEnded):
            self._part(fact.at, f"agent {fact.agent} {HOW.get(fact.how, fact.how)}")
        elif isinstance(fact, Connected):
            self._part(fact.at, f"agent {fact.agent} rang")
        elif isinstance(fact, NeedsWidened):
            self._part(fact.at, f"with all needs{self._at_first}")
        elif isinstance(fact, LeftQueue):
            self._part(fact.at, f"nobody was free{self._at_first}")

    def _part(self, at: float, what: str) -> None:
        seconds = at - self._since
        self._total = at - self._began
        if seconds >= NOTICEABLE:
            self._parts.append(f"{seconds:.0f} s {what}")
            self._at_first = ""
        self._since = at

    def told(self) -> str:
        """All of it in words."""
        parts = ", ".join(self._parts) or "at once"
        return f"waited {self._total:.0f} s: {parts}"
