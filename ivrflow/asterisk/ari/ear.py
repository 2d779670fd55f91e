"""What is heard at the far end of one channel: sounds in turn, and music between them.

Asterisk plays several sounds of one channel one after the other, and holds all that
comes for the channel back meanwhile. So each order waits for the end of the one before;
music pauses for it, and is ordered again while the last of the sounds still plays: it
follows also where no process of ours is there any more. A sound that a process before
us has ordered is waited for too, where the same is to be heard; else it is stopped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from ivrflow.aio import finish
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.asterisk.ari.media import Later, Media, Part, Sounds, media
from ivrflow.asterisk.ari.playing import Playing
from ivrflow.asterisk.ari.still_playing import (
    Before,
    Sounding,
    playback,
    sounds_in,
    where,
)
from ivrflow.telephony.channel import HungUp
from ivrflow.telephony.sound import Utterance

if TYPE_CHECKING:
    from ivrflow.asterisk.ari.channel import AriChannel

log = logging.getLogger(__name__)


class Ear:
    """What one channel hears, and who stops it."""

    def __init__(
        self, client: Client, channel: AriChannel, sounds: Sounds, before: Before | None
    ) -> None:
        """*sounds* tells where clips are; *before* what may still play."""
        self._client = client
        self._channel = channel
        self._sounds = sounds
        self._before = before
        self.ordered = before.ordered if before else 0
        """How many sounds were ordered so far, by a process before us too."""
        self._music = ""
        self._music_follows = False
        """Whether Asterisk begins with the music by itself when the sound ends."""
        self._playing: Playing | None = None

    @property
    def playing(self) -> bool:
        """Whether one of our own tasks plays just now."""
        return self._playing is not None

    # What the channel tells -----------------------------------------------------------

    def pressed(self, key: str) -> None:
        """A key came that no recording took."""
        playing = self._playing
        if playing is not None and playing.stopped_by(key):
            self._client.soon(self._stop_sound(playing.playback))

    def hung_up(self) -> None:
        """Nobody hears anything any more."""
        if self._playing is not None:
            self._playing.hung_up()

    async def catch_up(self) -> None:
        """Take the end of a sound that has ended while Asterisk was away."""
        playing = self._playing
        if playing is not None and playing.ordered and not playing.finished:
            try:
                await self._client.playbacks.get(playing.playback)
            except Gone:
                playing.end()

    # Sounds ---------------------------------------------------------------------------

    async def play(
        self, said: Sequence[Utterance], *, stop_on: str, begin: float
    ) -> bool:
        """As `Channel.play`."""
        if self._stopped_by(stop_on):
            await self._pass_over(said)
            return False
        parts = media(said, self._sounds)
        if not parts:
            return True
        await self._channel.step_aside()
        async with self._without_music():
            with self._holding(Playing(stop_on)) as playing:
                if key := self._stopped_by(stop_on):
                    playing.stopped_by(key)  # it came while we were asking Asterisk
                skip = round(max(0.0, begin) * 1000)
                left = await self._go_on(playing, parts, skip)
                if left is not parts:
                    skip = 0  # the first has begun already
                for index, part in enumerate(left, 1):
                    if playing.ended:
                        break
                    last = index == len(left)
                    if isinstance(part, Media):
                        await self._play_sounds(playing, part, skip, last=last)
                    elif isinstance(part, Later):
                        playing.begin("")
                        if path := await playing.ready(part.path):
                            sound = Media((f"sound:{path}",))
                            await self._play_sounds(playing, sound, skip, last=last)
                    else:
                        playing.begin("")
                        await playing.over(within=max(0.0, part - skip / 1000))
                    skip = 0
        if playing.gone:
            raise HungUp(self._channel.gone.result())
        return not playing.stopped

    def _stopped_by(self, stop_on: str) -> str:
        """The key that waits, if it is one of *stop_on*; else ""."""
        waiting = self._channel.keys.peek()[:1]
        return waiting if waiting in stop_on else ""

    async def _pass_over(self, said: Sequence[Utterance]) -> None:
        """A key that waits has ended *said*: it is not to be heard.

        What plays now may come after it. Then it plays on, for whoever orders it next.
        """
        if self._before is None:
            return
        parts = media(said, self._sounds)
        sounding = await self._before.sounding(self.ordered)
        if sounding and where(parts, self.ordered + 1, sounding) == len(parts):
            self.ordered += sounds_in(parts)
        else:
            await self._leave_off(sounding)

    async def _go_on(
        self, playing: Playing, parts: list[Part], skip: int
    ) -> list[Part]:
        """Listen to the end of the one of *parts* that a process before us plays.

        Return those that are still to be played then; *parts* itself where none plays.
        Of the first one *skip* milliseconds are left out.
        """
        before = self._before
        if before is None:
            return parts
        sounding = await before.sounding(self.ordered)
        if sounding is None:
            self._before = None
            self.ordered = before.used(self.ordered)
            return parts
        at = where(parts, self.ordered + 1, sounding)
        skipped = before.begins.get(sounding.number, 0)
        if at != len(parts) and skipped != (0 if at else skip):
            at = None  # it plays, but not from where it is wanted now
        if at == len(parts):
            # All of them were played: what plays now comes after them.
            self.ordered += sounds_in(parts)
            return []
        self._before = None
        self.ordered = sounding.number
        if at is None:
            await self._stop_sound(playback(self._channel.id, sounding.number))
            return parts
        log.info("call %s: what plays goes on: %s", self._channel.id, sounding.uri)
        left = parts[at + 1 :]
        id = playback(self._channel.id, sounding.number)
        await self._hear_out(playing, id, last=not left)
        return left

    @contextmanager
    def _holding(self, playing: Playing) -> Iterator[Playing]:
        if self._playing is not None:
            raise AssertionError(f"two tasks play to {self._channel!r} at once")
        self._playing = playing
        try:
            yield playing
        finally:
            self._playing = None
            playing.close()

    async def _play_sounds(
        self, playing: Playing, sounds: Media, skip: int, *, last: bool
    ) -> None:
        """Play *sounds* until they end or `playing` does; *last*: music follows.

        Of the first one *skip* milliseconds are left out.
        """

        async def order() -> object:
            # A new id for each try: Asterisk plays a second order of one id as well.
            self.ordered += 1
            number, channel = self.ordered, self._channel
            id = playback(channel.id, number)
            playing.begin(id, self._client.hub.watch("playback", id, playing.heard))
            if not skip:
                return await self._client.channels.play_with_id(channel.id, id, sounds)
            await channel.note_begin(number, skip)
            return await self._client.channels.play_with_id(
                channel.id, id, sounds, offsetms=skip
            )

        try:
            async with self._stopping(playing):
                await self._channel.ask(order)
                playing.ordered = True
                if playing.stopped:
                    # The key overtook our order.
                    await self._stop_sound(playing.playback)
                if last:
                    await self._let_music_follow()
                await playing.over()
        except AriError as error:
            log.error(
                "call %s: %s; the call goes on without the prompt",
                self._channel.id,
                error,
            )
        if playing.failed and not await self._channel.hung_up_too():
            log.error(
                "call %s: Asterisk can't play %s; is the recording there, and may "
                "Asterisk read it? The call goes on without it",
                self._channel.id,
                playing.failed,
            )

    async def _hear_out(self, playing: Playing, id: str, *, last: bool) -> None:
        """Wait for the end of a sound that was ordered already; *last* as above."""
        playing.begin(id, self._client.hub.watch("playback", id, playing.heard))
        playing.ordered = True
        try:
            async with self._stopping(playing):
                if playing.stopped:
                    # The key came before we knew what plays.
                    await self._stop_sound(id)
                await self.catch_up()  # it may have ended before we listened
                if last:
                    await self._let_music_follow()
                await playing.over()
        except AriError as error:
            log.warning("call %s: %s", self._channel.id, error)

    @asynccontextmanager
    async def _stopping(self, playing: Playing) -> AsyncIterator[None]:
        """Stop the sound that plays when the block is cancelled."""
        try:
            yield
        except asyncio.CancelledError:
            if not playing.finished and not self._channel.gone.done():
                await finish(self._stop_sound(playing.playback))
            raise

    async def _stop_sound(self, playback: str) -> None:
        await self._quietly(lambda: self._client.playbacks.stop(playback))

    async def quiet(self) -> None:
        """Let nothing sound any more that a process before us has ordered."""
        if self._before is not None:
            await self._leave_off(await self._before.sounding(self.ordered))

    async def _leave_off(self, sounding: Sounding | None) -> None:
        """Stop what plays still, if anything does; what comes now is ours alone."""
        before, self._before = self._before, None
        if sounding is not None:
            self.ordered = sounding.number
            await self._stop_sound(playback(self._channel.id, sounding.number))
        elif before is not None:
            self.ordered = before.used(self.ordered)

    # Music ----------------------------------------------------------------------------

    @asynccontextmanager
    async def music(self, name: str) -> AsyncIterator[None]:
        """As `Channel.music`."""
        outer, self._music = self._music, name
        try:
            await finish(self._start_music())
            yield
        finally:
            self._music = outer
            if not self._channel.gone.done():
                await finish(self._start_music() if outer else self._stop_music())

    @asynccontextmanager
    async def _without_music(self) -> AsyncIterator[None]:
        if not self._music:
            if self._before is not None:
                await self._stop_music()  # it may be that of a process before us
            yield
            return
        await self._stop_music()
        self._music_follows = False
        try:
            yield
        finally:
            follows, self._music_follows = self._music_follows, False
            if self._music and not follows and not self._channel.gone.done():
                await finish(self._start_music())

    async def _let_music_follow(self) -> None:
        """Order the music behind the sound that plays: Asterisk begins it by itself."""
        if self._music:
            self._music_follows = True
            await self._start_music()

    async def _start_music(self) -> None:
        await self._quietly(
            lambda: self._client.channels.start_moh(
                self._channel.id, moh_class=self._music
            )
        )

    async def _stop_music(self) -> None:
        await self._quietly(lambda: self._client.channels.stop_moh(self._channel.id))

    # Requests -------------------------------------------------------------------------

    async def _quietly(self, request: Callable[[], Awaitable[object]]) -> None:
        """Send a request that is nice to have; the next one that is not finds out."""
        try:
            await request()
        except Gone:
            pass
        except AriError as error:
            log.warning("call %s: %s", self._channel.id, error)
