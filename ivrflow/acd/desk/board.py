"""Where the truth about agents, callers and offers is kept: the protocol of a board.

The desk decides in memory and writes here. Whatever must not be lost in a crash, or
must not happen twice, goes through these few operations: each is one transaction, may
be repeated (the desk repeats it when it does not know whether the first try arrived),
and takes its times from the caller.

An agent has two halves with two writers: presence (`set_presence`: the agent's) and
work (`claim`, `connected`, `end_offer`, `set_free_at`: the desk's). No operation writes
both, so neither can overwrite what the other has just changed.

An offer is *live* from the claim that made it until `end_offer`: while the phone rings
and while the two talk. An agent is in one live offer at most. So is a call, unless all
its offers belong to a round (`Offer.alone` is false): then several phones ring for it,
and one of these offers at most is ever connected. A board refuses anything else by
itself, whatever the desk believes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from ivrflow.acd.desk.acts import Act
from ivrflow.acd.model import Agent, Offer, Presence, Skills, Tally, Waiting

LIVING = (
    "presence",
    "reason",
    "presence_since",
    "sits_at",
    "work",
    "work_since",
    "free_at",
    "calls",
    "busy",
    "last_call",
    "live",
)
"""The fields of an agent that `Board.enrol` leaves alone: what he did and does."""

PASSING = ("elsewhere",)
"""Those that no board keeps: they are looked at anew at each start. All others are
given by the site's files."""


class BoardAway(Exception):
    """The board can't be reached. What was asked may have happened, or not."""


class BoardRefuses(Exception):
    """The board is there and does not take this: to try again is of no use."""


class Board(Protocol):
    """The durable state of the ACD. Every method raises `BoardAway`, or `BoardRefuses`
    for what can't be, and nothing else.

    What names an agent, a call or an offer that is not there does nothing.
    """

    async def write(self, acts: Sequence[Act]) -> Sequence[bool]:
        """Do all of this, in order, in one transaction, or nothing of it.

        Return what each has answered; True for those that have no answer. All that
        changes something further below is one act each (`acd.acts.Acting`).
        """

    # The agents ------------------------------------------------------------------

    async def enrol(self, agents: Collection[Agent], *, anew: bool = False) -> None:
        """Make the board's agents these: add the new, remove those not among them.

        Who they are and what they can do is taken from *agents*; presence, work and
        counts of one who is known already stay. Queues and skills that were changed
        live (`set_abilities`) stay too, unless *anew*. One in a live offer is not
        removed yet, but serves no queue any more.
        """

    async def agents(self) -> list[Agent]:
        """Return all agents, in the order of their numbers."""

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
        """Set what the agent has chosen; return whether it was set.

        With *instead_of* only if the presence is that one now, in the same act. An
        agent who has it already, for the same reason, keeps the old `presence_since`:
        pressing ready twice costs no place (True all the same). *sits_at* is set too,
        unless None; logging out always sets it to "".
        """

    async def set_abilities(
        self,
        agent: str,
        *,
        queues: Collection[str] | None = None,
        skills: Skills | None = None,
    ) -> None:
        """Change what the agent can do, until `enrol` *anew*; None leaves it."""

    async def set_free_at(self, agent: str, free_at: float, *, at: float) -> None:
        """End a wrap-up early, or make it longer: the agent is free from *free_at*.

        Work becomes wrap-up if *free_at* > *at*, else idle, since *at*. Nothing happens
        to an agent in a live offer.
        """

    # The line --------------------------------------------------------------------

    async def join(self, waiting: Waiting) -> None:
        """Put a caller into the line, or renew what is known of one who is there."""

    async def leave(self, call: str) -> None:
        """Take a caller out of the line. Live offers stay: `end_offer` ends them."""

    async def waiting(self) -> list[Waiting]:
        """Return all callers in line, in order of joining (then of the call's id)."""

    # Offers ----------------------------------------------------------------------

    async def claim(self, offers: Sequence[Offer]) -> frozenset[str]:
        """Make each offer live whose agent and caller are free; return those ids.

        For each offer, in order, in one act: the agent is ready, not offered or
        talking, and `free_at` <= *offer.at*; the call is in line and in no live offer,
        or in such of a round only, if this one is of a round too. Then the agent's work
        becomes offered since *offer.at*. An offer that is live already under the same
        id counts as won again; one that has ended does not.
        """

    async def connected(self, offer: str, *, at: float) -> bool:
        """The agent has answered: return whether this offer is the one that has won.

        Then the agent's work is talking, and the caller is out of the line. False, and
        nothing happens, if it is over, or another one of the call is connected; True,
        and nothing more happens, if it has won before.
        """

    async def end_offer(
        self,
        offer: str,
        *,
        how: str,
        at: float,
        free_at: float | None,
        tally: Tally | None = None,
    ) -> None:
        """End a live offer: the agent did not answer, or the talk is over.

        Work becomes wrap-up if *free_at* > *at*, else idle, since *at*. With None the
        agent becomes idle with the old `free_at`: nothing was the agent's fault, and
        the place among the idle is kept. The caller's place in the line is untouched.
        *tally* is what the agent's counts are from now on; None: as they were.
        """

    async def offers(self) -> list[Offer]:
        """Return the live offers, oldest first (then by id), and which are talks."""

    async def last_agent(self, who: str, *, since: float) -> str | None:
        """Return the agent who last talked with *who*, not before *since*.

        Counted from when they were connected; None if nobody, and for who "".
        """

    async def last_talk(self, agent: str) -> Offer | None:
        """Return the offer of the agent's last talk, or of the one that is on.

        None if there never was one.
        """
