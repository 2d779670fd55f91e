"""Switches in memory: thrown and put back, and nothing else."""

from __future__ import annotations

from datetime import datetime


class MemorySwitches:
    """A flow's `Switches`: those in *on* are thrown. `did` is what was asked for."""

    def __init__(self, *on: str) -> None:
        self.on = set(on)
        self.did: list[tuple[str, str, str, datetime | None]] = []

    def thrown(self, name: str, now: datetime) -> bool:
        """True if the switch *name* is thrown."""
        return name in self.on

    async def throw(
        self, name: str, *, by: str, now: datetime, until: datetime | None
    ) -> None:
        """Throw it; it stays so, whatever *until* says."""
        self.on.add(name)
        self.did.append(("throw", name, by, until))

    async def put_back(self, name: str, *, by: str, now: datetime) -> None:
        """Put it back, thrown or not."""
        self.on.discard(name)
        self.did.append(("put back", name, by, None))
