"""The recordings of one channel: ordered, ended, and kept.

A recording goes on when the process that ordered it dies. So who orders one on a
channel that was taken over looks first whether it runs already, or has ended meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from ivrflow.aio import finish
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.asterisk.ari.media import safe
from ivrflow.asterisk.ari.recording import Recording, had_no_room, seconds_of
from ivrflow.telephony.channel import (
    Cause,
    HungUp,
    Recorded,
    RecordingFailed,
    RecordOrder,
)
from ivrflow.telephony.keys import Keys

T = TypeVar("T")

log = logging.getLogger(__name__)

SETTLING = 3.0
"""Seconds for Asterisk to write a recording to its end."""


class Talker(Protocol):
    """The channel that is recorded."""

    @property
    def id(self) -> str: ...

    @property
    def gone(self) -> asyncio.Future[Cause]: ...

    @property
    def keys(self) -> Keys: ...

    async def ask(self, request: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Send a request about this channel; raise `HungUp` if it is no more."""

    async def hung_up_too(self) -> bool:
        """Whether what has ended just now did so because of a hang-up."""


class Recordings:
    """See `Channel.record` and `Channel.kept`."""

    def __init__(self, client: Client, channel: Talker, *, taken_over: bool) -> None:
        """*taken_over*: a process before us may have recorded this channel."""
        self._client = client
        self._channel = channel
        self._taken_over = taken_over
        self._current: Recording | None = None
        self._all: dict[str, Recording] = {}

    @property
    def running(self) -> bool:
        """Whether one runs, or is ordered just now."""
        return self._current is not None

    # What Asterisk tells --------------------------------------------------------------

    def takes(self, key: str) -> bool:
        """Take a key if it ends the recording that runs."""
        recording = self._current
        if recording is None or key not in recording.stop_on:
            return False
        # It belongs to the recording, and is not left for the next question.
        if not recording.key:
            recording.key = key
            self._client.soon(self._stop(recording))
        return True

    def abandon(self) -> None:
        """The channel is no more: nothing will be heard of any recording."""
        for recording in self._all.values():
            recording.abandon()

    async def catch_up(self) -> None:
        """Take the end of the one that has ended while we heard nothing."""
        recording = self._current
        if recording is None or not recording.ordered or recording.over.done():
            return
        try:
            await self._client.recordings.get_live(recording.name)
        except Gone:
            recording.finish(None, hung_up=self._channel.gone.done())

    # What the flow does ---------------------------------------------------------------

    async def record(self, order: RecordOrder) -> Recorded:
        """As `Channel.record`."""
        if not safe(order.name):
            raise RecordingFailed(f"{order.name[:80]!r} is no name for a recording")
        recording = Recording(order)
        watch = self._client.hub.watch(
            "recording",
            order.name,
            lambda event: recording.heard(event, hung_up=self._channel.gone.done()),
        )
        recording.over.add_done_callback(lambda _: watch.close())
        ours_already = order.name in self._all
        self._current = self._all[order.name] = recording
        try:
            await self._begin(order, recording, ours_already)
            if recording.key and not recording.over.done():
                await self._stop(recording)  # the key overtook our order
            await self._until_over(order, recording)
        except asyncio.CancelledError:
            if not recording.over.done() and not self._channel.gone.done():
                await finish(self._stop(recording))
            raise
        finally:
            self._current = None
        if recording.failed:
            raise RecordingFailed(recording.failed)
        if not recording.key and await self._channel.hung_up_too():
            recording.cut_short()
            raise HungUp(self._channel.gone.result())
        if recording.result is None:
            raise RecordingFailed(f"Asterisk did not finish {order.name}")
        whole = await stored(self._client, order.name)
        if whole is None:
            raise RecordingFailed(f"{order.name} had no room: make some on the disk")
        return recording.seen_with(whole)

    async def kept(self, name: str) -> Recorded | None:
        """As `Channel.kept`."""
        recording = self._all.get(name)
        if recording is not None:
            await _settled(recording)
            if recording.failed:
                return None
            if recording.result is not None:
                whole = await stored(self._client, name)
                return None if whole is None else recording.seen_with(whole)
        return await stored(self._client, name)

    async def _begin(
        self, order: RecordOrder, recording: Recording, again: bool
    ) -> None:
        if again or not await self._found(order, recording):
            await self._order(order, recording)
        recording.ordered = True

    async def _found(self, order: RecordOrder, recording: Recording) -> bool:
        """Whether a process before us has ordered it; take it from there.

        It may run up to as long as was ordered again: since when it runs is not known,
        but Asterisk knows, and ends it in time.
        """
        if not self._taken_over:
            return False
        try:
            await self._client.recordings.get_live(order.name)
        except Gone:
            done = await stored(self._client, order.name)
            if done is None:
                return False
            recording.key = self._channel.keys.take(order.stop_on)
            recording.found(done)
        except AriError as error:
            recording.abandon()
            raise RecordingFailed(str(error)) from None
        else:
            recording.key = self._channel.keys.take(order.stop_on)
            recording.taken_over = True
        return True

    async def _order(self, order: RecordOrder, recording: Recording) -> None:
        native = order.stop_on if order.stop_on in ("#", "*") else None
        try:
            await self._channel.ask(
                lambda: self._client.channels.record(
                    self._channel.id,
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

    async def _until_over(self, order: RecordOrder, recording: Recording) -> None:
        try:
            async with asyncio.timeout(order.longest):
                await asyncio.shield(recording.over)
        except TimeoutError:
            # Asterisk's own limit is up to 2 s late, and it looks at it only when
            # sound comes: a phone that sends nothing would be recorded for ever.
            recording.timed_out = True
            await self._stop(recording)
            await _settled(recording)

    async def _stop(self, recording: Recording) -> None:
        try:
            await self._client.recordings.stop(recording.name)
        except Gone:
            pass  # it has just ended by itself
        except AriError as error:
            log.warning("call %s: recording: %s", self._channel.id, error)


async def stored(client: Client, name: str) -> Recorded | None:
    """What the stored recording *name* holds, whoever made it; None if nothing.

    Half a recording, on a disk that was full, is nothing. It is as long as its file is:
    the header of one that a crash cut short says 0. Raises `RecordingFailed` where
    Asterisk can't be asked: nothing is not the same as unknown.
    """
    try:
        wav = await client.recordings.get_stored_file(name)
    except Gone:
        return None
    except AriError as error:
        raise RecordingFailed(f"what {name} holds is not known: {error}") from None
    if had_no_room(wav):
        log.error("recording %s had no room on the disk, and is not used", name)
        return None
    return Recorded(name=name, seconds=seconds_of(wav), ended_by="hang-up")


async def _settled(recording: Recording) -> None:
    """Wait until Asterisk has written the recording to its end."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLING):
            await asyncio.shield(recording.over)
