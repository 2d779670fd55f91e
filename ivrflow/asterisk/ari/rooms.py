"""Rooms for conferences: mixing bridges that live while somebody is in them.

Who enters counts from that moment on, before Asterisk has been asked for anything: so
two who come at once can't both be the last whom the room takes. A room whose last
member leaves is forgotten in the same act; who comes a moment later opens a new one,
and never enters a bridge that is being destroyed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from ivrflow.aio import finish
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.asterisk.ari.media import Later, Media, Sounds, media, safe
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
        self, client: Client, name: str, *, new_id: Callable[[], str], sounds: Sounds
    ) -> None:
        self.name = name
        self.inside: list[str] = []
        """The ids of the channels that are in it, or on their way."""
        self._client = client
        self._new_id = new_id
        self._sounds = sounds
        self._bridge = new_id()
        self._open = False
        self._recording = ""
        # One who enters may not be added before the first one's bridge is there.
        self._door = asyncio.Lock()

    @property
    def members(self) -> int:
        """How many are in it."""
        return len(self.inside)

    async def enter(self, channel: Channel) -> None:
        """Add *channel* to the bridge; raise `HungUp` where Asterisk won't."""
        async with self._door:
            try:
                if not self._open:
                    await self._client.bridges.create_with_id(
                        self._bridge, type="mixing", name=f"room {self.name}"[:80]
                    )
                    self._open = True
                await self._client.bridges.add_channel(self._bridge, [channel.id])
            except Gone:
                if isinstance(channel, AriChannel):
                    channel.drop(Cause.NORMAL_CLEARING)
            except AriError as error:
                log.error("%s can't enter the room %s: %s", channel, self.name, error)
                raise HungUp(Cause.TEMPORARY_FAILURE) from None

    async def leave(self, channel: Channel) -> None:
        """Take *channel* out of the bridge, and end that after the last one."""
        async with self._door:
            try:
                if not self.inside:
                    await self._client.bridges.destroy(self._bridge)
                elif not channel.gone.done():
                    await self._client.bridges.remove_channel(
                        self._bridge, [channel.id]
                    )
            except Gone:
                pass
            except AriError as error:
                log.warning("%s can't leave room %s: %s", channel, self.name, error)

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
                except (AriError, Gone) as error:
                    raise RecordingFailed(f"room {self.name}: {error}") from None
                self._recording = name
            return self._recording

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
        self, client: Client, *, new_id: Callable[[], str], sounds: Sounds
    ) -> None:
        """As in `AriSwitch`."""
        self._client = client
        self._new_id = new_id
        self._sounds = sounds
        self._rooms: dict[str, AriRoom] = {}

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
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = AriRoom(
                self._client, name, new_id=self._new_id, sounds=self._sounds
            )
        if room.members >= most:
            raise RoomFull(name, most)
        room.inside.append(channel.id)
        try:
            await finish(room.enter(channel))
            yield room
        finally:
            room.inside.remove(channel.id)
            if not room.inside and self._rooms.get(name) is room:
                del self._rooms[name]
            await finish(room.leave(channel))
            if room.inside and farewell:
                self._client.soon(room.play(farewell))
