"""Which sound of each channel was the last that ended: so the next one may play now.

Who takes a call over has to know whether something plays there. Asterisk can be asked
about one sound at a time, by its number, and does not know those that have ended: six
questions for each caller in silence. But each end is an event, and a channel's sounds
follow one another. So whoever has heard of all ends since the last connection, as a
relay has, knows the one number that is worth a question.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

CHANNELS = 3000
"""Channels of which it is known at most; those that heard nothing for longest go."""

_MARKS = (b'"PlaybackFinished"', b'"StasisStart"')


class _Thing(msgspec.Struct):
    id: str


class _Event(msgspec.Struct):
    """As much of an event as is looked at here."""

    type: str
    playback: _Thing | None = None
    channel: _Thing | None = None


_decode = msgspec.json.Decoder(_Event).decode


class LastSounds:
    """The number of the last sound that ended, by channel."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def begin(self, numbers: Mapping[str, int]) -> None:
        """Go on from what another one knew: its `all`."""
        self._numbers = dict(numbers)

    def of(self, channel: str) -> int | None:
        """Its number; None: no end of one was heard of."""
        return self._numbers.get(channel)

    def all(self) -> Mapping[str, int]:
        """What is known, by channel."""
        return self._numbers

    def heard(self, event: bytes) -> None:
        """Take what *event*, as Asterisk's JSON, tells of a sound's end.

        The sounds of who comes in, perhaps once more, are counted from 1.
        """
        if not any(mark in event for mark in _MARKS):
            return
        try:
            told = _decode(event)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return
        if told.type == "PlaybackFinished" and told.playback is not None:
            self.ended(told.playback.id)
        elif told.type == "StasisStart" and told.channel is not None:
            self._numbers.pop(told.channel.id, None)

    def ended(self, playback: str) -> None:
        """The sound of that id has ended (`still_playing.playback`)."""
        channel, _, number = playback.rpartition("-")
        if not (number.isascii() and number.isdigit() and len(number) <= 6):
            return  # of a bridge, or none of ours
        self._numbers.pop(channel, None)  # who heard something last stands last
        self._numbers[channel] = int(number)
        if len(self._numbers) > CHANNELS:
            del self._numbers[next(iter(self._numbers))]

    def forget(self) -> None:
        """Ends may have gone unheard: nothing is known any more."""
        self._numbers.clear()
