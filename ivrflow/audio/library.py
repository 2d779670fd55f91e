"""The sounds for the event loop: what talks, routes and letters ask for.

A message is heard minutes, or a second, after it was left; it lies in the switch's
spool then, until the intake has taken it in. So what the store does not have is looked
for there; it ends there, too, where the intake will cut it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from ivrflow.audio.cutting import cut
from ivrflow.audio.judged import judged
from ivrflow.audio.playing import Playing
from ivrflow.audio.room import Room
from ivrflow.audio.store import NoSound, Store
from ivrflow.audio.threads import Threads
from ivrflow.flow.world.sounds import HEARD, Copied, Spool, recorded_as
from ivrflow.flow.world.trouble import Trouble
from ivrflow.telephony.channel import Recorded
from ivrflow.telephony.sound import Utterance
from ivrflow.voicemail.judging import Judged
from ivrflow.voicemail.rules import Limits


class Library:
    """The `Audio` of a running service; see there.

    What goes wrong is a `StoreFailed` of `folder` and `store`, which is a `Trouble`:
    `NoSound` where it is gone, `Unreadable`, `NoRoom`; or a `Trouble` of the spool.
    """

    def __init__(
        self,
        store: Store,
        playing: Playing,
        threads: Threads,
        spool: Spool,
        room: Room,
        *,
        ends: Callable[[str], Awaitable[float]],
    ) -> None:
        """*threads* stay the caller's, who closes them. *ends*: see `SoundRows`."""
        self._store = store
        self._playing = playing
        self._threads = threads
        self._spool = spool
        self._room = room
        self._ends = ends

    @property
    def is_full(self) -> bool:
        """Whether nothing new should be recorded."""
        return self._room.is_full

    async def judged(self, recorded: Recorded, limits: Limits) -> Judged | None:
        """Is what the switch has *recorded* a message? None: nothing is there."""
        return await judged(self._spool, self._threads, recorded.name, limits)

    async def read(self, sound: str) -> bytes:
        """The whole WAV."""
        try:
            return await self._threads.do(lambda: self._store.read(sound))
        except NoSound:
            return await self._in_spool(sound)

    async def size(self, sound: str) -> int:
        """Its bytes."""
        try:
            return await self._threads.do(lambda: self._store.size(sound))
        except NoSound:
            return len(await self._in_spool(sound))

    async def piece(self, sound: str, first: int, last: int) -> bytes:
        """Its bytes from *first* to *last*, both counted in."""
        try:
            return await self._threads.do(lambda: self._store.piece(sound, first, last))
        except NoSound:
            return (await self._in_spool(sound))[max(0, first) : max(0, last + 1)]

    async def put(self, sound: str, wav: bytes) -> Copied:
        """Keep a WAV: whole, or not at all. Again: nothing changes.

        Cancelled, or after `Threads` gave up: it is one of the two, or will be.
        """
        return await self._threads.do(lambda: self._store.put(sound, wav))

    async def drop(self, sound: str) -> bool:
        """Remove it from the store. False: it was not there."""
        return await self._threads.do(lambda: self._store.drop(sound))

    @asynccontextmanager
    async def played(self, sound: str) -> AsyncIterator[Utterance]:
        """Something to play, for as long as the block runs."""
        async with AsyncExitStack() as stack:
            try:
                copy = self._playing.copy_of(sound)
                shape = await stack.enter_async_context(copy)
            except NoSound:
                # A copy of this too: its clip is the same when the store has it, and
                # one that a crash has cut short is mended, so that it can be heard.
                copy = self._playing.copy_of(sound, await self._in_spool(sound))
                shape = await stack.enter_async_context(copy)
            yield Utterance(
                prompt="",
                words="",
                language="",
                clips=(HEARD + sound,),
                seconds=shape.seconds,
            )

    async def _in_spool(self, sound: str) -> bytes:
        """The WAV of a sound that the store did not have."""
        wav = await self._spool.fetch(recorded_as(sound))
        if wav is None:  # it was taken in meanwhile, or is nowhere
            return await self._threads.do(lambda: self._store.read(sound))
        ends = 0.0
        with suppress(Trouble):  # what is behind its end does no harm
            ends = await self._ends(sound)
        return await self._threads.do(lambda: cut(wav, ends))
