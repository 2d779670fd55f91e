"""Once an hour: what has happened goes when its time is over, as `keep:` says.

It begins an hour after the start, and the log says at the start what will go that is
not gone yet: whoever writes `keep:` for the first time can still take it back. What
went stands in the audit log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, tzinfo
from typing import NoReturn, Protocol

from ivrflow.config import Settings
from ivrflow.db.forgetting import AUDIT, CALLS, FACTS, Page
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)

EVERY = 3600.0
"""Seconds between two looks, and from the start to the first one."""

PAUSE = 0.2
"""Seconds between two pages: whoever has years to forget has time for it."""

NEW = 86_400.0
"""Seconds by which something is too old before the log tells of it at the start: less
is what goes every day."""

BY = "retention"


class Store(Protocol):
    """What is asked of `SqlForgetting`. Raises `Trouble`."""

    async def oldest(self) -> Mapping[str, float]: ...

    async def forget(self, kind: str, before: float, *, after: int = 0) -> Page: ...


class Ledger(Protocol):
    """The audit."""

    async def note(
        self, who: str, what: str, before: str | None = None, after: str | None = None
    ) -> None: ...


def kept_for(settings: Settings) -> Mapping[str, float]:
    """Kind -> for how many seconds it is kept; what is kept for ever is left out."""
    keep = settings.keep
    if keep is None:
        return {}
    said = {FACTS: keep.facts, CALLS: keep.calls, AUDIT: keep.audit}
    return {kind: float(lasts) for kind, lasts in said.items() if lasts is not None}


class Forgetting:
    """Forgets as long as `run` runs. *clock* is seconds since 1970."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        kept: Mapping[str, float],
        *,
        clock: Callable[[], float],
        zone: Callable[[], tzinfo],
        pause: float = PAUSE,
    ) -> None:
        """*kept* is how long what is kept, see `kept_for`; *zone* is the site's."""
        self._store = store
        self._ledger = ledger
        self._kept = kept
        self._clock = clock
        self._zone = zone
        self._pause = pause

    async def run(self) -> NoReturn:
        """Tell what will go; then look every hour. What fails is tried again then."""
        await _trying(self.tell)
        while True:
            await asyncio.sleep(EVERY)
            await _trying(self.look)

    async def tell(self) -> None:
        """Say what will go that should be gone for long."""
        if not self._kept:
            return
        oldest = await self._store.oldest()
        for kind, lasts in self._kept.items():
            before = self._clock() - lasts
            if oldest.get(kind, before) < before - NEW:
                log.warning(
                    "keep: %s from before %s go from in an hour on, as the settings "
                    "say; the first is of %s. To keep them, change `keep` and start "
                    "the service again before",
                    kind,
                    self._day(before),
                    self._day(oldest[kind]),
                )

    async def look(self) -> Mapping[str, int]:
        """Forget what is over; return how much of which kind."""
        gone = {}
        for kind, lasts in self._kept.items():
            before = self._clock() - lasts
            if count := await self._forget(kind, before):
                gone[kind] = count
                day = self._day(before)
                log.info("keep: %d %s from before %s went", count, kind, day)
                what = f"{kind} from before {day} went"
                await self._ledger.note(BY, what, f"{count:,}", "0")
        return gone

    async def _forget(self, kind: str, before: float) -> int:
        gone, after = 0, 0
        while True:
            page = await self._store.forget(kind, before, after=after)
            gone += page.gone
            if page.after is None:
                return gone
            after = page.after
            await asyncio.sleep(self._pause)

    def _day(self, at: float) -> str:
        return datetime.fromtimestamp(at, self._zone()).date().isoformat()


async def _trying(work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except Trouble as trouble:
        log.warning("what is old stays, until in an hour: %s", trouble)
