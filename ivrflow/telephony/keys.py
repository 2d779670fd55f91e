"""The keys that the far end has pressed, kept in order until someone takes them.

A process may die while somebody types. Where another one keeps the keys that it handed
on (for ARI the relay), each key has a *place* in what that one has counted. A call's
bookmark says up to which place keys were taken, and which stretch of them an entry was;
so the next process can have again what nobody had taken (`Keys.again_from`), and what
was entered (`Keys.stretch`). The keys themselves are written down nowhere.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

KEYS = "0123456789*#ABCD"
"""Every key that DTMF has."""

LONGEST = 100
"""Keys kept at most. A phone that sends more is broken or hostile; they are dropped."""


class Place(NamedTuple):
    """Where a key stands among all that one keeper has counted, from 1.

    Places of two keepers say nothing about each other.
    """

    keeper: str = ""
    number: int = 0


NOWHERE = Place()
"""The place of a key that nobody keeps."""


class Stretch(NamedTuple):
    """The keys of one channel from *first* to *last*, both included."""

    keeper: str
    first: int
    last: int


@dataclass(frozen=True)
class Before:
    """What a keeper still has of one channel's keys. Prints none of them."""

    keeper: str
    since: int
    """All keys behind this number are there; of the others nobody knows."""
    keys: dict[int, str] = field(repr=False)
    """Number -> key, in order."""


class Keys:
    """A buffer with one reader (the flow) and one writer (the driver)."""

    def __init__(self, taken: Place = NOWHERE) -> None:
        """*taken* is the place before the first key that may come."""
        self._pressed: deque[tuple[str, Place]] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._before: Before | None = None
        self._again_to = NOWHERE
        self.dropped = 0
        self.taken = taken
        """The place up to which keys were taken, or thrown away. Of those that wait,
        the ones behind it come again after a restart."""
        self.last = NOWHERE
        """The place of the key that `next` gave last."""

    def press(self, key: str, at: Place = NOWHERE) -> None:
        """Note that *key* was pressed. What is no key of a telephone is dropped.

        So is a key that has come already: *at* is its place.
        """
        if len(key) != 1 or key not in KEYS or len(self._pressed) >= LONGEST:
            self.dropped += 1
            return
        last = self._pressed[-1][1] if self._pressed else self.taken
        if _came_by(at, last):
            return
        self._pressed.append((key, at))
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self, within: float | None) -> str:
        """Take the next key. Return "" when none came within *within* seconds.

        None waits for ever. A key that is there already is returned at once.
        """
        if not self._pressed:
            if self._waiter is not None:
                raise RuntimeError("two tasks wait for the same phone's keys")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(within):
                    await self._waiter
            except TimeoutError:
                pass
            finally:
                self._waiter = None
        if not self._pressed:
            return ""
        key, self.last = self._pressed.popleft()
        self.pass_by(self.last)
        return key

    def peek(self) -> str:
        """Return all keys that wait, first one first, and leave them."""
        return "".join(key for key, _ in self._pressed)

    def take(self, keys: str) -> str:
        """Take out the first of those that wait which is one of *keys*; "" if none."""
        for place, (key, at) in enumerate(self._pressed):
            if key in keys:
                del self._pressed[place]
                self.pass_by(at)
                return key
        return ""

    def clear(self) -> None:
        """Forget what was pressed so far."""
        if self._pressed:
            self.pass_by(self._pressed[-1][1])
        self._pressed.clear()

    def pass_by(self, at: Place) -> None:
        """The key of this place is taken: it does not come again after a restart."""
        if not _came_by(at, self.taken):
            self.taken = at

    # After a restart ------------------------------------------------------------------

    def came_meanwhile(
        self, keys: Sequence[tuple[str, Place]], before: Before | None
    ) -> None:
        """While nobody had the channel *keys* came, each with its place.

        *before* is what a keeper has of all that came so far; None: nobody keeps that.
        """
        if keys:
            _, first = keys[0]
            self.taken = Place(first.keeper, max(0, first.number - 1))
        for key, at in keys:
            self.press(key, at)
        self._before = before

    def again_from(self, place: Place) -> bool:
        """Let all that was pressed behind *place* wait here, each key once.

        False if that can't be had, or not all of it: then nothing changes.
        """
        before = self._before
        if not self._has_all_behind(place) or before is None:
            return False
        if any(at.keeper != place.keeper for _, at in self._pressed):
            return False  # they have another keeper since
        pressed = before.keys | {at.number: key for key, at in self._pressed}
        self._pressed = deque(
            (pressed[number], Place(place.keeper, number))
            for number in sorted(pressed)
            if number > place.number
        )
        self.taken = place
        self._again_to = self._pressed[-1][1] if self._pressed else place
        return True

    @property
    def come_again(self) -> bool:
        """Whether the first that waits was pressed before the restart: what threw keys
        away then must not do so once more."""
        return bool(self._pressed) and _came_by(self._pressed[0][1], self._again_to)

    def stretch(self, of: Stretch) -> str:
        """The keys of that stretch, which a process before us took; "" if not all of
        them are there."""
        before = self._before
        if not self._has_all_behind(Place(of.keeper, of.first - 1)) or before is None:
            return ""
        return "".join(k for n, k in before.keys.items() if of.first <= n <= of.last)

    def _has_all_behind(self, place: Place) -> bool:
        before = self._before
        return (
            before is not None
            and before.keeper == place.keeper != ""
            and place.number >= before.since
        )

    def forget(self) -> None:
        """Nobody will ask any more for what was taken before."""
        self._before = None


def _came_by(at: Place, other: Place) -> bool:
    """Whether the key at that place came before the one at *other*, or is that one."""
    return at.keeper == other.keeper != "" and at.number <= other.number
