"""Rooms for conferences: mixing bridges that live while somebody is in them.

Who enters counts from that moment on, before Asterisk has been asked for anything: so
two who come at once can't both be the last whom the room takes. A room whose last
member leaves is forgotten in the same act; who comes a moment later opens a new one,
and never enters a bridge that is being destroyed.

A room outlives the process: who comes back into it from a call that was taken over
finds it by its name, and stands in it already. Those who don't come back are led out.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from ivrflow.aio import finish
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.errors import AlreadyThere, AriError, Gone
from ivrflow.asterisk.ari.media import Later, Media, Sounds, media, safe
from ivrflow.asterisk.ari.orphans import LeftBridge, Orphans
from ivrflow.asterisk.ari.ours import Ours
from ivrflow.asterisk.ari.patience import patiently
from ivrflow.asterisk.ari.wire.event_models import PlaybackFinished
from ivrflow.telephony.channel import (
    Cause,
    Channel,
    HungUp,
    RecordingFailed,
    RoomFull,
)
from ivrflow.telephony.sound import Utterance

log = logging.getLogger(__name__)


class AriRoom:
    """One room; see `telephony.channel.Room`."""

    def __init__(
        self,
        ours: Ours,
        name: str,
        left: LeftBridge | None,
        *,
        new_id: Callable[[], str],
        sounds: Sounds,
    ) -> None:
        """*left* is the bridge that a process before us had for it."""
        self.name = name
        self.inside: list[str] = []
        """The ids of the channels that are in it, or on their way."""
        self.held = left.inside if left else set()
        """Those who were in it before, and may come back."""
        self._client = ours.client
        self._link = ours.client.link
        self._ours = ours
        self._new_id = new_id
        self._sounds = sounds
        self._bridge = left.id if left else new_id()
        self._open = left is not None
        self._recording = ""
        # One who enters may not be added before the first one's bridge is there.
        self._door = asyncio.Lock()

    @property
    def members(self) -> int:
        """How many are in it."""
        return len(self.inside) + len(self.held)

    async def enter(self, channel: Channel, *, back: bool) -> None:
        """Add *channel* to the bridge; raise `HungUp` where Asterisk won't.

        *back*: it stands in it since before.
        """
        if isinstance(channel, AriChannel):
            channel.joined()
            if not back:
                await channel.quiet()
        if back:
            return
        async with self._door:
            try:
                if not self._open:
                    await patiently(self._link, self._make)
                    self._open = True
                await patiently(self._link, lambda: self._add(channel.id))
            except Gone:
                if isinstance(channel, AriChannel):
                    channel.drop(Cause.NORMAL_CLEARING)
            except AriError as error:
                log.error("%s can't enter the room %s: %s", channel, self.name, error)
                raise HungUp(Cause.TEMPORARY_FAILURE) from None

    async def _make(self) -> None:
        with suppress(AlreadyThere):  # by one who was stopped while it was made
            await self._ours.open_bridge(self._bridge, room_called(self.name))

    async def _add(self, channel: str) -> None:
        await self._client.bridges.add_channel(self._bridge, [channel])

    async def leave(self, channel: Channel) -> None:
        """Take *channel* out of the bridge, and end that after the last one."""
        async with self._door:
            if not self.members:
                await self._ours.close_bridge(self._bridge)
            elif not channel.gone.done():
                await self.lead_out(channel.id)

    async def lead_out(self, channel: str) -> None:
        """Take the channel of that id out of the bridge."""
        try:
            await self._client.bridges.remove_channel(self._bridge, [channel])
        except Gone:
            pass
        except AriError as error:
            log.warning("%s can't leave room %s: %s", channel, self.name, error)

    async def let_go(self, channel: str) -> None:
        """One who was in it before does not come back; after the last one it ends."""
        self.held.discard(channel)
        async with self._door:
            await self.lead_out(channel)
            if not self.members:
                await self._ours.close_bridge(self._bridge)

    async def record(self, name: str) -> str:
        """As `Room.record`. Asterisk ends and keeps it when the bridge is destroyed."""
        if not safe(name):
            raise RecordingFailed(f"{name[:80]!r} is no name for a recording")
        async with self._door:
            if not self._recording:
                try:
                    await self._client.bridges.record(
                        self._bridge, name, "wav", if_exists="fail"
                    )
                except AlreadyThere:
                    # It is recorded since before, if that recording still runs.
                    await self._recorded_already(name)
                except (AriError, Gone) as error:
                    raise RecordingFailed(f"room {self.name}: {error}") from None
                self._recording = name
            return self._recording

    async def _recorded_already(self, name: str) -> None:
        try:
            await self._client.recordings.get_live(name)
        except (AriError, Gone):
            raise RecordingFailed(f"room {self.name}: {name} is there") from None

    async def play(self, said: Sequence[Utterance]) -> None:
        """Play to all who are in it, to the end; what fails is logged."""
        for part in media(said, self._sounds):
            if isinstance(part, Media):
                await self._play(part)
            elif isinstance(part, Later):
                await asyncio.wait([part.path])
                if path := part.path.result():
                    await self._play(Media((f"sound:{path}",)))
            else:
                await asyncio.sleep(part)

    async def _play(self, sounds: Media) -> None:
        playback = self._new_id()
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def heard(event: Any) -> None:
            if isinstance(event, PlaybackFinished) and not over.done():
                over.set_result(None)

        watch = self._client.hub.watch("playback", playback, heard)
        try:
            await finish(self._order(playback, sounds))
            await over
        except asyncio.CancelledError:
            if not over.done():
                await finish(self._stop(playback))
            raise
        except Gone:
            pass  # the last one left meanwhile
        except AriError as error:
            log.warning("nothing is played in room %s: %s", self.name, error)
        finally:
            watch.close()

    async def _order(self, playback: str, sounds: Media) -> None:
        await self._client.bridges.play_with_id(self._bridge, playback, sounds)

    async def _stop(self, playback: str) -> None:
        with suppress(Gone, AriError):
            await self._client.playbacks.stop(playback)


class Rooms:
    """The rooms of one Asterisk, by their names."""

    def __init__(
        self,
        ours: Ours,
        orphans: Orphans,
        *,
        new_id: Callable[[], str],
        sounds: Sounds,
    ) -> None:
        """As in `AriSwitch`."""
        self._ours = ours
        self._orphans = orphans
        self._new_id = new_id
        self._sounds = sounds
        self._rooms: dict[str, AriRoom] = {}

    async def step_out(self, channel: str) -> None:
        """One who was in a room before goes another way now."""
        for room in [r for r in self._rooms.values() if channel in r.held]:
            await room.let_go(channel)

    async def settle(self) -> None:
        """Who has not come back into a room by now comes back no more."""
        for room in list(self._rooms.values()):
            for channel in list(room.held):
                await room.let_go(channel)

    @asynccontextmanager
    async def room(
        self,
        name: str,
        channel: Channel,
        *,
        most: int,
        farewell: Sequence[Utterance] = (),
    ) -> AsyncIterator[AriRoom]:
        """As `Switch.room`."""
        room = self._rooms.get(name) or self._opened(name)
        back = channel.id in room.held
        if not back and room.members >= most:
            raise RoomFull(name, most)
        room.held.discard(channel.id)
        room.inside.append(channel.id)
        try:
            await room.enter(channel, back=back)
            with self._ours.callers.inside(f"room {name}", channel.id):
                yield room
        finally:
            room.inside.remove(channel.id)
            if not room.members and self._rooms.get(name) is room:
                del self._rooms[name]
            await finish(room.leave(channel))
            if room.inside and farewell:
                self._ours.client.soon(room.play(farewell))

    def _opened(self, name: str) -> AriRoom:
        left = self._orphans.claim_room(self._ours.named(room_called(name)))
        if left is not None:
            self._ours.bridges.add(left.id)
        room = self._rooms[name] = AriRoom(
            self._ours, name, left, new_id=self._new_id, sounds=self._sounds
        )
        return room


def room_called(name: str) -> str:
    """What the bridge of that room is for: no other room's words are the same."""
    return f"room {hashlib.sha256(name.encode()).hexdigest()[:12]} {name}"
