"""What a process before us left on a channel: above all, a sound that still plays.

A call that was taken over runs the step in which it stood once more, and so orders the
same sounds in the same order. The caller hears one of them now; hearing it from its
beginning again would tell him that something is wrong. So the sounds of a channel are
numbered, the number of the last one is kept with what the channel remembers, and the
first orders are compared with what plays: those before it are passed over, and the one
that plays is waited for. Wherever that isn't sure, what plays is stopped first; so is
one that began at another second than is wanted now.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.asterisk.ari.media import Later, Media, Part

MOST = 6
"""Sounds after the last one that was noted, among which we look for the one that
plays. A step that has played more since is one of many tries: each of them is noted."""

BEGIN = r"@(\d{1,6})=(\d{1,8})"
NOTED = re.compile(rf"(\d{{1,6}})((?:{BEGIN}){{0,{MOST}}}):(.*)", re.DOTALL)


class Noted(NamedTuple):
    """What a channel bears."""

    ordered: int
    """Sounds that were ordered until it was told to remember."""
    text: str
    """What it is to remember; "": nothing."""
    begins: Mapping[int, int]
    """Number of a sound that was ordered since, the milliseconds left out of it."""


def noted(ordered: int, text: str, begins: Mapping[int, int] | None = None) -> str:
    """A `Noted` as it is written; of *begins* the last ones."""
    if not text:
        return ""
    last = sorted((begins or {}).items())[-MOST:]
    return f"{ordered}{''.join(f'@{n}={ms}' for n, ms in last)}:{text}"


def as_noted(value: str) -> Noted:
    """Read what a channel bears; anybody may have written it."""
    found = NOTED.fullmatch(value)
    if found is None:
        return Noted(0, value, {})
    begins = {int(n): int(ms) for n, ms in re.findall(BEGIN, found[2])}
    return Noted(int(found[1]), found[5], begins)


def playback(channel: str, number: int) -> str:
    """The id of the sound of that number."""
    return f"{channel}-{number}"


@dataclass(frozen=True)
class Sounding:
    """A sound that Asterisk plays just now: its number, and which one of its order."""

    number: int
    uri: str


class Before:
    """What the process before us left on one channel."""

    def __init__(
        self,
        client: Client,
        channel: str,
        *,
        ordered: int,
        begins: Mapping[int, int] | None = None,
        ended: int | None = None,
        step_out: Callable[[], Awaitable[None]],
    ) -> None:
        """*ordered* sounds had been ordered when it last remembered something.

        *begins* as in `Noted`. *ended* is the number of the last one that has ended;
        None: nobody knows. *step_out* takes the channel out of the bridge in which it
        was left.
        """
        self.ordered = ordered
        self.begins = dict(begins or {})
        self.ended = ended
        self.step_out = step_out
        self._client = client
        self._channel = channel

    async def sounding(self, after: int) -> Sounding | None:
        """The sound that plays; None if none does, or it can't be known."""
        for number in self._numbers(after):
            try:
                found = await self._client.playbacks.get(
                    playback(self._channel, number)
                )
            except Gone:
                continue
            except AriError:
                return None
            return Sounding(number, found.media_uri)
        return None

    def _numbers(self, after: int) -> range:
        """Those that may play: where ends are known, the one that follows."""
        if self.ended is None:
            return range(after + 1, self.ordered + MOST + 1)
        following = max(after, self.ended) + 1
        return range(following, following + 1)

    def used(self, after: int) -> int:
        """The number after which new ones begin, if nothing plays: one that was used
        twice would not tell any more which of its sounds has ended."""
        return max(after, self.ended or 0)


def where(parts: Sequence[Part], first: int, sounding: Sounding) -> int | None:
    """Which of *parts* plays now, if the sounds in them have the numbers from *first*.

    Their count, if a sound plays that comes after all of them; None if it isn't sure.
    """
    if any(isinstance(part, Later) for part in parts):
        return None  # each may have been ordered alone, or with its neighbours
    number = first
    for index, part in enumerate(parts):
        if not isinstance(part, Media):
            continue
        if number == sounding.number:
            return index if sounding.uri in part else None
        number += 1
    return len(parts)


def sounds_in(parts: Sequence[Part]) -> int:
    """How many orders they are."""
    return sum(isinstance(part, Media) for part in parts)
