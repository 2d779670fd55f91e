"""How full the room for sounds is: a share of what the settings and the disk allow."""

from __future__ import annotations

from dataclasses import replace

from ivrflow.audio.store import Store, Usage

NEARLY = 0.9
"""From this share on the operator is told: there is still time to make room."""


class Room:
    """Measured now and then (`Janitor`), and counted on in between.

    What others write to the same disk is asked for more often: that costs nothing.
    """

    def __init__(self, store: Store, most: int) -> None:
        """*most*: bytes of all sounds together. Empty until it is measured."""
        self._store = store
        self._most = most
        self._usage = Usage(sounds=0, bytes=0, free=most)
        self._then = store.written
        self.known = False
        """Whether it was measured since the start."""

    def measured(self, usage: Usage) -> None:
        """This is how it is now."""
        self._usage, self._then = usage, self._store.written
        self.known = True

    def has_free(self, free: int) -> None:
        """So many bytes the disk has now, whoever has taken the others."""
        if not self.known:
            return  # of what, nobody can say yet
        used = self._usage.bytes + self._store.written - self._then
        self.measured(replace(self._usage, bytes=used, free=free))

    @property
    def share(self) -> float:
        """0: nothing is there, 1: it is full, for the settings or for the disk.

        What is dropped counts until it is measured again.
        """
        used = self._usage.bytes + self._store.written - self._then
        allowed = min(self._most, self._usage.bytes + self._usage.free)
        return used / allowed if allowed > 0 else 1.0

    @property
    def is_nearly_full(self) -> bool:
        """Whether the operator should make room."""
        return self.share >= NEARLY

    @property
    def is_full(self) -> bool:
        """Whether no new message should be begun. What is recorded is kept anyhow."""
        return self.share >= 1.0
