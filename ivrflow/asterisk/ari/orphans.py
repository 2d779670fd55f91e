"""What a process before us left in Asterisk, until a call of now claims it.

Legs that ring or are up, bridges in which people talk, channels that record a call:
all that goes on while no process of ours is there. Calls that are taken over order it
once more, and find it here. What nobody has claimed is hung up in the end.

Claiming is done in one step without waiting, so that nothing is claimed twice, nor hung
up while it is claimed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriError, Gone

log = logging.getLogger(__name__)


@dataclass(eq=False)
class LeftBridge:
    """A bridge that nobody runs, with the ids of the channels in it."""

    id: str
    name: str
    since: float
    """Since when we know of it, by the loop's clock."""
    inside: set[str] = field(default_factory=set)


@dataclass(eq=False)
class LeftLeg:
    """A leg that nobody runs, or another channel that was made by us."""

    channel: AriChannel
    since: float
    """Since when we know of it, by the loop's clock."""


class Orphans:
    """Legs and bridges by id. `Adopting` brings them in and has them ended."""

    def __init__(self, client: Client) -> None:
        self.legs: dict[str, LeftLeg] = {}
        self.bridges: dict[str, LeftBridge] = {}
        self._client = client

    def __len__(self) -> int:
        return len(self.legs) + len(self.bridges)

    def add_leg(self, channel: AriChannel) -> None:
        """Nobody runs *channel*. A second time is no error."""
        self.legs.setdefault(channel.id, LeftLeg(channel, _now()))

    def see_bridge(self, id: str, name: str, inside: Iterable[str]) -> None:
        """Asterisk has this bridge, and nobody runs it."""
        bridge = self.bridges.setdefault(id, LeftBridge(id, name, _now()))
        bridge.inside = set(inside)

    def keep_only(self, legs: Collection[str], bridges: Collection[str]) -> None:
        """Forget what Asterisk has no more."""
        for id in [i for i in self.legs if i not in legs]:
            del self.legs[id]
        for id in [i for i in self.bridges if i not in bridges]:
            del self.bridges[id]

    def together(self, channel: str) -> bool:
        """Whether *channel* stands in one of the bridges, with somebody else."""
        bridges = self.bridges.values()
        return any(channel in b.inside and len(b.inside) > 1 for b in bridges)

    def take(self, until: float) -> tuple[list[AriChannel], list[LeftBridge]]:
        """Take all that have been known since *until* or longer."""
        legs = [left for left in self.legs.values() if left.since <= until]
        bridges = [left for left in self.bridges.values() if left.since <= until]
        for leg in legs:
            del self.legs[leg.channel.id]
        for bridge in bridges:
            del self.bridges[bridge.id]
        return [leg.channel for leg in legs], bridges

    # Claiming -------------------------------------------------------------------------

    def claim_leg(self, id: str) -> AriChannel | None:
        """Take the leg of that id; None if there is none."""
        left = self.legs.pop(id, None)
        return left.channel if left is not None else None

    def claim_bridge(self, name: str, inside: Collection[str]) -> LeftBridge | None:
        """Take the bridge called *name* with most of those *inside*; None if none."""
        best: LeftBridge | None = None
        for bridge in self.bridges.values():
            there = len(bridge.inside.intersection(inside))
            if (
                there
                and bridge.name == name
                and (best is None or there > len(best.inside.intersection(inside)))
            ):
                best = bridge
        if best is not None:
            del self.bridges[best.id]
        return best

    def claim_room(self, name: str) -> LeftBridge | None:
        """Take the bridge called *name*, whoever is in it; None if there is none."""
        for bridge in self.bridges.values():
            if bridge.name == name:
                del self.bridges[bridge.id]
                return bridge
        return None

    async def step_out(self, channel: str) -> None:
        """Take *channel* out of the bridge that nobody has claimed, if it is in one."""
        for bridge in list(self.bridges.values()):
            if channel in bridge.inside:
                bridge.inside.discard(channel)
                try:
                    await self._client.bridges.remove_channel(bridge.id, [channel])
                except Gone:
                    pass
                except AriError as error:
                    log.warning("%s can't leave a bridge: %s", channel, error)


def _now() -> float:
    return asyncio.get_running_loop().time()
