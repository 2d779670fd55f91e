"""A channel in Asterisk's Stasis application: the telephony room's `Channel`.

Events about the channel come in order to `_heard`, called by the reader. What has to
be fast happens there, above all stopping a prompt at a key: that order is on its way
before the flow has even noticed. Everything else is a method that sends one request
and waits for the event that ends it.

Three rules:
- Ids are ours, and who waits for an event is there before the request: an event may
  overtake the answer to the request that caused it.
- A request that makes something runs to its end even when its caller is cancelled;
  else it could not be known whether there is something to clean up.
- A channel that Asterisk does not know any more has hung up. While Asterisk is away,
  we wait a moment for it: it comes back with the channel or without it.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

from ivrflow.aio import finish
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.asterisk.ari.media import Later, Media, Sounds, media, safe
from ivrflow.asterisk.ari.playing import Playing
from ivrflow.asterisk.ari.recording import Recording, seconds_of
from ivrflow.asterisk.ari.wire import event_models as events
from ivrflow.telephony.channel import (
    Cause,
    HungUp,
    Recorded,
    RecordingFailed,
    RecordOrder,
)
from ivrflow.telephony.keys import Keys
from ivrflow.telephony.sound import Utterance

T = TypeVar("T")

log = logging.getLogger(__name__)

AWAY = 5.0
"""Seconds that a call waits for Asterisk to come back before it is given up."""

REMEMBERED = "IVRFLOW_STATE"
"""The variable of a channel in which it is kept; ari.conf lists it in `channelvars`."""

SETTLING = 3.0
"""Seconds for Asterisk to write a recording to its end."""

SAME_MOMENT = 0.05
"""Seconds in which the news of a hang-up follows the news of what it ended."""


class AriChannel:
    """One leg of a call. `AriSwitch` makes them; see `telephony.channel.Channel`."""

    def __init__(
        self,
        client: Client,
        id: str,
        *,
        caller_id: str = "",
        dialled: str = "",
        phone: str = "",
        up: bool = False,
        remembered: str = "",
        sounds: Sounds | None = None,
        ended: Callable[[AriChannel], None] = lambda _: None,
    ) -> None:
        """*up*: it was answered already. *sounds* tells where clips are.

        *ended* is called once when Asterisk knows the channel no more.
        """
        self.id = id
        self.caller_id = caller_id
        self.dialled = dialled
        self.phone = phone
        self.keys = Keys()
        self.remembered = remembered
        self.gone: asyncio.Future[Cause] = asyncio.get_running_loop().create_future()
        self._client = client
        self._ended = ended
        self._up = up
        self._sounds = sounds or Sounds.below("")
        self._count = 0
        self._music = ""
        self._playing: Playing | None = None
        self._recording: Recording | None = None
        self._recordings: dict[str, Recording] = {}
        self._watch = client.hub.watch("channel", id, self._heard)

    def __repr__(self) -> str:
        return f"<channel {self.id}>"

    # What Asterisk tells --------------------------------------------------------------

    def _heard(self, event: Any) -> None:
        match event:
            case events.ChannelDtmfReceived():
                self._pressed(event.digit)
            case events.ChannelStateChange():
                self._up = self._up or event.channel.state == "Up"
            case events.ChannelHangupRequest():
                self.drop(Cause(event.cause or Cause.NORMAL_CLEARING))
            case events.StasisEnd():
                self.end(Cause.NORMAL_CLEARING)
            case events.ChannelDestroyed():
                self.end(Cause(event.cause))

    def _pressed(self, key: str) -> None:
        recording = self._recording
        if recording is not None and key in recording.stop_on:
            # It belongs to the recording, and is not left for the next question.
            if not recording.key:
                recording.key = key
                self._client.soon(self._stop_recording(recording))
            return
        self.keys.press(key)
        playing = self._playing
        if playing is not None and playing.stopped_by(key):
            self._client.soon(self._stop_sound(playing.playback))

    def drop(self, cause: Cause) -> None:
        """The far end is no more, or out of reach. The first cause counts."""
        if not self.gone.done():
            self.gone.set_result(cause)
            if self._playing is not None:
                self._playing.hung_up()

    def end(self, cause: Cause) -> None:
        """Asterisk knows the channel no more: nothing will be heard of it."""
        self.drop(cause)
        self._watch.close()
        for recording in self._recordings.values():
            recording.abandon()
        self._ended(self)

    async def catch_up(self) -> None:
        """After the line to Asterisk was down: take the end of what has ended since.

        Asterisk keeps events while we are away, but not those that it had already
        written to the connection that broke.
        """
        playing, recording = self._playing, self._recording
        if playing is not None and playing.ordered and not playing.finished:
            try:
                await self._client.playbacks.get(playing.playback)
            except Gone:
                playing.end()
        if recording is not None:
            try:
                await self._client.recordings.get_live(recording.name)
            except Gone:
                recording.finish(None, hung_up=self.gone.done())

    # What outlives us -----------------------------------------------------------------

    async def remember(self, text: str) -> None:
        try:
            await self._ask(
                lambda: self._client.channels.set_channel_var(
                    self.id, REMEMBERED, value=text
                )
            )
        except AriError as error:
            log.error("call %s: its place is not kept: %s", self.id, error)
            return
        self.remembered = text

    # Answering and hanging up ---------------------------------------------------------

    async def answer(self) -> None:
        if self._up:
            self._check()
            return
        try:
            await self._ask(lambda: self._client.channels.answer(self.id))
        except AriError as error:
            log.error("call %s could not be answered: %s", self.id, error)
            self.drop(Cause.TEMPORARY_FAILURE)
            raise HungUp(self.gone.result()) from None
        self._up = True

    async def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        try:
            await self._client.channels.hangup(self.id, reason_code=str(int(cause)))
        except Gone:
            pass
        except AriError as error:
            # The switch hangs it up when Asterisk is back, if it is still there.
            log.warning("call %s could not be hung up: %s", self.id, error)
        self.drop(cause)

    # Playing --------------------------------------------------------------------------

    async def play(self, said: Sequence[Utterance], *, stop_on: str = "") -> bool:
        self._check()
        waiting = self.keys.peek()[:1]
        if waiting and waiting in stop_on:
            return False
        parts = media(said, self._sounds)
        if not parts:
            return True
        async with self._without_music():
            with self._holding(Playing(stop_on)) as playing:
                for part in parts:
                    if isinstance(part, Media):
                        await self._play_sounds(playing, part)
                    elif isinstance(part, Later):
                        playing.begin("")
                        if path := await playing.ready(part.path):
                            sound = Media((f"sound:{path}",))
                            await self._play_sounds(playing, sound)
                    else:
                        playing.begin("")
                        await playing.over(within=part)
                    if playing.gone:
                        raise HungUp(self.gone.result())
                    if playing.stopped:
                        return False
        return True

    @contextmanager
    def _holding(self, playing: Playing) -> Iterator[Playing]:
        if self._playing is not None:
            raise AssertionError(f"two tasks play to {self!r} at once")
        self._playing = playing
        try:
            yield playing
        finally:
            self._playing = None
            playing.close()

    async def _play_sounds(self, playing: Playing, sounds: Media) -> None:
        """Play *sounds* until they end or `playing` does."""

        def order() -> Awaitable[object]:
            # A new id for each try: Asterisk plays a second order of one id as well.
            self._count += 1
            playback = f"{self.id}-{self._count}"
            watch = self._client.hub.watch("playback", playback, playing.heard)
            playing.begin(playback, watch)
            return self._client.channels.play_with_id(self.id, playback, sounds)

        try:
            await finish(self._ask(order))
            playing.ordered = True
            if playing.stopped:
                await self._stop_sound(playing.playback)  # the key overtook our order
            await playing.over()
        except asyncio.CancelledError:
            if not playing.finished and not self.gone.done():
                await finish(self._stop_sound(playing.playback))
            raise
        except AriError as error:
            log.error(
                "call %s: %s; the call goes on without the prompt", self.id, error
            )
        if playing.failed and not await self._hung_up_too():
            log.error(
                "call %s: Asterisk can't play %s; is the recording there, and may "
                "Asterisk read it? The call goes on without it",
                self.id,
                playing.failed,
            )

    async def _stop_sound(self, playback: str) -> None:
        await self._quietly(lambda: self._client.playbacks.stop(playback))

    async def _hung_up_too(self) -> bool:
        """Whether what has ended just now did so because of a hang-up.

        Asterisk tells of the end first, and does not say why.
        """
        await asyncio.wait([self.gone], timeout=SAME_MOMENT)
        return self.gone.done()

    # Music ----------------------------------------------------------------------------

    @asynccontextmanager
    async def music(self, name: str) -> AsyncIterator[None]:
        self._check()
        outer, self._music = self._music, name
        try:
            await finish(self._start_music())
            yield
        finally:
            self._music = outer
            if not self.gone.done():
                await finish(self._start_music() if outer else self._stop_music())

    @asynccontextmanager
    async def _without_music(self) -> AsyncIterator[None]:
        if not self._music:
            yield
            return
        await self._stop_music()
        try:
            yield
        finally:
            if self._music and not self.gone.done():
                await finish(self._start_music())

    async def _start_music(self) -> None:
        await self._quietly(
            lambda: self._client.channels.start_moh(self.id, moh_class=self._music)
        )

    async def _stop_music(self) -> None:
        await self._quietly(lambda: self._client.channels.stop_moh(self.id))

    # Recording ------------------------------------------------------------------------

    async def record(self, order: RecordOrder) -> Recorded:
        self._check()
        if not safe(order.name):
            raise RecordingFailed(f"{order.name[:80]!r} is no name for a recording")
        recording = Recording(order)
        watch = self._client.hub.watch(
            "recording",
            order.name,
            lambda event: recording.heard(event, hung_up=self.gone.done()),
        )
        recording.over.add_done_callback(lambda _: watch.close())
        self._recording = self._recordings[order.name] = recording
        try:
            await finish(self._order_recording(order, recording))
            if recording.key:
                await self._stop_recording(recording)  # the key overtook our order
            await self._until_recorded(order, recording)
        except asyncio.CancelledError:
            if not recording.over.done() and not self.gone.done():
                await finish(self._stop_recording(recording))
            raise
        finally:
            self._recording = None
        if recording.failed:
            raise RecordingFailed(recording.failed)
        if not recording.key and await self._hung_up_too():
            recording.cut_short()
            raise HungUp(self.gone.result())
        if recording.result is None:
            raise RecordingFailed(f"Asterisk did not finish {order.name}")
        return recording.result

    async def _until_recorded(self, order: RecordOrder, recording: Recording) -> None:
        try:
            async with asyncio.timeout(order.longest):
                await asyncio.shield(recording.over)
        except TimeoutError:
            # Asterisk's own limit is up to 2 s late, and it looks at it only when
            # sound comes: a phone that sends nothing would be recorded for ever.
            recording.timed_out = True
            await self._stop_recording(recording)
            await self._settled(recording)

    async def _order_recording(self, order: RecordOrder, recording: Recording) -> None:
        native = order.stop_on if order.stop_on in ("#", "*") else None
        try:
            await self._ask(
                lambda: self._client.channels.record(
                    self.id,
                    order.name,
                    "wav",
                    max_duration_seconds=math.ceil(order.longest) + 1,
                    max_silence_seconds=math.ceil(order.silence),
                    if_exists="fail",
                    terminate_on=native,
                )
            )
        except HungUp:
            recording.abandon()
            raise
        except AriError as error:
            recording.abandon()
            raise RecordingFailed(str(error)) from None

    async def _stop_recording(self, recording: Recording) -> None:
        try:
            await self._client.recordings.stop(recording.name)
        except Gone:
            pass  # it has just ended by itself
        except AriError as error:
            log.warning("call %s: recording: %s", self.id, error)

    async def kept(self, name: str) -> Recorded | None:
        recording = self._recordings.get(name)
        if recording is not None:
            await self._settled(recording)
            if recording.result is not None or recording.failed:
                return recording.result
        try:
            wav = await self._client.recordings.get_stored_file(name)
        except (Gone, AriError):
            return None
        return Recorded(name=name, seconds=seconds_of(wav), ended_by="hang-up")

    async def _settled(self, recording: Recording) -> None:
        """Wait until Asterisk has written the recording to its end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLING):
                await asyncio.shield(recording.over)

    # Requests -------------------------------------------------------------------------

    def _check(self) -> None:
        if self.gone.done():
            raise HungUp(self.gone.result())

    async def _ask(self, request: Callable[[], Awaitable[T]]) -> T:
        """Send a request about this channel; raise `HungUp` if it is no more."""
        self._check()
        try:
            try:
                return await request()
            except AriAway as error:
                log.warning("call %s: %s", self.id, error)
                # Asterisk comes back with this channel, or without it: then the
                # switch has dropped it before the link is ready.
                await self._client.link.until_ready(AWAY)
                self._check()
                return await request()
        except Gone:
            self.drop(Cause.NORMAL_CLEARING)
        except AriAway:
            self.drop(Cause.TEMPORARY_FAILURE)
        raise HungUp(self.gone.result())

    async def _quietly(self, request: Callable[[], Awaitable[object]]) -> None:
        """Send a request that is nice to have; the next one that is not finds out."""
        try:
            await request()
        except Gone:
            pass
        except AriError as error:
            log.warning("call %s: %s", self.id, error)
