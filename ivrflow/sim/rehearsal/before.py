"""What happened before the call of a talk: wrong PINs, and talks with agents."""

from __future__ import annotations

from ivrflow.flow.world import Against
from ivrflow.sim.memory import CardCount, MemoryLockOuts
from ivrflow.sim.rehearsal.scene import Scene


class TriedBefore(MemoryLockOuts):
    """Counts wrong PINs; so many were entered for each card before the talk began."""

    def __init__(self, count: int, ago: float, now: float) -> None:
        super().__init__()
        self._before = [now - ago] * count

    def _of(self, one: Against) -> CardCount:
        key = (one.source, one.who.reveal())
        # What is in brackets is no card but a calling number, a trunk, everyone.
        if key not in self.cards and not one.source.startswith("("):
            count = CardCount(tried=list(self._before))
            if self._before and len(self._before) >= one.after:
                count.until = self._before[-1] + one.lasting
            self.cards[key] = count
        return super()._of(one)


def last_talks(scene: Scene, now: float) -> dict[str, tuple[float, str]]:
    """Who talked with whom, as a board keeps it; *now* is when the call comes."""
    if not scene.talked:
        return {}
    agent, ago = min(scene.talked.items(), key=lambda one: one[1])
    return {scene.caller: (now - ago, agent)}
