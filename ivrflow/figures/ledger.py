"""The sums of all queues and agents, by span, and which of them have changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ivrflow.figures.lasting import Lasting
from ivrflow.figures.spans import Span, Spans
from ivrflow.figures.sums import AgentSum, QueueSum

CALL = "call"
"""What waits in a queue as a rule; `CallerQueued.item` has the other kinds. Promises to
call back are counted with it: they are made to callers."""

MESSAGE = "voicemail"
"""A message as work."""


class QueueKey(NamedTuple):
    queue: str
    item: str
    span: Span


class AgentKey(NamedTuple):
    agent: str
    span: Span


class Ledger(Lasting):
    """Where the fold writes."""

    GIVEN = frozenset({"spans"})
    PENDING = frozenset({"changed_queues", "changed_agents"})

    def __init__(self, spans: Spans) -> None:
        self.spans = spans
        self.queues: dict[QueueKey, QueueSum] = {}
        self.agents: dict[AgentKey, AgentSum] = {}
        self.changed_queues: set[QueueKey] = set()
        """Since somebody last cleared it; so is the next one."""
        self.changed_agents: set[AgentKey] = set()

    def keys(self, queue: str, item: str, at: float) -> tuple[QueueKey, ...]:
        """Under what that is written which comes into *queue* at *at*."""
        return tuple(QueueKey(queue, item, span) for span in self.spans(at))

    def queue_sums(self, keys: tuple[QueueKey, ...]) -> Iterator[QueueSum]:
        """The sums of *keys*, to be changed."""
        for key in keys:
            self.changed_queues.add(key)
            found = self.queues.get(key)
            if found is None:
                found = self.queues[key] = QueueSum()
            yield found

    def agent_sums(self, agent: str, at: float) -> Iterator[AgentSum]:
        """The sums of *agent* at *at*, to be changed."""
        for span in self.spans(at):
            key = AgentKey(agent, span)
            self.changed_agents.add(key)
            found = self.agents.get(key)
            if found is None:
                found = self.agents[key] = AgentSum()
            yield found

    def drop(self, before: float) -> None:
        """Drop what began before that, written or not: it is not whole."""
        for queue_key in [k for k in self.queues if k.span.start < before]:
            del self.queues[queue_key]
        for agent_key in [k for k in self.agents if k.span.start < before]:
            del self.agents[agent_key]
        self.changed_queues &= self.queues.keys()
        self.changed_agents &= self.agents.keys()

    def change(self, since: float) -> None:
        """Have all written again that ended later than *since*."""
        self.changed_queues = {k for k in self.queues if k.span.end > since}
        self.changed_agents = {k for k in self.agents if k.span.end > since}

    def forget(self, before: float) -> None:
        """Drop what ended before that, and is written by now."""
        for queue_key in [k for k in self.queues if k.span.end <= before]:
            if queue_key not in self.changed_queues:
                del self.queues[queue_key]
        for agent_key in [k for k in self.agents if k.span.end <= before]:
            if agent_key not in self.changed_agents:
                del self.agents[agent_key]
