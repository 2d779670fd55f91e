"""The sounds for the event loop: what talks, routes and letters ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ivrflow.audio.playing import Playing
from ivrflow.audio.store import Store, Usage
from ivrflow.audio.threads import Threads
from ivrflow.flow.world.sounds import HEARD, Copied
from ivrflow.telephony.sound import Utterance


class Library:
    """The `Audio` of a running service; see there.

    What goes wrong is a `StoreFailed` of `folder` and `store`, which is a `Trouble`:
    `NoSound` where it is gone, `Unreadable`, `NoRoom`.
    """

    def __init__(self, store: Store, playing: Playing, threads: Threads) -> None:
        """*threads* stay the caller's, who closes them."""
        self._store = store
        self._playing = playing
        self._threads = threads

    async def read(self, sound: str) -> bytes:
        """The whole WAV."""
        return await self._threads.do(lambda: self._store.read(sound))

    async def size(self, sound: str) -> int:
        """Its bytes."""
        return await self._threads.do(lambda: self._store.size(sound))

    async def piece(self, sound: str, first: int, last: int) -> bytes:
        """Its bytes from *first* to *last*, both counted in."""
        return await self._threads.do(lambda: self._store.piece(sound, first, last))

    async def put(self, sound: str, wav: bytes) -> Copied:
        """Keep a WAV: whole, or not at all. Again: nothing changes.

        Cancelled, or after `Threads` gave up: it is one of the two, or will be.
        """
        return await self._threads.do(lambda: self._store.put(sound, wav))

    async def drop(self, sound: str) -> bool:
        """Remove it. False: it was not there."""
        return await self._threads.do(lambda: self._store.drop(sound))

    async def usage(self) -> Usage:
        """How much there is. Looks at each file: once an hour, not once a call."""
        return await self._threads.do(self._store.usage)

    @asynccontextmanager
    async def played(self, sound: str) -> AsyncIterator[Utterance]:
        """Something to play, for as long as the block runs."""
        async with self._playing.copy_of(sound) as shape:
            yield Utterance(
                prompt="",
                words="",
                language="",
                clips=(HEARD + sound,),
                seconds=shape.seconds,
            )
