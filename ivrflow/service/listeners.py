"""Everybody who hears facts, in the order in which they were noted.

Who hears a fact may note another one: an alarm follows from a break, a phone that is in
use from an agent who sat down at it. Told at once, that one would come to the others
before what it follows from, and figures that are kept live would differ from those made
of the stored facts. So it waits until all have heard the first.
"""

from __future__ import annotations

import logging
from collections import deque

from ivrflow.facts import Fact, Note

log = logging.getLogger(__name__)


class Listeners:
    """Tells each fact to each ear, in the order of their coming."""

    def __init__(self) -> None:
        self._ears: list[Note] = []
        self._untold: deque[Fact] = deque()
        self._telling = False

    def join(self, *ears: Note) -> None:
        """Let these hear all facts from now on, after those who hear already."""
        self._ears += ears

    def note(self, fact: Fact) -> None:
        """Tell *fact*: a `Note`. An ear that fails is no fault of who noted it."""
        self._untold.append(fact)
        if self._telling:
            return
        self._telling = True
        try:
            while self._untold:
                self._tell(self._untold.popleft())
        finally:
            self._telling = False

    def _tell(self, fact: Fact) -> None:
        for ear in self._ears:
            try:
                ear(fact)
            except Exception:
                log.exception("a fault of ours; the others still hear of %r", fact)
