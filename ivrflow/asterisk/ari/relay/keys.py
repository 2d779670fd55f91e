"""The keys that a relay keeps: what callers have typed as long as they are on the line.

A process that dies in the middle of a card's number takes with it what was typed of it.
Here it stays, in memory and nowhere else: the next one asks for nothing that has been
typed. Keys are counted, from 1, over all channels: so a bookmark can say which ones it
means without having one of them.

A channel's keys are wiped when it leaves the application, when the connection breaks
off (what came meanwhile nobody knows), and when it has been quiet for long. There are
bounds for one and for all; the oldest go first.
"""

from __future__ import annotations

import asyncio
import secrets
from array import array
from collections.abc import Iterator
from typing import Any

import msgspec

from ivrflow.telephony.keys import KEYS

EACH = 300
"""Keys kept of one channel: fifteen cards."""

IN_ALL = 100_000
"""Keys kept of all channels, some 2 MB."""

CHANNELS = 20_000
"""Channels that are known at most."""

QUIET = 3600.0
"""Seconds after its last key when those of a channel are wiped."""

_MARKS = (b'"ChannelDtmfReceived"', b'"StasisStart"', b'"StasisEnd"', b'"ChannelDes')
"""One of them stands in each event that matters here; also in others, by somebody's
name."""


class _Channel(msgspec.Struct):
    id: str


class _Event(msgspec.Struct):
    """As much of an event as is looked at here."""

    type: str
    channel: _Channel
    digit: str = ""


_decode = msgspec.json.Decoder(_Event).decode


class _Typed:
    """What one channel has typed: numbers and keys, side by side."""

    def __init__(self, since: int) -> None:
        self.since = since
        self.numbers = array("Q")
        self.keys = bytearray()
        self.at = 0.0

    def wipe(self, first: int) -> None:
        """Let go of the *first* ones, and leave nothing of them."""
        if first:
            self.since = self.numbers[first - 1]
            self.keys[:first] = bytes(first)
            del self.numbers[:first], self.keys[:first]


class KeyKeeper:
    """Counts keys, and keeps them for whoever runs their channels next."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(4)
        """Tells its numbers from those of another relay."""
        self.count = 0
        """The number of the latest key, or of a gap behind it."""
        self._since = 0
        self._typed: dict[str, _Typed] = {}
        self._kept = 0

    def heard(self, event: bytes) -> int | None:
        """Take what *event* tells; return the number of the key that it brings."""
        if not any(mark in event for mark in _MARKS):
            return None
        try:
            told = _decode(event)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None
        id = told.channel.id
        if told.type == "ChannelDtmfReceived":
            return self._pressed(id, told.digit)
        if told.type in ("StasisStart", "StasisEnd", "ChannelDestroyed"):
            self._forget(id)
            if told.type == "StasisStart":
                # What it typed before, elsewhere, nobody has heard.
                self._of(id).since = self.count
        return None

    def _pressed(self, id: str, key: str) -> int:
        self.count += 1
        if len(key) == 1 and key in KEYS:
            typed = self._of(id)
            typed.numbers.append(self.count)
            typed.keys += key.encode()
            typed.at = asyncio.get_running_loop().time()
            self._kept += 1
            if len(typed.keys) > EACH:
                self._wipe(typed, 1)
            self._typed[id] = self._typed.pop(id)  # the oldest stand first
            while self._kept > IN_ALL:
                self._forget_the_oldest()
        return self.count

    def _of(self, id: str) -> _Typed:
        if id not in self._typed:
            if len(self._typed) >= CHANNELS:
                self._forget_the_oldest()
            self._typed[id] = _Typed(self._since)
        return self._typed[id]

    def _wipe(self, typed: _Typed, first: int) -> None:
        typed.wipe(first)
        self._kept -= first

    def _forget(self, id: str) -> None:
        if (typed := self._typed.pop(id, None)) is not None:
            self._wipe(typed, len(typed.keys))

    def _forget_the_oldest(self) -> None:
        self._forget(next(iter(self._typed)))
        self._since = self.count  # of whom nothing is known, keys may be missing

    def cut(self) -> None:
        """The connection broke off: what is typed now nobody hears."""
        for id in list(self._typed):
            self._forget(id)
        self.count += 1
        self._since = self.count

    def tidy(self) -> None:
        """Wipe what was typed long ago."""
        before = asyncio.get_running_loop().time() - QUIET
        for typed in self._typed.values():
            if typed.keys and typed.at < before:
                self._wipe(typed, len(typed.keys))

    def place(self, number: int) -> dict[str, Any]:
        """What a service has to know first; the next key that it hears comes behind
        *number*."""
        return {"keeper": self.name, "number": number, "since": self._since}

    def kept(self) -> Iterator[dict[str, Any]]:
        """What is kept of each channel."""
        for id, typed in self._typed.items():
            yield {
                "channel": id,
                "since": typed.since,
                "numbers": typed.numbers.tolist(),
                "keys": typed.keys.decode(),
            }
