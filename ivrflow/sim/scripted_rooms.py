"""Rooms, recordings and monitors, as a `ScriptedSwitch` has them: nothing but notes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from ivrflow.telephony.channel import Channel, MonitorMode, Recorded
from ivrflow.telephony.sound import Utterance

UNKNOWN_LENGTH = 2.0
"""Seconds that an utterance takes whose length nobody gave."""


class ScriptedRecorder:
    """A recording of a call; `ran` holds when it ran, by the loop's clock."""

    def __init__(self, channel: Channel, name: str) -> None:
        self.name = name
        self.ran: list[tuple[float, float]] = []
        self.over = False
        self._since: float | None = _now()
        channel.gone.add_done_callback(lambda _: self._end())

    @property
    def running(self) -> bool:
        """True while what is said now is recorded."""
        return self._since is not None

    async def pause(self) -> None:
        self._stand_still()

    async def resume(self) -> None:
        if not self.over and self._since is None:
            self._since = _now()

    async def stop(self) -> Recorded:
        self._end()
        seconds = sum(end - begin for begin, end in self.ran)
        return Recorded(name=self.name, seconds=seconds, ended_by="")

    def _end(self) -> None:
        self._stand_still()
        self.over = True

    def _stand_still(self) -> None:
        if self._since is not None:
            self.ran.append((self._since, _now()))
            self._since = None


@dataclass(eq=False)
class ScriptedRoom:
    """A room; `heard` is what was played in it."""

    name: str
    inside: list[Channel] = field(default_factory=list)
    held_by: dict[str, object] = field(default_factory=dict)
    """Channel's id -> which block has put it in, or taken it over."""
    heard: list[Utterance] = field(default_factory=list)
    recording: str = ""
    """Its name; "" while it is not recorded."""

    @property
    def members(self) -> int:
        """How many are in it."""
        return len(self.inside)

    async def play(self, said: Sequence[Utterance]) -> None:
        """Take as long as the sounds do."""
        self.heard += said
        await asyncio.sleep(sum(u.seconds or UNKNOWN_LENGTH for u in said))

    async def record(self, name: str) -> str:
        """Note the name."""
        self.recording = self.recording or name
        return self.recording


@dataclass(eq=False)
class ScriptedMonitor:
    """A phone at another one's talk; `modes` are those it was in, the last one now."""

    heard: Channel
    ear: Channel
    modes: list[MonitorMode]

    async def set_mode(self, mode: MonitorMode) -> None:
        """Note the mode."""
        self.modes.append(mode)


def _now() -> float:
    return asyncio.get_running_loop().time()
