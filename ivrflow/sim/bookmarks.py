"""Bookmarks in memory: the twin of the database's, for tests of whole calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping


class MemoryBookmarks:
    """A flow's `Bookmarks`; `texts` is what it keeps, by call."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    async def keep(self, call: str, number: int, text: str, mark: int = 0) -> None:
        """Keep *text*, the last one of its call."""
        self.texts[call] = text

    async def of(self, calls: Collection[str]) -> Mapping[str, str]:
        """The texts of these calls that there are."""
        return {call: self.texts[call] for call in calls if call in self.texts}
