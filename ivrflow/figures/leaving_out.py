"""One fact that can't be folded must not take the figures of all others along.

It is left out, told in the log, and counted; live, in a check, in a report and when
figures are made again alike, so that all of them say the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from ivrflow.facts import Fact

log = logging.getLogger(__name__)


class LeavingOut:
    """Hands each fact on to *take*, and leaves out the one over which that fails."""

    def __init__(self, take: Callable[[Fact], Sequence[str] | None]) -> None:
        """*take* may return lines of a queue_log."""
        self._take = take
        self.left_out = 0

    def __call__(self, fact: Fact) -> Sequence[str]:
        """Return the lines that *fact* makes; none of one that is left out."""
        try:
            return self._take(fact) or ()
        except Exception:
            log.exception("figures: this fact is left out: %r", fact)
            self.left_out += 1
            return ()
