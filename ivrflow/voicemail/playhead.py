"""Where a message goes on after a key: forward, back, pause, from its beginning.

The switch can play a sound from an offset and stop it, and nothing else, so each key
stops it and this works out where it is played from. A moment is any clock's; the offset
alone is what outlives a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

LEAD = 1.0
"""Seconds that are heard once more after a break: half a word tells nobody anything."""

NEARLY_OVER = 0.1
"""Seconds before the end at which a sound is over: nobody hears what is left."""


@dataclass(frozen=True, kw_only=True)
class Playhead:
    """A place in a sound: *offset* seconds after its beginning.

    *length* is how long the sound lasts, None if nobody knows: then it is never over
    before the switch says so. *since* is when it began to play there, None while it
    stands still. Never before the beginning, never after the end.
    """

    offset: float = 0.0
    length: float | None = None
    since: float | None = None

    def at(self, now: float) -> float:
        """The offset at *now*."""
        played = 0.0 if self.since is None else max(0.0, now - self.since)
        return self._inside(self.offset + played)

    def playing(self, now: float) -> Playhead:
        """Plays on from where it stands."""
        return replace(self, offset=self.at(now), since=now)

    def paused(self, now: float) -> Playhead:
        """Stands still where it is."""
        return replace(self, offset=self.at(now), since=None)

    def skipped(self, seconds: float, now: float) -> Playhead:
        """Further on by *seconds*, or back by as many less than none.

        It plays on, or stands still, as it did.
        """
        since = None if self.since is None else now
        return replace(self, offset=self._inside(self.at(now) + seconds), since=since)

    def restarted(self, now: float) -> Playhead:
        """Plays from the beginning."""
        return replace(self, offset=0.0, since=now)

    def taken_up(self, now: float) -> Playhead:
        """Plays on after a break, such as a restart or a call that was cut off.

        A moment before where it was is heard again; what was over begins anew.
        """
        begin = 0.0 if self.over(now) else self.at(now) - LEAD
        return replace(self, offset=self._inside(begin), since=now)

    def over(self, now: float) -> bool:
        """Whether nothing is left to be heard."""
        return self.length is not None and self.at(now) >= self.length - NEARLY_OVER

    def _inside(self, offset: float) -> float:
        most = offset if self.length is None else min(offset, self.length)
        return max(0.0, most)
