"""Recording both sides of a call: a channel that listens to it, and is recorded.

Asterisk records what comes from a channel, not what goes to it. A snoop channel hears
both, mixed, whatever the call does meanwhile: prompts, music, a talk with an agent.
It ends with the call, and the recording is stored then. It goes on when the process
that ordered it dies; its id is made of the recording's name, so that it is found again.

Pausing is for secrets: while paused, Asterisk throws the sound away before it is
written, so that the file has no trace of that time, not even its length. A pause that
Asterisk won't confirm ends the recording instead.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from ivrflow.aio import finish
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AlreadyThere, AriError, Gone
from ivrflow.asterisk.ari.ours import SNOOP
from ivrflow.asterisk.ari.patience import patiently
from ivrflow.asterisk.ari.wire import event_models as events
from ivrflow.telephony.channel import Recorded, RecordedAlready, RecordingFailed

log = logging.getLogger(__name__)

STARTING = 3.0
"""Seconds for Asterisk to begin."""

SETTLING = 3.0
"""Seconds for Asterisk to write a recording to its end."""

A_FRAME = 0.06
"""Seconds after which the sound that was on its way when it was paused is written.

Asterisk takes the order between two frames of 20 ms."""


class AriCallRecorder:
    """See `telephony.channel.CallRecorder`. Made by `AriSwitch.record_call`."""

    def __init__(self, client: Client, name: str, *, call: str, snoop: str) -> None:
        """*call* is the id of the channel that is heard, *snoop* of the one we make."""
        loop = asyncio.get_running_loop()
        self.name = name
        self._client = client
        self._call = call
        self._snoop = snoop
        self._loop = loop
        self._entered: asyncio.Future[None] = loop.create_future()
        self._began: asyncio.Future[None] = loop.create_future()
        self._over: asyncio.Future[None] = loop.create_future()
        self._failed = ""
        self._since: float | None = None
        """When it began to run; None while it is paused or has ended."""
        self._seconds = 0.0
        self._taken_over = False
        self._counted = 0
        """Seconds as Asterisk counts them, once it has ended."""
        self._watches = [
            client.hub.watch("channel", snoop, self._heard_channel),
            client.hub.watch("recording", name, self._heard_recording),
        ]

    # What Asterisk tells --------------------------------------------------------------

    def _heard_channel(self, event: Any) -> None:
        if isinstance(event, events.StasisStart):
            _done(self._entered)

    def _heard_recording(self, event: Any) -> None:
        match event:
            case events.RecordingStarted():
                self._since = self._loop.time()
                _done(self._began)
            case events.RecordingFinished():
                self._counted = event.recording.duration or 0
                self.ended()
            case events.RecordingFailed():
                self._failed = event.recording.cause or "Asterisk does not say why"
                log.error("call %s is not recorded any more: %s", self._call, self)
                self.ended()

    def ended(self) -> None:
        """Nothing is recorded any more, and nothing more will be heard of it."""
        self._stand_still()
        for watch in self._watches:
            watch.close()
        for future in (self._entered, self._began, self._over):
            _done(future)

    def _stand_still(self) -> None:
        if self._since is not None:
            self._seconds += self._loop.time() - self._since
            self._since = None

    def __str__(self) -> str:
        return f"recording {self.name}{': ' if self._failed else ''}{self._failed}"

    # What we order --------------------------------------------------------------------

    async def start(self) -> None:
        """Begin; raise `RecordingFailed`, and then nothing is left."""
        await self._begin(self._listen)

    async def take_over(self) -> None:
        """As `start`, where a process before us has begun already.

        One that is paused stays so until `resume`.
        """
        self._taken_over = True
        client = self._client
        try:
            state = (
                await patiently(
                    client.link, lambda: client.recordings.get_live(self.name)
                )
            ).state
        except Gone:
            await self._begin(self._record)  # it has made the channel and died
        except AriError as error:
            # It may run: nobody could pause it for a secret any more.
            await finish(self._give_up())
            self.ended()
            raise RecordingFailed(f"{self}: {error}") from None
        else:
            self._since = None if state == "paused" else self._loop.time()

    async def _begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await finish(work())
        except BaseException:
            await finish(self._give_up())
            self.ended()
            raise

    async def _listen(self) -> None:
        try:
            await self._client.channels.snoop_channel_with_id(
                self._call, self._snoop, self._client.app, spy="both", app_args=SNOOP
            )
        except (AriError, Gone) as error:
            raise RecordingFailed(f"{self}: {error}") from None
        # It can be recorded only when it has come to us.
        await asyncio.wait([self._entered], timeout=STARTING)
        await self._record()

    async def _record(self) -> None:
        try:
            await self._client.channels.record(
                self._snoop, self.name, "wav", if_exists="fail"
            )
        except AlreadyThere as error:
            raise await self._there(error) from None
        except (AriError, Gone) as error:
            raise RecordingFailed(f"{self}: {error}") from None
        await asyncio.wait([self._began], timeout=STARTING)
        if self._failed or (self._since is None and not self._over.done()):
            raise RecordingFailed(str(self))

    async def _there(self, refused: AlreadyThere) -> RecordingFailed:
        """What it is that Asterisk has of this name already: it does not say."""
        try:
            await self._client.recordings.get_live(self.name)
        except Gone:
            return RecordedAlready(f"{self} has ended")
        except AriError as error:
            return RecordingFailed(f"{self}: {error}")
        return RecordingFailed(f"{self}: {refused}")

    async def pause(self) -> None:
        if self._over.done() or self._since is None:
            return
        try:
            await self._client.recordings.pause(self.name)
        except (AriError, Gone) as error:
            if isinstance(error, AriError):
                log.error("%s can't be paused, so it is ended: %s", self, error)
            # Also where Asterisk does not know it: what can't be seen may still run.
            if not await finish(self._give_up()):
                raise RecordingFailed(f"{self} can't be paused: {error}") from None
            return
        self._stand_still()
        await asyncio.sleep(A_FRAME)

    async def resume(self) -> None:
        if self._over.done() or self._since is not None:
            return
        try:
            await self._client.recordings.unpause(self.name)
        except Gone:
            return
        except AriError as error:
            log.error("%s stays paused: %s", self, error)
            return
        self._since = self._loop.time()

    async def stop(self) -> Recorded:
        if not self._over.done():
            with suppress(Gone):
                try:
                    await self._client.recordings.stop(self.name)
                except AriError as error:
                    log.warning("%s: %s", self, error)
            await asyncio.wait([self._over], timeout=SETTLING)
        await self._give_up()
        self.ended()
        seconds = self._seconds
        if self._taken_over:
            # What ran before a restart only Asterisk has counted, in whole seconds.
            seconds = max(seconds, float(self._counted))
        return Recorded(name=self.name, seconds=seconds, ended_by="")

    async def _give_up(self) -> bool:
        """End the channel that listens, and so the recording. True if it has ended."""
        try:
            await self._client.channels.hangup(self._snoop)
        except Gone:
            pass
        except AriError as error:
            log.warning("%s: its channel could not be hung up: %s", self, error)
            return False
        self.ended()
        return True


def snoop_of(name: str) -> str:
    """The id of the channel that listens for the recording of that name."""
    return f"snoop-{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
