"""Whoever was promised a call is called: the agent first, then the customer.

A wish stands in the same line as those who hold, by the time at which its caller
joined: so nobody who holds is overtaken by one who came later, and no phone of a
customer rings before an agent is there for him. The agent hears what kind of call it is
while the number is dialled; who is not reached is tried again after a pause, in the old
place.

The store is the truth. A wish is in line here as long as it waits there: when somebody
else ends it (the caller calls himself, a supervisor takes it off), it is taken out of
the line, and a phone that rings for it is stopped. A try counts before it rings, so
that a service that dies and starts again and again can't ring somebody all night.

A service that died has left its tries where they were: what is in line takes its place
again, an agent who has answered is found again by the number of the try, the customer's
phone rings on, and whoever talks talks on (`calls_on`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NoReturn, Protocol

from ivrflow.acd.desk import LineFull, NobodyCanServe
from ivrflow.acd.desk.board import BoardAway
from ivrflow.aio import beside, by_itself
from ivrflow.facts import DialRefused
from ivrflow.flow.bookmark.taking_up import take_up
from ivrflow.flow.call import Call
from ivrflow.flow.conversation.begin import converse_alone
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.outbound import Refused
from ivrflow.flow.reaching import CALLBACK, Attempt, accepted, calls_on, reached
from ivrflow.flow.run import resume_call, resume_talk, run_talk
from ivrflow.flow.taking import takes_callers
from ivrflow.flow.wish import Wish
from ivrflow.flow.wish_ends import Ending, WishEnds
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import HungUp

if TYPE_CHECKING:
    from ivrflow.flow.bookmark import Bookmark
    from ivrflow.flow.site import Site
    from ivrflow.flow.world import World
    from ivrflow.telephony.channel import Channel

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
"""Seconds until a wish that was noted or ended by another program is seen here."""

CLAIM_WITHIN, CLAIMING = 1.0, 0.1
"""Seconds that `claim` waits for the list of wishes, and then for their places."""

AGAIN_AFTER = 30.0
"""Seconds until one is tried again whose number could not be dialled just now."""


class Promises(Ending, Protocol):
    """The wishes of all queues, as who keeps them needs them; raises `Trouble`."""

    news: asyncio.Event
    """Set whenever a wish begins or ends, as far as this process knows."""

    async def dialled(self, wish: Wish, now: float) -> Wish | None:
        """The number is about to be dialled: count it. None: it waits no more."""


@dataclass(eq=False)
class _Stand:
    """A wish for which somebody stands in line, and how that may be stopped."""

    wish: Wish
    task: asyncio.Task[None] | None = None
    left: str = "shutdown"
    """How it leaves the line if its task is cancelled."""
    talking: bool = False
    """The customer has answered: nothing stops it any more."""
    kept_by: str = ""
    """The agent whom he has answered, when that could not be noted."""

    def stop(self, how: str) -> None:
        # Once: cancelled again, it would be torn out of what it puts in order.
        if not self.talking and self.task is not None and not self.task.cancelling():
            self.left = how
            self.task.cancel()


class CallingBack:
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
        """*now* gives the version that is live, with a world for its calls, *version*
        the one of that name; None: always the live one. *adopts*: nothing is done
        before `claim`, as tries of an earlier process may be on. *began* is when this
        process did: what it finds ended before, it tells if nobody has."""
        self._claims, self._looked = asyncio.Event(), asyncio.Event()
        if not adopts:
            self._claims.set()
        self._talks: set[tuple[str, str]] = set()
        """Wishes whose talks go on since an earlier process."""
        self._promises = promises
        self._ends = WishEnds(promises)
        self._now = now
        self._version = version
        self._began: float | None = began
        """None: what was before is told."""
        self._live = live
        self._standing: dict[tuple[str, str], _Stand] = {}
        self._away = False

    async def claim(self) -> None:
        """Go on with the tries of an earlier process.

        To be called before legs that nobody claims are hung up.
        """
        self._claims.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLAIM_WITHIN):
                await self._looked.wait()
        await asyncio.sleep(CLAIMING)

    async def resume(
        self, channel: Channel, bookmark: Bookmark, *, away: float = 0.0
    ) -> None:
        """Go on with the call of a customer who was reached; return when it is over.

        *channel* is his leg, *bookmark* what it remembers, *away* as in `answer`.
        """
        site, world = self._now()
        if self._version is not None:
            site, world = await self._version(bookmark.version)
        call = Call(channel, site, world)
        key = _key(bookmark)
        if not take_up(call, bookmark) or key is None:
            await channel.hang_up()
            return
        self._talks.add(key)
        try:
            async with beside() as group:
                # The promise is kept: that is noted, if the process could not.
                kept = group.create_task(self._ends.kept_after_all(key, world))
                with self._live.holding(call):
                    if bookmark.frames:
                        await resume_call(call, bookmark, away=away)
                    else:
                        talk = partial(calls_on, key)
                        await resume_talk(call, bookmark, talk, away=away)
                await kept  # else he is called once more
        finally:
            self._talks.discard(key)

    async def run(self) -> NoReturn:
        """Put wishes in line as they become due, and take out who waits no more."""
        await self._claims.wait()
        async with beside() as lines:
            while True:
                self._promises.news.clear()  # before looking: later news is not lost
                try:
                    await self._tell_what_was()
                    wishes = await self._promises.open()
                    self._away = False
                except Trouble as trouble:
                    if not self._away:
                        log.warning("%s; callbacks stay as they are", trouble)
                    self._away = True
                else:
                    self._fit(lines, wishes)
                    self._looked.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await self._promises.news.wait()
        raise AssertionError("it runs for ever")

    async def _tell_what_was(self) -> None:
        """Once: tell what an earlier process has ended, and could not tell."""
        if self._began is not None:
            await self._ends.tell_what_was(self._now()[1], self._began)
            self._began = None

    def _fit(self, lines: asyncio.TaskGroup, wishes: list[Wish]) -> None:
        """Stand in line for those of *wishes* whose time it is, and for no others."""
        site, world = self._now()
        if world.outbound is None or not world.outbound.dials:
            return  # people read the list, and call
        waiting = {wish.key: wish for wish in wishes}
        for key, stand in self._standing.items():
            wish = waiting.get(key)
            if wish is None or wish.number != stand.wish.number:
                stand.stop("moved")
            elif not _open(site, world, wish.queue):
                stand.stop("closed")
        now = world.seconds()
        for wish in wishes:
            its_time = wish.ready_at <= now and wish.key not in self._standing
            its_time = its_time and wish.key not in self._talks
            if its_time and _open(site, world, wish.queue):
                stand = self._standing[wish.key] = _Stand(wish)
                stand.task = lines.create_task(
                    by_itself(
                        f"callback of call {wish.call}",
                        partial(self._stand, stand, site, world),
                    )
                )
                # No `finally`: one cancelled before it began has none.
                stand.task.add_done_callback(partial(self._over, stand))

    def _over(self, stand: _Stand, _: object) -> None:
        del self._standing[stand.wish.key]
        self._promises.news.set()  # it may wait again

    async def _stand(self, stand: _Stand, site: Site, world: World) -> None:
        """Stand in line for one wish until it was tried, or waits no more."""
        wish = stand.wish
        try:
            await self._in_line(stand, site, world)
        except (LineFull, NobodyCanServe, BoardAway, Trouble) as why:
            log.info("callback of call %s: looked at again later: %s", wish.call, why)
            await asyncio.sleep(LOOK_EVERY)
        except Exception:
            log.exception("callback of call %s: a fault of ours", wish.call)
            await asyncio.sleep(AGAIN_AFTER)
        if stand.kept_by:  # nobody stands here for it meanwhile: he is not called again
            await self._ends.kept_after_all(wish.key, world, stand.kept_by)

    async def _in_line(self, stand: _Stand, site: Site, world: World) -> None:
        """Wait for an agent, then have the number dialled."""
        wish, desk, switch, guard = stand.wish, world.desk, world.switch, world.outbound
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
        waiting = wish.waiting(rules, again=again)
        if not again and not await desk.anyone_for(waiting):
            raise NobodyCanServe(wish.queue)
        async with AsyncExitStack() as line:
            place = await line.enter_async_context(desk.line(waiting))
            try:
                async with AsyncExitStack() as engagement:
                    ask = partial(accepted, wish, site, world, place)
                    found = await engagement.enter_async_context(
                        place.agent(
                            switch, shown=wish.shown, caller_id=wish.number, ask=ask
                        )
                    )
                    attempt = Attempt(
                        wish,
                        site,
                        world,
                        switch,
                        guard,
                        place,
                        found,
                        engagement,
                        line,
                        again,
                    )
                    await self._with_an_agent(stand, attempt)
            except asyncio.CancelledError:
                place.left = stand.left
                raise

    async def _with_an_agent(self, stand: _Stand, attempt: Attempt) -> None:
        """Dial; what does not reach the customer costs the agent no wrap-up."""
        wish, world = attempt.wish, attempt.world
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
        self, stand: _Stand, attempt: Attempt, wish: Wish, customer: Channel
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

        async def both(call: Call) -> None:
            if (greeting := attempt.rules.greeting) is not None:
                await call.say(greeting)
            await converse_alone(
                call,
                attempt.switch,
                attempt.place,
                attempt.engagement,
                attempt.found,
                line=attempt.line,
                shown=wish.shown,
            )

        with self._live.holding(call):
            await run_talk(call, call.begins_with, both, kind=CALLBACK)


def _key(bookmark: Bookmark) -> tuple[str, str] | None:
    """The wish of whose talk it tells."""
    match bookmark.marks.get("wish"):
        case [str(call), str(queue)]:
            return call, queue
    # In a flow by now, to which an agent has given him: the wish is long kept.
    return (bookmark.call, "") if bookmark.frames else None


def _open(site: Site, world: World, queue: str) -> bool:
    return takes_callers(queue, site, world.doors, world.switches, world.clock())
