"""Who is on the line, and who of them hears another person.

A caller alone is in our hands: whoever watches over calls must know of him from the
moment in which he comes. One who talks with somebody needs nobody's watch.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class Callers:
    """The channels of callers, by id. The switch keeps it; others only look."""

    def __init__(self) -> None:
        self._here: set[str] = set()
        self._found: dict[str, Mapping[str, Any]] = {}
        self._bridges: defaultdict[str, set[str]] = defaultdict(set)
        self._in: defaultdict[str, set[str]] = defaultdict(set)
        self.news: set[str] = set()
        """Callers who came, began to talk or ended a talk; who looks takes them out."""
        self.left_together: Callable[[str], bool] = lambda _: False
        """Whether a process before us left this channel in a bridge with others, and
        nobody has claimed that yet."""
        self.changed = asyncio.Event()
        """Set with each of the news."""

    def __contains__(self, channel: str) -> bool:
        return channel in self._here

    def __iter__(self) -> Iterator[str]:
        """All who are on the line now."""
        return iter(tuple(self._here))

    def __len__(self) -> int:
        return len(self._here)

    def came(self, channel: str, found: Mapping[str, Any] | None = None) -> None:
        """A caller's channel is ours now: it came in, or was found by a new process.

        Then *found* are the variables that a process before us has set on it.
        """
        self._here.add(channel)
        if found:
            self._found[channel] = found
        self._tell(channel)

    def went(self, channel: str) -> None:
        """It has ended. One that is no caller's is no error."""
        self._here.discard(channel)
        self._found.pop(channel, None)
        self.news.discard(channel)

    def found(self, channel: str) -> Mapping[str, Any]:
        """The variables with which it was found; none for one who has come in."""
        return self._found.get(channel, {})

    def talks(self, channel: str) -> bool:
        """Whether this caller stands in a bridge with somebody else."""
        mine = self._in.get(channel, ())
        return any(len(self._bridges[b]) > 1 for b in mine) or (
            not mine and self.left_together(channel)
        )

    @contextmanager
    def inside(self, bridge: str, *channels: str) -> Iterator[None]:
        """They stand in *bridge* while the block runs, with those who do already."""
        members = self._bridges[bridge]
        members.update(channels)
        for channel in channels:
            self._in[channel].add(bridge)
        self._tell(*members)
        try:
            yield
        finally:
            for channel in channels:
                self._in[channel].discard(bridge)
                if not self._in[channel]:
                    del self._in[channel]
            self._tell(*members)
            members.difference_update(channels)
            if not members:
                self._bridges.pop(bridge, None)

    def _tell(self, *channels: str) -> None:
        here = self._here.intersection(channels)
        if here:
            self.news |= here
            self.changed.set()
