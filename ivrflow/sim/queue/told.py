"""Calls of a recorded day, or of a run, as the facts that the desk would have noted.

So their figures come out of the same fold as those of the live service: each has one
definition.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivrflow.facts import (
    CallEnded,
    CallerQueued,
    CallStarted,
    Connected,
    Fact,
    LeftQueue,
    TalkEnded,
)
from ivrflow.sim.queue.recorded import Day
from ivrflow.sim.queue.rows import Recorded

NORMAL = 16
"""The cause of a hang-up that is nobody's fault (Q.850)."""


def came(at: float, call: str, queue: str) -> Iterator[Fact]:
    """A call comes, and joins *queue* at once."""
    yield CallStarted(
        at=at, call=call, caller="", dialled="", flow=queue, version="", local=""
    )
    yield CallerQueued(
        at=at, call=call, queue=queue, needs={}, priority=0.0, position=0
    )


def left(
    at: float, call: str, queue: str, waited: float, how: str = "abandoned"
) -> Iterator[Fact]:
    """The caller leaves without an agent, and the call is over."""
    yield LeftQueue(at=at, call=call, queue=queue, how=how, waited=waited)
    yield _over(at, call, queue, waited)


def answered(
    at: float, call: str, queue: str, agent: str, waited: float
) -> Iterator[Fact]:
    """An agent is there."""
    yield Connected(
        at=at, call=call, queue=queue, agent=agent, offer=call, waited=waited
    )


def ended(
    at: float, call: str, queue: str, agent: str, talked: float
) -> Iterator[Fact]:
    """The talk is over, and the call."""
    yield TalkEnded(
        at=at,
        call=call,
        queue=queue,
        agent=agent,
        offer=call,
        seconds=talked,
        by="caller",
    )
    yield _over(at, call, queue, talked)


def facts_of(day: Day, queue: str) -> list[Fact]:
    """All facts of a recorded day, in the order of their times."""
    facts = [fact for call in day.calls for fact in _call(call, queue)]
    facts.sort(key=lambda fact: fact.at)  # stable: a call's own facts keep their order
    return facts


def _call(call: Recorded, queue: str) -> Iterator[Fact]:
    name, end = str(call.line), call.at + call.waited
    yield from came(call.at, name, queue)
    if call.talked is None:
        yield from left(end, name, queue, call.waited, call.left)
    else:
        yield from answered(end, name, queue, call.agent, call.waited)
        yield from ended(end + call.talked, name, queue, call.agent, call.talked)


def _over(at: float, call: str, queue: str, seconds: float) -> Fact:
    return CallEnded(
        at=at,
        call=call,
        by="caller",
        cause=NORMAL,
        flow=queue,
        step="",
        seconds=seconds,
    )
