"""One recording of a channel, from the order to what was kept of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from ivrflow.asterisk.ari.wire.event_models import (
    RecordingFailed as Failed,
)
from ivrflow.asterisk.ari.wire.event_models import (
    RecordingFinished,
    RecordingStarted,
)
from ivrflow.telephony.channel import Recorded, RecordOrder

HEADER = 44
"""Bytes of a WAV file before its sound."""

BYTES_A_SECOND = 16_000
"""8 kHz, 16 bit: what Asterisk writes as `wav`."""


class Recording:
    """What the events tell about it. `over` is done when Asterisk has written it."""

    def __init__(self, order: RecordOrder) -> None:
        self._loop = asyncio.get_running_loop()
        self._order = order
        self.name = order.name
        self.stop_on = order.stop_on
        self._began = self._loop.time()
        self.over: asyncio.Future[None] = self._loop.create_future()
        self.failed = ""
        """Why it failed, in Asterisk's words; "" if it did not."""
        self.ordered = False
        """Whether Asterisk has taken our order for it."""
        self.taken_over = False
        """Whether a process before us has ordered it, so that we don't know when."""
        self.key = ""
        """The key that ended it."""
        self.timed_out = False
        """Whether we ended it because it was long enough."""
        self.result: Recorded | None = None

    def heard(self, event: Any, *, hung_up: bool) -> None:
        """Take an event of this recording."""
        match event:
            case RecordingStarted():
                self._began = self._loop.time()
            case RecordingFinished():
                self.finish(event.recording.duration, hung_up=hung_up)
            case Failed():
                self.failed = event.recording.cause or "Asterisk does not say why"
                self._end()

    def found(self, done: Recorded) -> None:
        """It ended while nobody listened: *done* is what there is of it."""
        order = self._order
        by_itself = "longest"
        if done.seconds < order.longest - 0.5:
            # Neither long enough nor for silence: by a key whose event got lost.
            by_itself = "silence" if order.silence else order.stop_on[:1] or "longest"
        self.result = replace(done, ended_by=self.key or by_itself)
        self._end()

    def seen_with(self, stored: Recorded) -> Recorded:
        """The result, as far as we know it; else what is *stored* of it."""
        if self.result is None:
            return stored
        if self.taken_over:
            return replace(self.result, seconds=stored.seconds)
        return self.result

    def cut_short(self) -> None:
        """It was the hang-up that ended it, as we know by now."""
        if self.result is not None:
            self.result = replace(self.result, ended_by="hang-up")

    def abandon(self) -> None:
        """Nothing more will be heard of it."""
        self._end()

    def finish(self, duration: int | None, *, hung_up: bool) -> None:
        """It has ended; *duration* is what Asterisk counted, None if unknown."""
        order, seconds = self._order, self._loop.time() - self._began
        if self.key:
            ended_by = self.key
        elif hung_up:
            ended_by = "hang-up"
        elif self.timed_out or not order.silence or seconds > order.longest - 0.5:
            ended_by = "longest"
        else:
            ended_by = "silence"
            # Asterisk cuts off the silence that ended it.
            seconds -= order.silence
        if duration is not None:
            # Asterisk counts whole seconds, but of sound: a phone that sends none
            # makes a recording of nothing, however long it took.
            seconds = min(seconds, duration + 0.999) if duration else seconds
        self.result = Recorded(
            name=order.name, seconds=max(0.0, seconds), ended_by=ended_by
        )
        self._end()

    def _end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


def seconds_of(wav: bytes) -> float:
    """How long a WAV file of telephone sound lasts.

    By its size: the header of a recording that a crash cut short says 0.
    """
    return max(0, len(wav) - HEADER) / BYTES_A_SECOND


A_MILLISECOND = 16
"""Bytes: sound comes from phones in frames of whole ones."""


def had_no_room(wav: bytes) -> bool:
    """Whether the disk was full before the recording had ended.

    Asterisk does not tell: such a recording ends by itself, as by silence, and its
    header is right. But a disk ends at a block of its own, and a recording at a frame
    of sound behind the header's 44 bytes: the two never fall together. A header that
    says 0 is another matter: there Asterisk itself was killed.
    """
    if len(wav) < HEADER:
        return True
    told = int.from_bytes(wav[HEADER - 4 : HEADER], "little")
    return told > 0 and (len(wav) - HEADER) % A_MILLISECOND != 0
