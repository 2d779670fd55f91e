"""What agents and other phones do in a talk, and what rings for whom.

Each doing says in its own words why it could not be done: whoever reads it has a test
before him, and no log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ivrflow.acd.desk.attendance import NotInWrapUp
from ivrflow.acd.disposing import DispositionOwed
from ivrflow.facts import AgentOffered
from ivrflow.sim.rehearsal.people import AgentMove, Rings
from ivrflow.sim.rehearsal.stage import Stage

PATIENCE = 1800.0
"""Seconds that a move waits for what it needs."""

REACTION = 0.1
"""Seconds that the flow has to see what an agent did."""

NEAR = 0.5
"""Seconds by which a time may be another one than the test says."""


class CanNot(Exception):
    """What somebody should do could not be done, or was not so; says why."""


class Floor:
    """The agents and other phones of one stage, as a test moves them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._who = ""
        """Who does the move that is being made, as it is told."""
        self._rung: set[str] = set()
        """Offers that lie behind the talk."""
        self._with_phone: dict[str, Callable[[AgentMove, str], Awaitable[None]]] = {
            "answers": self._answers,
            "accepts": self._accepts,
            "rejects": self._rejects,
            "does not answer": self._lets_it_ring,
            "hangs up": self._hangs_up,
            "presses": self._presses,
        }

    async def does(self, move: AgentMove, phone: str, who: str) -> None:
        """Let *who*, whose phone is *phone*, do it. Raises `CanNot`."""
        self._who = who
        doing = self._with_phone.get(move.does)
        if doing is not None:
            await doing(move, phone)
        else:
            await self._chooses(move.number, move.does, move.with_)
        # The flow must have heard of it: until then it still listens to the keys.
        await self._pause()

    # With the phone -------------------------------------------------------------------

    async def _answers(self, move: AgentMove, phone: str) -> None:
        await self._until_it_rings(move, phone)
        self._stage.phones.answer(phone)

    async def _accepts(self, move: AgentMove, phone: str) -> None:
        """Answer, and press 1 when asked whether to take the call."""
        await self._answers(move, phone)
        leg = None
        for _ in range(round(PATIENCE / REACTION)):
            # A leg's listening is no news of the stage: looked for again and again.
            await self._pause()
            leg = self._stage.phones.leg_at(phone)
            if leg is None or leg.listening:
                break
        if leg is not None:
            leg.press("1")

    async def _rejects(self, move: AgentMove, phone: str) -> None:
        await self._until_it_rings(move, phone)
        self._stage.phones.refuse(phone)

    async def _lets_it_ring(self, move: AgentMove, phone: str) -> None:
        """The phone rings until that is given up."""
        await self._until_it_rings(move, phone)
        await self._until(lambda: phone not in self._stage.phones.ringing)
        if self._stage.phones.leg_at(phone) is not None:
            raise CanNot(f"{self._who} answered")

    async def _hangs_up(self, move: AgentMove, phone: str) -> None:
        await self._leg(phone)
        self._stage.phones.hang_up(phone)

    async def _presses(self, move: AgentMove, phone: str) -> None:
        await self._leg(phone)
        for key in move.with_:
            await self._pause()
            leg = self._stage.phones.leg_at(phone)
            if leg is None:
                raise CanNot(f"the talk of {self._who} had ended")
            leg.press(key)

    async def _leg(self, phone: str) -> None:
        if not await self._until(lambda: self._stage.phones.leg_at(phone)):
            raise CanNot(f"{self._who} talks to nobody")

    async def _until_it_rings(self, move: AgentMove, phone: str) -> None:
        if not await self._until(lambda: phone in self._stage.phones.ringing):
            raise CanNot(f"the phone of {self._who} does not ring")
        # It has rung: a `rings` that comes later means another time.
        self._rung |= {o.offer for o in self._stage.offers if o.agent == move.number}

    async def _chooses(self, number: str, does: str, reason: str) -> None:
        try:
            await self._stage.agent_does(number, does, reason)
        except (NotInWrapUp, DispositionOwed) as why:
            raise CanNot(str(why)) from None

    # What rings -----------------------------------------------------------------------

    async def rings(self, wanted: Rings) -> None:
        """Wait until the next phone rings for this caller: it must be as *wanted*.

        Phones that ring at one moment, as where all ring, may be told in any order.
        Raises `CanNot` with what rang instead.
        """
        call = self._stage.call_of(wanted.caller)
        offers: list[AgentOffered] = []

        def next_ones() -> Sequence[AgentOffered]:
            offers[:] = [
                offer
                for offer in self._stage.offers
                if offer.call == call and offer.offer not in self._rung
            ]
            return offers

        if not await self._until(next_ones):
            raise CanNot(f"no phone rings; {self._elsewhere(call)}")
        at_once = [offer for offer in offers if offer.at == offers[0].at]
        found = next((o for o in at_once if o.agent == wanted.agent), None)
        if found is None:
            told = "; ".join(f"{o.agent} rings ({o.why})" for o in at_once)
            raise CanNot(told)
        self._rung.add(found.offer)
        after = found.at - self._stage.joined[call]
        if wanted.after is not None and abs(after - wanted.after) > NEAR:
            raise CanNot(f"{found.agent} rings after {after:g} s ({found.why})")
        if wanted.why is not None and wanted.why.lower() not in found.why.lower():
            raise CanNot(f"{found.agent} rings, but as {found.why}")

    def _elsewhere(self, call: str) -> str:
        """What rang for others, to see where the agents are."""
        others = [o for o in self._stage.offers if o.call != call]
        if not others:
            return "nor for anybody else"
        last = others[-1]
        return f"the last one was {last.agent} for {last.call} ({last.why})"

    # -----------------------------------------------------------------------------

    async def _pause(self) -> None:
        await self._stage.until(lambda: False, REACTION)

    async def _until(self, holds: Callable[[], object]) -> bool:
        stage = self._stage
        await stage.until(lambda: holds() or stage.unanswered, PATIENCE)
        return bool(holds()) and not stage.unanswered
