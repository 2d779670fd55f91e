"""When a queue calls for its on-demand agents.

It does while somebody has waited too long, or too many wait, as `QueueRules` says. A
message that was left is nobody who waits: it has its own promise.
"""

from __future__ import annotations

from collections.abc import Mapping

from ivrflow.acd.engine.line import Caller, Line
from ivrflow.acd.model import LEFT_BEHIND, QueueRules


class Demand:
    """Which queues call, and which of them did when somebody last looked."""

    def __init__(self, rules: Mapping[str, QueueRules], line: Line) -> None:
        self._rules = rules
        self._line = line
        self._overdue: dict[str, int] = {}
        """Queue -> callers who have waited too long."""
        self.called: set[str] = set()
        """Queues that called when somebody last looked."""

    def possible(self, queue: str) -> bool:
        """Whether the queue may ever call."""
        rules = self._rules[queue]
        return rules.demand_wait is not None or rules.demand_waiting is not None

    def calls(self, queue: str) -> bool:
        """Whether the queue calls now."""
        if self._overdue.get(queue):
            return True
        most = self._rules[queue].demand_waiting
        return most is not None and self._line.waiting.get(queue, 0) >= most

    def begins(self, queue: str) -> bool:
        """Whether the queue calls now and did not before."""
        if queue in self.called or not self.calls(queue):
            return False
        self.called.add(queue)
        return True

    def fewer(self, queue: str) -> None:
        """Somebody does not wait there any more."""
        if queue in self.called and not self.calls(queue):
            self.called.discard(queue)

    def late(self, caller: Caller, now: float) -> None:
        """Count a caller in if the wait is too long by *now*."""
        queue = caller.waiting.queue
        longest = self._rules[queue].demand_wait
        if longest is None or caller.overdue or caller.waiting.item == LEFT_BEHIND:
            return
        if caller.waiting.joined + longest <= now:
            caller.overdue = True
            self._overdue[queue] = self._overdue.get(queue, 0) + 1

    def left(self, caller: Caller) -> None:
        """A caller has left the queue."""
        queue = caller.waiting.queue
        if caller.overdue:
            caller.overdue = False
            self._overdue[queue] -= 1
        self.fewer(queue)
