"""What becomes of a wish to be called back, once: in its table, then in the facts.

The table is the truth: whoever takes a wish out of it has ended it, and nobody else
can. What is told follows at once, and a process that dies between the two leaves that
to the next one (`tell_what_was`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ivrflow.flow.reaching import AGENT_GONE
from ivrflow.flow.wish import Wish, WishState
from ivrflow.flow.world import Trouble

if TYPE_CHECKING:
    from ivrflow.flow.reaching import Attempt
    from ivrflow.flow.world import World

log = logging.getLogger(__name__)

TALKED = "talked"
"""How a try has ended that reached the customer."""

AGAIN_IN = 5.0
"""Seconds until a table that is away is asked again."""


@dataclass(frozen=True, slots=True)
class Untold:
    """A wish that is over, as the table says, and no fact does."""

    wish: Wish
    ended: float
    by: str
    told: Collection[str]
    """The kinds of facts that tell of its end: that it was tried, perhaps."""


class Ending(Protocol):
    """The wishes of all queues, as who ends them needs them; raises `Trouble`."""

    async def open(self, queue: str | None = None) -> list[Wish]:
        """All that wait, or those of one queue; first in line first."""

    async def pause(self, wish: Wish, until: float) -> None:
        """Try it no sooner."""

    async def end(
        self, wish: Wish, state: WishState, now: float, *, by: str = ""
    ) -> bool:
        """It waits no more. False: it did not wait any more; nothing has changed."""

    async def untold(self, before: float) -> Sequence[Untold]:
        """Those that ended before that, in the last minute of the process which was
        there then, and of whose end no fact tells."""


class WishEnds:
    """Ends wishes, and tells that."""

    def __init__(self, wishes: Ending) -> None:
        self._wishes = wishes

    async def kept(self, wish: Wish, world: World, agent: str) -> bool:
        """The customer has answered *agent*; False: the wish waited no more.

        Raises `Trouble`.
        """
        now = world.seconds()
        if not await self._wishes.end(wish, WishState.KEPT, now):
            return False
        world.note(wish.told_tried(now, agent=agent, how=TALKED))
        world.note(wish.told_ended(now, WishState.KEPT))
        return True

    async def kept_after_all(
        self, key: tuple[str, str], world: World, agent: str = ""
    ) -> None:
        """As `kept`, if it still waits, however long the table is away. *agent* "": an
        earlier process knew who it was."""
        while True:
            try:
                wishes = {wish.key: wish for wish in await self._wishes.open(key[1])}
                if (wish := wishes.get(key)) is not None:
                    await self.kept(wish, world, agent)
                return
            except Trouble:
                await asyncio.sleep(AGAIN_IN)

    async def given_up(self, wish: Wish, world: World, why: str) -> None:
        """It may not be dialled any more, whatever was promised. Raises `Trouble`."""
        now = world.seconds()
        log.warning("callback of call %s is given up: %s", wish.call, why)
        if await self._wishes.end(wish, WishState.GIVEN_UP, now):
            world.note(wish.told_ended(now, WishState.GIVEN_UP))

    async def not_reached(self, attempt: Attempt, wish: Wish, how: str) -> None:
        """Try again later, if it may be tried again. Raises `Trouble`.

        *wish* with this try. First the pause: a process that died between the two would
        have the customer rung, and told of, a second time.
        """
        world, rules = attempt.world, attempt.rules
        now, over = world.seconds(), False
        log.info("callback of call %s: try %d: %s", wish.call, wish.tries, how)
        try:
            if wish.tries < rules.tries:
                pause = 0.0 if how == AGENT_GONE else float(rules.pause)
                await self._wishes.pause(wish, now + pause)
            else:
                over = await self._wishes.end(wish, WishState.GIVEN_UP, now)
        finally:
            agent = attempt.found.agent.number
            world.note(wish.told_tried(now, agent=agent, how=how))
            if over:
                world.note(wish.told_ended(now, WishState.GIVEN_UP))

    async def tell_what_was(self, world: World, before: float) -> None:
        """Tell of the ends that earlier processes, *before* then, could not tell.

        Raises `Trouble`.
        """
        for one in await self._wishes.untold(before):
            wish, state = one.wish, one.wish.state
            told = wish.told_tried(one.ended, agent="", how=TALKED)
            if state is WishState.KEPT and told.kind not in one.told:
                world.note(told)
            world.note(wish.told_ended(one.ended, state, by=one.by))
