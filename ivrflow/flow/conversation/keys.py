"""The keys by which an agent does something in a talk: pure.

A sequence such as `*1` counts when its keys come within two seconds of each other. All
other keys go their way: the switch passes them on to the other side, and nobody here
minds them.
"""

from __future__ import annotations

from collections.abc import Mapping

BETWEEN = 2.0
"""Seconds between two keys of one sequence, at most."""


class TalkKeys:
    """Finds sequences in the keys of one agent."""

    def __init__(self, acts: Mapping[str, str]) -> None:
        """*acts*: sequence -> act. No sequence may begin another one."""
        self._acts = acts
        self._typed = ""
        self._last = 0.0

    def press(self, key: str, now: float) -> str:
        """Take a key pressed at *now* (seconds); return the act that it completes.

        "" while there is none.
        """
        if now - self._last > BETWEEN:
            self._typed = ""
        self._last = now
        self._typed += key
        while self._typed:
            if act := self._acts.get(self._typed):
                self._typed = ""
                return act
            if any(sequence.startswith(self._typed) for sequence in self._acts):
                return ""
            # `**1` holds `*1`: what was no beginning is dropped, key by key.
            self._typed = self._typed[1:]
        return ""
