"""The service's side of the keys that a relay keeps: what came before us, and where.

Events of keys say nothing of who has counted them. So their place stands here while
they are handed on: `key` is that of the event which is handled just now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ivrflow.telephony.keys import NOWHERE, Before, Place


class KeptKeys:
    """Without a relay nothing is kept: every key is nowhere."""

    def __init__(self) -> None:
        self.latest = NOWHERE
        """The place of the latest key of all channels: where a new channel begins."""
        self.key = NOWHERE
        """The place of the key whose event is handled; else nowhere."""
        self._since = 0
        self._before: dict[str, Before] | None = None

    def of(self, channel: str) -> Before | None:
        """What was typed on it, also before our time; None: that is not known."""
        if self._before is None:
            return None
        nothing = Before(self.latest.keeper, self._since, {})
        return self._before.get(channel, nothing)

    def forget(self) -> None:
        """Whoever is here now has been given what is his."""
        self._before = None

    # What the source tells ------------------------------------------------------------

    def joined(self) -> None:
        """A keeper is there; what it has of each channel follows."""
        self._before = {}

    def begins(self, latest: Place, since: int) -> None:
        """Keys are counted from there on: by another keeper, or after a gap.

        Of a channel of which nothing is kept, all is known behind *since*.
        """
        self.latest, self._since = latest, since

    def has(self, channel: str, since: int, keys: Mapping[int, str]) -> None:
        """The keeper has this of a channel."""
        if self._before is not None:
            self._before[channel] = Before(self.latest.keeper, since, dict(keys))

    def left(self) -> None:
        """Nobody counts any more."""
        self.latest = NOWHERE
        self.forget()

    @contextmanager
    def coming(self, number: int) -> Iterator[None]:
        """The key of that number is handed on in the block."""
        self.latest = self.key = Place(self.latest.keeper, number)
        try:
            yield
        finally:
            self.key = NOWHERE
