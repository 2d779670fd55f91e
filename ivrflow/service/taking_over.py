"""The parts that have something to take over: what `adopting.Others` asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ivrflow.acd.desk.nailed import NailedUp
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.db.callbacks import SqlPlaces
from ivrflow.flow.bookmark import Bookmark
from ivrflow.flow.calling_back import CallingBack
from ivrflow.flow.ending import end_call
from ivrflow.flow.left import settle_left
from ivrflow.flow.live import LiveCalls
from ivrflow.service.cut_off import places_of
from ivrflow.service.door import Door, Found
from ivrflow.service.older import Older
from ivrflow.service.staff import Staff
from ivrflow.telephony.channel import Switch


@dataclass(frozen=True, kw_only=True)
class TakingOver:
    """See `adopting.Others`."""

    door: Door
    live: LiveCalls
    older: Older
    staff: Staff
    switch: Switch
    nailed: NailedUp
    calling_back: CallingBack
    places: SqlPlaces
    clock: Callable[[], float]

    def take(self, channel: AriChannel, found: Found) -> None:
        self.door.take(channel, found)

    def is_up(self, call: str) -> bool:
        return self.live.of(call) is not None

    async def end(self, bookmark: Bookmark, at: float, by: str) -> None:
        site, world = await self.older.of(bookmark.version)
        await end_call(bookmark, site, world, at=at, by=by)

    async def claim(self) -> None:
        await self.nailed.claim()
        await self.calling_back.claim()

    async def settle(self, over: Callable[[str], bool]) -> None:
        site, world = self.door.latest()
        await settle_left(over, site=site, world=world, kept=self.switch.kept)

    async def adopted(self, at: float) -> None:
        site, _ = self.door.latest()
        waiting = await self.staff.board.waiting()
        cut_off = [one for one in waiting if not self.is_up(one.call)]
        await self.places.keep_all(list(places_of(cut_off, site, self.clock())))
        self.staff.desk.adopted(at)
