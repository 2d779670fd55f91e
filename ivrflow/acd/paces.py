"""What the queues' talks and callers have been like: learned live, and from facts.

A service that starts knows nothing, and what it says of the wait in the first hour
would be what somebody assumed once. The facts of the last weeks know better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ivrflow.acd.estimate import Pace
from ivrflow.acd.model import Agent, QueueRules, Waiting
from ivrflow.facts import CallerQueued, Connected, Fact, LeftQueue, TalkEnded

CALL = "call"
LEARNED = (CallerQueued, Connected, LeftQueue, TalkEnded)
"""The kinds of facts from which something is learned."""


class Paces:
    """The pace of each queue."""

    def __init__(self, queues: Mapping[str, QueueRules]) -> None:
        self._queues = queues
        self._paces: dict[str, Pace] = {}

    def of(self, queue: str) -> Pace:
        """The pace of *queue*, which may be newer than we are."""
        pace = self._paces.get(queue)
        if pace is None:
            rules = self._queues.get(queue, QueueRules(name=queue))
            pace = Pace(handle=rules.handle, patience=rules.patience)
            self._paces[queue] = pace
        return pace

    def waited(self, waiting: Waiting, seconds: float, *, lost: bool) -> None:
        """Somebody waited so long; *lost* if that ended without an agent.

        Who does not hold loses no patience: a callback says nothing about it.
        """
        if waiting.item == CALL:
            self.of(waiting.queue).waited(seconds, lost=lost)

    def talked(self, queue: str, agent: Agent | None, seconds: float) -> None:
        """A talk of *queue* took *agent* so long, wrap-up included.

        Whoever waits for this agent waits for what he does, whosever call it is: so all
        his queues learn from it. None: nobody knows him any more.
        """
        for one in {queue} | (agent.queues if agent else frozenset()):
            self.of(one).talked(seconds)

    def learn(self, facts: Iterable[Fact], agents: Mapping[str, Agent]) -> None:
        """Learn from what was, in its order; *agents* by number, as they are now."""
        others: set[str] = set()
        for fact in facts:
            match fact:
                case CallerQueued(item=item) if item != CALL:
                    others.add(fact.call)
                case TalkEnded(queue=queue, agent=number, seconds=seconds):
                    rules, agent = self._queues.get(queue), agents.get(number)
                    wrap_up = rules.wrap_up if rules else 0.0
                    if agent is not None:
                        wrap_up = agent.wrap_up_after(wrap_up)
                    self.talked(queue, agent, seconds + wrap_up)
                case Connected(queue=queue, waited=waited) if fact.call not in others:
                    self.of(queue).waited(waited, lost=False)
                case LeftQueue(queue=queue, waited=waited) if fact.call not in others:
                    self.of(queue).waited(waited, lost=True)
