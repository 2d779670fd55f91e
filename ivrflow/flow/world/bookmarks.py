"""Where calls are, for the process that goes on with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol


class Bookmarks(Protocol):
    """Where calls are, so that another process can go on with them."""

    async def keep(self, call: str, number: int, text: str, mark: int = 0) -> None:
        """Make *text* durable, together with all facts that were noted before.

        *number* is the step's, *mark* counts what the call has noted. Returns after
        2 s at the latest, and never raises: a call goes on without.
        """

    async def of(self, calls: Collection[str]) -> Mapping[str, str]:
        """The texts of these calls that there are; {} while the database is away."""
