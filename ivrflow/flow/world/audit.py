"""Who did what, by phone too."""

from __future__ import annotations

from typing import Protocol


class Audit(Protocol):
    """Who did what, for ever."""

    async def note(
        self, who: str, what: str, before: str | None = None, after: str | None = None
    ) -> None:
        """Note that *who* did *what*. Raises `Trouble`."""
