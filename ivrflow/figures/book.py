"""All that a service makes of facts: its figures, and what it has to write of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import tzinfo

from ivrflow.facts import Fact, SelfChecked
from ivrflow.figures.fold import FOLDED
from ivrflow.figures.lasting import Lasting
from ivrflow.figures.leaving_out import LeavingOut
from ivrflow.figures.limits import USUAL, Limits
from ivrflow.figures.live import Live
from ivrflow.figures.queue_log import LOGGED, QueueLog
from ivrflow.figures.record import CallRecord

ROOM = 200_000
"""Records of calls that wait while the database is away."""

LAST_LINES = 1000
"""Lines that are kept: those before a start may be missing in the queue_log."""

READ: frozenset[type[Fact]] = frozenset({*FOLDED, *LOGGED, SelfChecked})
"""The kinds of facts of which anything is made."""


class Book(Lasting):
    """Takes facts, and leaves out those over which that fails."""

    GIVEN = frozenset({"_logs", "_folded"})
    PENDING = frozenset({"records"})

    def __init__(
        self,
        zone: tzinfo,
        limits: Callable[[str], Limits] = lambda _: USUAL,
        *,
        logs: bool = False,
    ) -> None:
        """*logs*: lines of a queue_log are made too."""
        self.live = Live(zone, limits, on_record=self._over)
        self._logs = logs
        self._log = QueueLog()
        # A figure that is wrong is bad; a call that ends because of it is worse, or a
        # service that can't begin as long as the fact is stored.
        self._folded = LeavingOut(self._fold)
        self.lines: deque[str] = deque(maxlen=LAST_LINES)
        """The last ones."""
        self.records: dict[str, CallRecord] = {}
        """Of calls that are over, by call, since somebody last took them away."""
        self.unkept = 0
        """Records for which there was no room."""
        self.checked = ""
        """The last day that was compared with its facts, such as 2026-11-20."""

    def take(self, fact: Fact) -> Sequence[str]:
        """Take one fact; return the lines that it makes. Never fails."""
        lines = self._folded(fact)
        self.lines.extend(lines)
        return lines

    def _fold(self, fact: Fact) -> Sequence[str]:
        self.live.note(fact)
        if isinstance(fact, SelfChecked):
            self.checked = fact.day
        return self._log.lines(fact) if self._logs else ()

    def _over(self, record: CallRecord) -> None:
        if len(self.records) < ROOM:
            self.records[record.call] = record
        else:
            self.unkept += 1
