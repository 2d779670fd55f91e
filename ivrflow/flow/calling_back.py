"""Whoever was promised a call is called: the agent first, then the customer.

A wish stands in the same line as those who hold, by the time at which its caller
joined: so nobody who holds is overtaken by one who came later, and no phone of a
customer rings before an agent is there for him. The agent hears what kind of call it is
while the number is dialled; who is not reached is tried again after a pause, in the old
place. How it comes into the line and out of it, says `working.standing`.

A try counts before it rings, so that a service that dies and starts again and again
can't ring somebody all night. Where it has died the customer's phone rings on, and
whoever talks talks on (`calls_on`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ivrflow.facts import DialRefused
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.outbound import Refused
from ivrflow.flow.reaching import CALLBACK, Attempt, accepted, reached, talk
from ivrflow.flow.wish import Wish
from ivrflow.flow.wish_ends import Ending, WishEnds
from ivrflow.flow.working.standing import AGAIN_AFTER, Stand, Standing, engaged
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import HungUp

if TYPE_CHECKING:
    from ivrflow.acd.desk import Place
    from ivrflow.acd.desk.rings import AskAgent
    from ivrflow.flow.bookmark import Bookmark
    from ivrflow.flow.site import Site
    from ivrflow.flow.world import World
    from ivrflow.telephony.channel import Channel

log = logging.getLogger(__name__)


class Promises(Ending, Protocol):
    """The wishes of all queues, as who keeps them needs them; raises `Trouble`."""

    news: asyncio.Event
    """Set whenever a wish begins or ends, as far as this process knows."""

    async def dialled(self, wish: Wish, now: float) -> Wish | None:
        """The number is about to be dialled: count it. None: it waits no more."""


class CallingBack(Standing[Wish]):
    """Keeps promises for ever: see `run`."""

    def __init__(
        self,
        promises: Promises,
        now: Callable[[], tuple[Site, World]],
        live: LiveCalls,
        *,
        version: Callable[[str], Awaitable[tuple[Site, World]]] | None = None,
        adopts: bool = False,
        began: float = 0.0,
    ) -> None:
        """As `Standing`. *began* is when this process did: what it finds ended before,
        it tells if nobody has."""
        super().__init__(promises, now, live, version=version, adopts=adopts)
        self._promises = promises
        self._ends = WishEnds(promises)
        self._began: float | None = began
        """None: what was before is told."""

    item = "callback"
    listed = "callbacks"

    def can(self, site: Site, world: World) -> bool:
        """Where nothing may be dialled, people read the list, and call."""
        return world.outbound is not None and world.outbound.dials

    def keys_of(self, bookmark: Bookmark) -> tuple[str, str] | None:
        """The wish of whose talk it tells."""
        match bookmark.marks.get("wish"):
            case [str(call), str(queue)]:
                return call, queue
        # In a flow by now, to which an agent has given him: the wish is long kept.
        return (bookmark.call, "") if bookmark.frames else None

    async def kept_after_all(
        self, key: tuple[str, str], world: World, agent: str = ""
    ) -> None:
        """As `Standing` says."""
        await self._ends.kept_after_all(key, world, agent)

    async def before_looking(self) -> None:
        """Once: tell what an earlier process has ended, and could not tell."""
        if self._began is not None:
            await self._ends.tell_what_was(self._now()[1], self._began)
            self._began = None

    async def serve(self, stand: Stand[Wish], site: Site, world: World) -> None:
        """Wait for an agent, then have the number dialled."""
        wish, desk, switch, guard = stand.owed, world.desk, world.switch, world.outbound
        if desk is None or switch is None or guard is None:
            raise Trouble("there is no telephone to call back with")
        try:
            guard.allows(wish.number)
        except Refused as refused:
            await self._ends.given_up(wish, world, str(refused))
            return
        rules = site.queues[wish.queue].callbacks.rules()
        await desk.until_loaded()
        # An agent was there when we died, and the number was being dialled.
        again = desk.holds(wish.item(wish.tries))
        if wish.tries >= rules.tries and not again:
            why = f"it was dialled {wish.tries} times"
            await self._ends.given_up(wish, world, why)
            return

        whisper = str(site.queues[wish.queue].callbacks.whisper)

        def ask(place: Place) -> AskAgent:
            return partial(accepted, wish, site, world, place, whisper)

        async with engaged(
            stand,
            desk,
            switch,
            wish.waiting(rules, again=again),
            again=again,
            shown=wish.shown,
            caller_id=wish.number,
            ask=ask,
        ) as one:
            attempt = Attempt(
                wish,
                site,
                world,
                switch,
                guard,
                one,
                whisper=None if one.found.asked or again else whisper,
                again=again,
            )
            await self._with_an_agent(stand, attempt)

    async def _with_an_agent(self, stand: Stand[Wish], attempt: Attempt) -> None:
        """Dial; what does not reach the customer costs the agent no wrap-up."""
        wish, world = stand.owed, attempt.world
        attempt.place.wrap_up = 0.0
        try:
            with attempt.guard.placing(
                wish.number, attempt.site, placed=attempt.again
            ) as line:
                counted: Wish | None = wish
                if not attempt.again:
                    counted = await self._promises.dialled(wish, world.seconds())
                if counted is None:
                    return  # he called himself, or it was taken off
                async with AsyncExitStack() as held:
                    leg = await reached(attempt, line, held)
                    if isinstance(leg, str):
                        await self._ends.not_reached(attempt, counted, leg)
                    else:
                        await self._talk(stand, attempt, counted, leg)
        except Refused as refused:
            log.warning("callback of call %s: not now: %s", wish.call, refused)
            attempt.world.note(
                DialRefused(
                    at=world.seconds(),
                    call=wish.call,
                    step="callback",
                    number=wish.number,
                    why=str(refused),
                )
            )
            await self._promises.pause(wish, world.seconds() + AGAIN_AFTER)

    async def _talk(
        self, stand: Stand[Wish], attempt: Attempt, wish: Wish, customer: Channel
    ) -> None:
        """The customer has answered: the promise is kept, and the two talk."""
        stand.talking = True  # else the end of the wish would end this
        customer.caller_id = wish.number  # whom the call is about, in all records
        call = attempt.call(customer)
        call.joined[wish.queue] = wish.joined
        call.kind, call.begins_with = CALLBACK, f"callback {wish.queue}"
        with suppress(HungUp):  # he is told so below, as any who hangs up
            # First: from here on his leg knows that he was reached.
            await call.mark(wish=list(wish.key))
        agent = attempt.found.agent.number
        try:
            if not await self._ends.kept(wish, attempt.world, agent):
                return  # he calls us at this very moment: that call has his place
        except Trouble as trouble:
            log.warning(
                "callback of call %s is kept, noted later: %s", wish.call, trouble
            )
            stand.kept_by = agent
        attempt.place.wrap_up = None  # this was work: the queue's own

        await talk(attempt, call, self._live, wish.shown)
