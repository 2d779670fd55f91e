"""What adoption needs of the rest of the service, and is told at its start."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.db.bookmarks import Before, Open
from ivrflow.flow.bookmark import Bookmark, Seal
from ivrflow.service.door import Found


class Look(Protocol):
    """What is found in Asterisk; see `asterisk.ari.adopting`."""

    @property
    def startup_time(self) -> str: ...

    @property
    def callers(self) -> Collection[AriChannel]:
        """Those that nobody here ran, once each."""

    @property
    def there(self) -> frozenset[str]:
        """The ids of all channels of our application."""


class Store(Protocol):
    """What the database knows of calls. Raises `Trouble`, `seen` nothing."""

    async def open(self) -> Open: ...

    async def seen(self, app: str, startup_time: str, now: float) -> None: ...


class Parts(Protocol):
    """The parts that have something to take over, or to give up."""

    def take(self, channel: AriChannel, found: Found) -> None:
        """Begin with the call, or go on with it."""

    def is_up(self, call: str) -> bool: ...

    async def end(self, bookmark: Bookmark, at: float, by: str) -> None:
        """Run what a flow has for its end, and note that the call is over."""

    async def claim(self) -> None:
        """Take over the phones that belong to no single call."""

    async def settle(self, over: Callable[[str], bool]) -> None:
        """Keep or drop what calls that are over have left half done."""

    async def adopted(self, at: float) -> None:
        """Give up what nobody has claimed, as of *at*, and go on as ever."""


class Asked(Protocol):
    """The switch, as far as it is asked."""

    async def look(self) -> None:
        """Look now. Raises `AriAway`, `AriError`."""

    async def reap(self) -> int:
        """Clear away what nobody has claimed; how much that was."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """What holds from the start on."""

    app: str
    """The Stasis application."""
    seal: Seal
    before: Before
