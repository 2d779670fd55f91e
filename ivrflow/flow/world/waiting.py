"""What is kept of callers who hang up and still wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ivrflow.flow.wish import Kept, Wish


class Callbacks(Protocol):
    """Wishes to be called back; raises `Trouble`."""

    async def keep(self, wish: Wish, *, most: int, own: bool) -> Kept:
        """Keep *wish*; a call has one for each queue, and changes it by a new one.

        So has a number: *own* says that it is the caller's, and the wishes of other
        calls for it end in the same act; else one that waits is not touched. Who
        changes his wish keeps the place. False, and nothing has changed, where *most*
        others wait already: in the queue, or for the same time if the wish is for one;
        and where somebody else asked for this number.
        """

    async def booked(
        self, queue: str, first: datetime, last: datetime
    ) -> Mapping[float, int]:
        """How many wait to be called at each time from *first* to *last*.

        By seconds since 1970; times that nobody chose are left out.
        """

    async def take_back(self, queue: str, number: str, now: float) -> Wish | None:
        """Who wants to be called at *number* calls himself: return the wish he had.

        None where there is none, or only one for a time that is still to come.
        """


class KeptPlaces(Protocol):
    """Places in lines of callers who were cut off; raises `Trouble`."""

    async def keep(self, queue: str, who: str, *, joined: float, until: float) -> None:
        """Whoever calls as *who* until then gets the place of *joined* again.

        One place for one caller: what was kept for *who* in the queue is gone.
        """

    async def take(self, queue: str, who: str, now: float) -> float | None:
        """Return the place that is kept, as the time of joining, and give it away."""
