"""What the desk does to the board, as values, so that many go into one transaction.

Each may be done twice: the desk repeats what it does not know to have arrived, alone
or with others, in the same order. What each means, `Board` says at the method of the
same purpose.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ivrflow.acd.model import Offer, Presence, Skills, Tally, Waiting


@dataclass(frozen=True, slots=True)
class Join:
    """A caller is in the line."""

    waiting: Waiting


@dataclass(frozen=True, slots=True)
class Leave:
    """A caller is out of the line."""

    call: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An agent is to be rung for a caller, if both are free."""

    offer: Offer


@dataclass(frozen=True, slots=True)
class Connect:
    """An agent has answered."""

    offer: str
    at: float


@dataclass(frozen=True, slots=True)
class End:
    """An offer, or the talk that came of it, is over."""

    offer: str
    how: str
    at: float
    free_at: float | None
    tally: Tally | None = None


@dataclass(frozen=True, slots=True)
class Choose:
    """An agent is present, or absent, from now on."""

    agent: str
    presence: Presence
    at: float
    reason: str = ""
    sits_at: str | None = None
    instead_of: Presence | None = None


@dataclass(frozen=True, slots=True)
class FreeAt:
    """A wrap-up ends at another time."""

    agent: str
    free_at: float
    at: float


@dataclass(frozen=True, slots=True)
class Able:
    """An agent serves or can do something else."""

    agent: str
    queues: Collection[str] | None = None
    skills: Skills | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted of an agent begins anew."""

    agent: str
    tally: Tally


Act = Join | Leave | Claim | Connect | End | Choose | FreeAt | Able | Count


class Acting:
    """The operations of a `Board` that change something, by its `write`."""

    async def write(self, acts: Sequence[Act]) -> Sequence[bool]:
        """As `Board.write`."""
        raise NotImplementedError

    async def set_presence(
        self,
        agent: str,
        presence: Presence,
        *,
        at: float,
        reason: str = "",
        sits_at: str | None = None,
        instead_of: Presence | None = None,
    ) -> bool:
        """As `Board.set_presence`."""
        act = Choose(agent, presence, at, reason, sits_at, instead_of)
        return (await self.write([act]))[0]

    async def set_abilities(
        self,
        agent: str,
        *,
        queues: Collection[str] | None = None,
        skills: Skills | None = None,
    ) -> None:
        """As `Board.set_abilities`."""
        await self.write([Able(agent, queues, skills)])

    async def set_free_at(self, agent: str, free_at: float, *, at: float) -> None:
        """As `Board.set_free_at`."""
        await self.write([FreeAt(agent, free_at, at)])

    async def join(self, waiting: Waiting) -> None:
        """As `Board.join`."""
        await self.write([Join(waiting)])

    async def leave(self, call: str) -> None:
        """As `Board.leave`."""
        await self.write([Leave(call)])

    async def claim(self, offers: Sequence[Offer]) -> frozenset[str]:
        """As `Board.claim`."""
        won = await self.write([Claim(offer) for offer in offers])
        return frozenset(
            offer.id for offer, mine in zip(offers, won, strict=True) if mine
        )

    async def connected(self, offer: str, *, at: float) -> bool:
        """As `Board.connected`."""
        return (await self.write([Connect(offer, at)]))[0]

    async def end_offer(
        self,
        offer: str,
        *,
        how: str,
        at: float,
        free_at: float | None,
        tally: Tally | None = None,
    ) -> None:
        """As `Board.end_offer`."""
        await self.write([End(offer, how, at, free_at, tally)])
