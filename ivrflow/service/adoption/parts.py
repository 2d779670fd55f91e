"""The parts that have something to take over: what `needs.Parts` asks for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.desk.nailed import NailedUp
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.db.callbacks import SqlPlaces
from ivrflow.flow.bookmark import Bookmark
from ivrflow.flow.ending import end_call
from ivrflow.flow.left import settle_left
from ivrflow.flow.live import LiveCalls
from ivrflow.service.adoption.untold import Untold
from ivrflow.service.cut_off import places_of
from ivrflow.service.door import Door, Found
from ivrflow.service.old_versions import OldVersions
from ivrflow.service.staff import Staff
from ivrflow.telephony.channel import Switch

log = logging.getLogger(__name__)


class Claims(Protocol):
    """Somebody whose phones may ring on since an earlier service."""

    async def claim(self) -> None:
        """Take them up: what nobody has claimed is hung up after this."""


@dataclass(frozen=True, kw_only=True)
class ServiceParts:
    """See `needs.Parts`."""

    door: Door
    live: LiveCalls
    old_versions: OldVersions
    untold: Untold
    staff: Staff
    switch: Switch
    nailed: NailedUp
    made: Sequence[Claims]
    """Who has made calls that may ring on since an earlier service."""
    places: SqlPlaces
    clock: Callable[[], float]

    def take(self, channel: AriChannel, found: Found) -> None:
        self.door.take(channel, found)

    def is_up(self, call: str) -> bool:
        return self.live.of(call) is not None

    async def end(self, bookmark: Bookmark, at: float, by: str) -> None:
        site, world = await self.old_versions.of(bookmark.version)
        await end_call(bookmark, site, world, at=at, by=by)

    async def claim(self) -> None:
        await self._desk_knows()
        await self.nailed.claim()
        # At once: until they are through nobody new is offered to an agent.
        async with asyncio.TaskGroup() as group:
            for one in self.made:
                group.create_task(one.claim())

    async def settle(self, over: Callable[[str], bool]) -> None:
        site, world = self.door.latest()
        await settle_left(over, site=site, world=world, kept=self.switch.kept)
        await self.untold.tell(over, world)

    async def adopted(self, at: float) -> None:
        # Whatever is away: as long as the desk is not told, it offers nobody.
        await self._desk_knows()
        desk, (site, _) = self.staff.desk, self.door.latest()
        gone = [one for one in desk.not_back() if not self.is_up(one.call)]
        desk.adopted(at)
        await self.places.keep_all(list(places_of(gone, site, self.clock())))

    async def _desk_knows(self) -> None:
        """Wait for some seconds until the desk has read whose lines are up, and who
        was in line."""
        try:
            await self.staff.desk.until_loaded()
        except BoardAway as away:
            log.warning("what the last service left is given up unseen: %s", away)
