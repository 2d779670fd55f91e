"""Who calls, in memory: PINs compared as they are, and wrong entries counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ivrflow.flow.world import Against
from ivrflow.secret import Secret


class PlainVerifier:
    """A flow's `Verifier` whose "hashes" are the PINs themselves."""

    async def matches(self, entered: Secret, hashed: str | None) -> bool:
        """True if they are the same; False for None."""
        return hashed is not None and entered.reveal() == hashed

    async def hash(self, pin: Secret) -> str:
        """The PIN itself."""
        return pin.reveal()


@dataclass
class CardCount:
    """What stands against one card: the times of attempts, and the end of the lock."""

    tried: list[float] = field(default_factory=list)
    until: float = 0.0


class MemoryLockOuts:
    """A flow's `LockOuts`."""

    def __init__(self) -> None:
        self.cards: dict[tuple[str, str], CardCount] = {}

    async def locked(self, source: str, card: Secret, now: datetime) -> bool:
        """True as long as a lock of *card* at *source* lasts."""
        found = self.cards.get((source, card.reveal()))
        return found is not None and found.until > now.timestamp()

    async def count(
        self,
        source: str,
        card: Secret,
        now: datetime,
        *,
        after: int,
        within: float,
        lasting: float,
    ) -> bool:
        """Count an attempt, before it is checked; lock the card from *after* on."""
        one = Against(source, card, after, within, lasting)
        return await self.count_all([one], now)

    async def count_all(self, against: Sequence[Against], now: datetime) -> bool:
        """Count one attempt against several things; False while one is locked."""
        at = now.timestamp()
        each = [(self._of(one), one) for one in against]
        if any(found.until > at for found, _ in each):
            return False
        for found, one in each:
            found.tried = [t for t in found.tried if t > at - one.within] + [at]
            if len(found.tried) >= one.after:
                found.until = at + one.lasting
        return True

    async def take_back(self, against: Sequence[Against], now: datetime) -> None:
        """The attempt that was counted at *now* was none; one that was not counted
        changes nothing."""
        at = now.timestamp()
        for one in against:
            found = self._of(one)
            if at not in found.tried:
                continue
            found.tried.remove(at)
            if sum(t > at - one.within for t in found.tried) < one.after:
                found.until = 0.0

    def _of(self, one: Against) -> CardCount:
        return self.cards.setdefault((one.source, one.who.reveal()), CardCount())

    async def forget(self, source: str, card: Secret) -> None:
        """The attempt was right: nothing stands against the card any more."""
        self.cards.pop((source, card.reveal()), None)
