"""What a channel plays just now, and what ends it.

Written to by the reader of events (`heard`, `stopped_by`, `hung_up`), read by the one
task that plays.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ivrflow.asterisk.ari.hub import Subscription
from ivrflow.asterisk.ari.wire.event_models import PlaybackFinished


class Playing:
    """Prompts on their way to a phone, in parts, one after the other."""

    def __init__(self, stop_on: str) -> None:
        self._stop_on = stop_on
        self._wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.stopped = False
        """Whether a key has stopped it all. It stays so."""
        self.gone = False
        """Whether the phone has hung up."""
        self.playback = ""
        """The id of the part that plays."""
        self.ordered = False
        """Whether Asterisk has taken our order for it: then it can be stopped."""
        self.finished = True
        """Whether Asterisk plays nothing of it any more."""
        self.failed = ""
        """The sound that failed."""
        self.watch: Subscription | None = None

    @property
    def ended(self) -> bool:
        """Whether a key or a hang-up has ended it all."""
        return self.stopped or self.gone

    def begin(self, playback: str, watch: Subscription | None = None) -> None:
        """The next part begins: the playback of that id, or a pause if it is ""."""
        self.close()
        self.playback, self.watch = playback, watch
        self.ordered = False
        self.finished = not playback
        self.failed = ""
        self._wake = asyncio.get_running_loop().create_future()
        if self.ended:
            self._wake.set_result(None)

    async def over(self, within: float | None = None) -> None:
        """Wait until the part has ended, or all of it, *within* seconds at most."""
        await asyncio.wait([self._wake], timeout=within)

    async def ready(self, sound: asyncio.Future[str | None]) -> str | None:
        """Wait for a sound that is being spoken; None if playing ended meanwhile."""
        both: list[asyncio.Future[Any]] = [self._wake, sound]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return sound.result() if sound.done() and not self._wake.done() else None

    def heard(self, event: Any) -> None:
        """Take an event of the playback."""
        if isinstance(event, PlaybackFinished):
            if event.playback.state == "failed":
                self.failed = event.playback.media_uri
            self.end()

    def end(self) -> None:
        """Asterisk plays nothing of this part any more."""
        self.finished = True
        self._end()

    def stopped_by(self, key: str) -> bool:
        """Take a key that was pressed; return whether a sound has to be stopped now.

        False also while our order to play is still on its way: it could not be found
        yet. Who has sent it stops it then.
        """
        if self.stopped or key not in self._stop_on:
            return False
        self.stopped = True
        self._end()
        return self.ordered and not self.finished

    def hung_up(self) -> None:
        """The phone is gone."""
        self.gone = True
        self._end()

    def close(self) -> None:
        """Listen no more to the playback."""
        if self.watch is not None:
            self.watch.close()
            self.watch = None

    def _end(self) -> None:
        if not self._wake.done():
            self._wake.set_result(None)
