"""One leg of a call, at the phone's end."""

from __future__ import annotations

import asyncio
import os
import wave
from collections.abc import Callable
from typing import Any

from ivrflow.sim import tones
from ivrflow.sim.phone import rtp
from ivrflow.sim.phone.dialog import Dialog
from ivrflow.sim.phone.message import CallRefused, Media
from ivrflow.telephony.channel import Cause, HungUp

KEEP = 600.0
"""How much of what a phone hears it keeps, in seconds."""
GOODBYE = 3.0
"""How long hanging up waits until the far end knows, in seconds."""


class Call:
    """One leg of a call, at the phone's end.

    Whatever waits raises `HungUp` as soon as the far end has gone.
    """

    def __init__(
        self, dialog: Dialog, stream: rtp.Stream, *, caller: str, number: str
    ) -> None:
        loop = asyncio.get_running_loop()
        self.caller = caller
        """The number that calls, "" if it is withheld."""
        self.display = ""
        """The name that an agent's phone shows for the caller."""
        self.number = number
        """The number that was called."""
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.over: asyncio.Future[Cause] = loop.create_future()
        """Done when the call has ended, from either side."""
        self.transferred_to = ""
        """Where the far end has sent us with a blind transfer; we don't call there."""
        self.refuses_transfers = False
        self.stream = stream
        self._dialog = dialog
        self._loop = loop
        self.on_answer: Callable[[Call], None] | None = None
        """Whom to tell when it is answered."""
        self._answered: asyncio.Future[None] = loop.create_future()
        dialog.party = self

    # How it goes

    @property
    def up(self) -> bool:
        """True while both can talk."""
        return self.answered_at is not None and not self.over.done()

    @property
    def cause(self) -> Cause | None:
        """Why it ended, as the far end told; None while it lasts."""
        return self.over.result() if self.over.done() else None

    @property
    def early(self) -> int:
        """The last status before the answer: 180 ringing, 183 progress, 0 none."""
        return self._dialog.early

    def header(self, name: str) -> str:
        """Return the header *name* of the INVITE that came for us, or ""."""
        invite = self._dialog.invite
        return (invite.headers.get(name) or "") if invite is not None else ""

    async def answered(self, within: float = 10.0) -> None:
        """Wait until it is answered; raise `TimeoutError` after *within* seconds."""
        async with asyncio.timeout(within):
            await self._unless_over(self._answered)

    async def ended(self, within: float = 10.0) -> Cause:
        """Wait until it has ended; raise `TimeoutError` after *within* seconds."""
        async with asyncio.timeout(within):
            return await asyncio.shield(self.over)

    async def hang_up(self) -> None:
        """End it and wait until the far end knows. A call that is over is no error."""
        if (goodbye := self.end()) is not None:
            await asyncio.wait([goodbye], timeout=GOODBYE)

    def end(self) -> asyncio.Future[Any] | None:
        """End it and don't wait. The result is done when the far end knows."""
        if self.over.done():
            return None
        goodbye = None
        if self.answered_at is not None:
            goodbye = self._dialog.hang_up()
        elif self._dialog.invite is not None:
            self._dialog.reject(480)
        self.gone(Cause.NORMAL_CLEARING)
        return goodbye

    def vanish(self) -> None:
        """Be a phone whose battery is empty: no sound from now on, and no BYE."""
        self._dialog.vanish()
        self.gone(Cause.NORMAL_CLEARING)

    # A call that has come for us

    def answer(self) -> None:
        """Take the call, if it still rings."""
        if self.answered_at is not None or self.over.done():
            return
        try:
            media = self._dialog.accept(self.stream.near)
        except CallRefused as error:
            self.reject(error.status)
        else:
            self._begin(media)

    def reject(self, status: int = 486) -> None:
        """Refuse the call with *status*, if it still rings."""
        if self.answered_at is None and not self.over.done():
            self._dialog.reject(status)
            self.gone(Cause.CALL_REJECTED)

    # What we hear

    @property
    def heard(self) -> bytes:
        """What we have heard since the answer, with silence where nothing came.

        If that is longer than the call keeps, its end.
        """
        return rtp.decode(self._since(0))

    @property
    def keys_heard(self) -> str:
        """The keys that came from the far end."""
        return self.stream.ear.keys

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what we have heard into the WAV file *path*, for people."""
        with wave.open(os.fspath(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(tones.RATE)
            file.writeframes(self.heard)

    async def listen(self, seconds: float) -> bytes:
        """Return what we hear in the next *seconds*."""
        start = self._position()
        await self._pause(seconds)
        return rtp.decode(self._since(start))

    async def until_sound(self, within: float = 10.0) -> None:
        """Wait until something is heard; `TimeoutError` after *within* seconds."""
        await self._until(rtp.is_sound, within)

    async def until_quiet(self, seconds: float = 1.0, within: float = 60.0) -> None:
        """Wait until nothing has been heard for *seconds*, counted from now.

        Raises `TimeoutError` after *within* seconds. A speaker's breath is 0.5 s.
        """
        frames = round(seconds / rtp.TICK)
        quiet = 0

        def enough(frame: bytes) -> bool:
            nonlocal quiet
            quiet = 0 if rtp.is_sound(frame) else quiet + 1
            return quiet >= frames

        await self._until(enough, within)

    async def hears_tone(
        self, frequency: float, within: float = 10.0, *, lasting: float = 0.2
    ) -> bool:
        """Tell if a tone is heard *within* seconds from now, for *lasting* seconds.

        False, too, if the call ends meanwhile. For what has already been heard use
        `tones.has_tone` on `heard`.
        """
        deadline = self._loop.time() + within
        start = self._position()
        while True:
            if tones.has_tone(
                rtp.decode(self._since(start)), frequency, lasting=lasting
            ):
                return True
            if self.over.done() or self._loop.time() >= deadline:
                return False
            # Half a second again, for a tone may stand across two looks.
            start = max(start, self._position() - round(tones.RATE * (lasting + 0.5)))
            await asyncio.wait([self.over], timeout=0.25)

    # What we send

    async def press(self, keys: str, *, gap: float = 0.1, length: float = 0.1) -> None:
        """Press *keys*, each for *length* seconds with *gap* seconds between.

        Returns when the last one is sent, its gap included.
        """
        self._must_be_up()
        sent = self._loop.create_future()
        self.stream.mouth.press(keys, length=length, gap=gap, then=lambda: _done(sent))
        await self._unless_over(sent)

    def send_tone(self, frequency: int) -> None:
        """Send a tone of *frequency* Hz until `stop_sending`."""
        self.stream.mouth.tone(frequency)

    def stop_sending(self) -> None:
        """Send silence from now on."""
        self.stream.mouth.hush()

    async def play(self, pcm: bytes) -> None:
        """Send *pcm*, and return when all of it is sent. Cancelling stops it."""
        self._must_be_up()
        ulaw = await asyncio.to_thread(rtp.encode, pcm)
        sent = self._loop.create_future()
        self.stream.mouth.say(ulaw, then=lambda: _done(sent))
        try:
            await self._unless_over(sent)
        except asyncio.CancelledError:
            self.stop_sending()
            raise

    async def play_wav(self, path: str | os.PathLike[str]) -> None:
        """Send the WAV file *path*: 8000 Hz, mono, 16 bit; else `ValueError`."""
        await self.play(await asyncio.to_thread(read_wav, path))

    # For its phone, not for its user

    async def place(self, within: float) -> Call:
        """Call, and return this call when it is answered; see `Phones.call`."""
        try:
            async with asyncio.timeout(within):
                media = await self._dialog.call(self.stream.near)
        except BaseException:
            self.gone(Cause.NORMAL_CLEARING)
            raise
        self._begin(media)
        return self

    def moved(self, media: Media) -> None:
        """The far end wants its sound at *media* from now on."""
        self.stream.start(media.address, media.event_type)

    def transferred(self, to: str) -> bool:
        """The far end sends us to *to*. True if we go."""
        if not self.refuses_transfers:
            self.transferred_to = to
        return not self.refuses_transfers

    def gone(self, cause: Cause) -> None:
        """The far end has hung up."""
        if not self.over.done():
            self.ended_at = self._loop.time()
            self.over.set_result(cause)
            self.stream.close()

    # Inside

    def _begin(self, media: Media) -> None:
        self.answered_at = self._loop.time()
        self.moved(media)
        _done(self._answered)
        if self.on_answer is not None:
            self.on_answer(self)

    def _must_be_up(self) -> None:
        if self.over.done():
            raise HungUp(self.over.result())

    def _now(self) -> float:
        return self.ended_at if self.ended_at is not None else self._loop.time()

    def _position(self) -> int:
        return self.stream.ear.reached(self._now())

    def _since(self, position: int) -> bytes:
        return self.stream.ear.since(position, self._now())

    async def _pause(self, seconds: float) -> None:
        await asyncio.wait([self.over], timeout=seconds)
        self._must_be_up()

    async def _unless_over(self, awaited: asyncio.Future[None]) -> None:
        either: list[asyncio.Future[Any]] = [awaited, self.over]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not awaited.done():
            raise HungUp(self.over.result())

    async def _until(self, enough: Callable[[bytes], bool], within: float) -> None:
        """Give each frame that comes from now on to *enough*, until it says so."""
        position = self._position()
        async with asyncio.timeout(within):
            while True:
                heard = self._since(position)
                for start in range(0, len(heard) - rtp.FRAME + 1, rtp.FRAME):
                    position += rtp.FRAME
                    if enough(heard[start : start + rtp.FRAME]):
                        return
                await self._pause(rtp.TICK)


def read_wav(path: str | os.PathLike[str]) -> bytes:
    """Return the PCM of the WAV file *path*; raise `ValueError` if it is another kind.

    Only 8000 Hz, mono, 16 bit is taken: what would be heard is what is in the file.
    """
    with wave.open(os.fspath(path), "rb") as file:
        kind = file.getframerate(), file.getnchannels(), file.getsampwidth()
        if kind != (tones.RATE, 1, 2):
            raise ValueError(
                f"{path}: {kind[0]} Hz, {kind[1]} channels, {kind[2] * 8} bit; "
                "a telephone needs 8000 Hz, mono, 16 bit "
                "(sox IN -r 8000 -c 1 -b 16 OUT)"
            )
        return file.readframes(file.getnframes())


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
