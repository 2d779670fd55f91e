"""What is owed to somebody stands in line for an agent until it is done.

A promised call and a left message have the same way to an agent. The store is the
truth: something is in line here as long as it waits there. When somebody else ends it
(the caller calls himself, a supervisor takes it off, the message is deleted), it is
taken out of the line, and a phone that rings for it is stopped.

A service that died has left its tries where they were: what is in line takes its place
again, an agent who has answered is found again by the number of the try, and whoever
talks talks on. What is done once an agent is there, is the business of who inherits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, NoReturn, Protocol, Self, TypeVar

from ivrflow.acd.desk import LineFull, NobodyCanServe
from ivrflow.acd.desk.board import BoardAway
from ivrflow.aio import beside, by_itself
from ivrflow.flow.bookmark.taking_up import take_up
from ivrflow.flow.call import Call
from ivrflow.flow.reaching import calls_on
from ivrflow.flow.run import resume_call, resume_talk
from ivrflow.flow.taking import takes_callers
from ivrflow.flow.world import Trouble

if TYPE_CHECKING:
    from ivrflow.acd.desk import Desk, Place, Talk
    from ivrflow.acd.desk.rings import AskAgent
    from ivrflow.acd.model import Waiting
    from ivrflow.flow.bookmark import Bookmark
    from ivrflow.flow.live import LiveCalls
    from ivrflow.flow.site import Site
    from ivrflow.flow.world import World
    from ivrflow.telephony.channel import Channel, Switch

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
"""Seconds until what was noted or ended by another program is seen here."""

CLAIM_WITHIN, CLAIMING = 1.0, 0.1
"""Seconds that `claim` waits for the list of what is owed, and then for its places."""

AGAIN_AFTER = 30.0
"""Seconds until one is tried again with whom something was wrong just now."""

MOST = 2000
"""How many of a queue stand in line at once, the first ones; the others do as these
go. Of each queue: one in which nobody works takes no place from another."""


class Owed(Protocol):
    """Something that is owed to somebody. Times are seconds since 1970."""

    @property
    def key(self) -> tuple[str, str]:
        """By which it is known; the second is the queue."""

    @property
    def name(self) -> str:
        """As a log calls it."""

    @property
    def queue(self) -> str: ...

    @property
    def ready_at(self) -> float:
        """From when on an agent may be looked for."""

    def same(self, other: Self) -> bool:
        """Whether one who stands in line for *other* stands for this too."""


T = TypeVar("T", bound=Owed)


class Store(Protocol[T]):
    """What is owed in all queues, as far as the line needs it; raises `Trouble`."""

    news: asyncio.Event
    """Set whenever something begins or ends, as far as this process knows."""

    async def open(self, queue: str | None = None) -> list[T]:
        """All that wait, or those of one queue; first in line first."""


@dataclass(eq=False)
class Stand(Generic[T]):
    """Something for which somebody stands in line, and how that may be stopped."""

    owed: T
    task: asyncio.Task[None] | None = None
    left: str = "shutdown"
    """How it leaves the line if its task is cancelled."""
    talking: bool = False
    """Whom it is owed to has answered: nothing stops it any more."""
    kept_by: str = ""
    """The agent whom he has answered, when that could not be noted."""
    kept_as: tuple[str, str] = ("", "")
    """Then: how it was done without him, and the disposition; "" if he has answered."""

    def stop(self, how: str) -> None:
        # Once: cancelled again, it would be torn out of what it puts in order.
        if not self.talking and self.task is not None and not self.task.cancelling():
            self.left = how
            self.task.cancel()


@dataclass(frozen=True)
class Engaged:
    """An agent has answered for something that is owed."""

    place: Place
    found: Talk
    engagement: AsyncExitStack
    """Holds the agent: whoever closes it gives him back."""
    line: AsyncExitStack
    """Holds the place in line, and closes after that."""


@asynccontextmanager
async def engaged(
    stand: Stand[T],
    desk: Desk,
    switch: Switch,
    waiting: Waiting,
    *,
    again: bool,
    shown: Mapping[str, str],
    caller_id: str,
    ask: Callable[[Place], AskAgent],
) -> AsyncIterator[Engaged]:
    """Stand in line as *waiting* until an agent has answered; hold him in the block.

    *again*: an earlier life of the service had one. *ask* makes what an agent who must
    accept is asked by. Raises what `Desk.line` and `Place.agent` raise.
    """
    if not again and not await desk.anyone_for(waiting):
        raise NobodyCanServe(waiting.queue)
    async with AsyncExitStack() as line:
        place = await line.enter_async_context(desk.line(waiting))
        try:
            async with AsyncExitStack() as engagement:
                found = await engagement.enter_async_context(
                    place.agent(
                        switch, shown=shown, caller_id=caller_id, ask=ask(place)
                    )
                )
                yield Engaged(place, found, engagement, line)
        except asyncio.CancelledError:
            place.left = stand.left
            raise


class Standing(Generic[T]):
    """Puts in line what is owed, for ever: see `run`."""

    def __init__(
        self,
        owed: Store[T],
        now: Callable[[], tuple[Site, World]],
        live: LiveCalls,
        *,
        version: Callable[[str], Awaitable[tuple[Site, World]]] | None = None,
        adopts: bool = False,
    ) -> None:
        """*now* gives the version that is live, with a world for its calls, *version*
        the one of that name; None: always the live one. *adopts*: nothing is done
        before `claim`, as tries of an earlier process may be on."""
        self._owed = owed
        self._now = now
        self._live = live
        self._version = version
        self._claims, self._looked = asyncio.Event(), asyncio.Event()
        if not adopts:
            self._claims.set()
        self._standing: dict[tuple[str, str], Stand[T]] = {}
        self._talks: set[tuple[str, str]] = set()
        """What is owed to those whose talks go on since an earlier process."""
        self._away = False
        self._lost: set[str] = set()
        """Queues that are gone with work in them, of which the log has told."""

    item: str
    """The kind of work that stands in line."""

    listed: str
    """The command of `ivrflow queue` that lists it."""

    # Of who inherits ------------------------------------------------------------------

    def can(self, site: Site, world: World) -> bool:
        """Whether any of it can be done at all."""
        raise NotImplementedError

    def keys_of(self, bookmark: Bookmark) -> tuple[str, str] | None:
        """What is owed to whom *bookmark* tells of; None: nothing of this kind."""
        raise NotImplementedError

    async def serve(self, stand: Stand[T], site: Site, world: World) -> None:
        """Stand in line until it was tried, or waits no more.

        May raise `LineFull`, `NobodyCanServe`, `BoardAway`, `Trouble`: it is looked at
        again some seconds later.
        """
        raise NotImplementedError

    async def kept_after_all(
        self, key: tuple[str, str], world: World, agent: str = ""
    ) -> None:
        """Note that it is done, however long the store is away. *agent* "": an earlier
        process knew who it was."""
        raise NotImplementedError

    async def before_looking(self) -> None:
        """What else is to be done each time before the store is looked at; may raise
        `Trouble`."""

    # From one process to the next -----------------------------------------------------

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
        """Go on with the call of one who was reached; return when it is over.

        *channel* is his leg, *bookmark* what it remembers, *away* as in `answer`.
        """
        site, world = self._now()
        if self._version is not None:
            site, world = await self._version(bookmark.version)
        call = Call(channel, site, world)
        key = self.keys_of(bookmark)
        if not take_up(call, bookmark) or key is None:
            await channel.hang_up()
            return
        self._talks.add(key)
        try:
            async with beside() as group:
                # It is done: that is noted, if the process could not.
                kept = group.create_task(self.kept_after_all(key, world))
                with self._live.holding(call):
                    if bookmark.frames:
                        await resume_call(call, bookmark, away=away)
                    else:
                        talk = partial(calls_on, self.item, key)
                        await resume_talk(call, bookmark, talk, away=away)
                await kept  # else he is called once more
        finally:
            self._talks.discard(key)

    # The line -------------------------------------------------------------------------

    async def run(self) -> NoReturn:
        """Put in line what becomes due, and take out what waits no more."""
        await self._claims.wait()
        async with beside() as lines:
            while True:
                self._owed.news.clear()  # before looking: later news is not lost
                try:
                    await self.before_looking()
                    waiting = await self._owed.open()
                    self._away = False
                except Trouble as trouble:
                    if not self._away:
                        log.warning("%s; what is owed stays as it is", trouble)
                    self._away = True
                else:
                    self._fit(lines, waiting)
                    self._looked.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await self._owed.news.wait()
        raise AssertionError("it runs for ever")

    def _fit(self, lines: asyncio.TaskGroup, waiting: list[T]) -> None:
        """Stand in line for what of *waiting* is due, and for nothing else."""
        site, world = self._now()
        if not self.can(site, world):
            return
        self._tell_lost(site, waiting)
        waits = {owed.key: owed for owed in waiting}
        queues = {owed.queue for owed in waiting}
        opened = {name for name in queues if _open(site, world, name)}
        for key, stand in self._standing.items():
            owed = waits.get(key)
            if owed is None or not owed.same(stand.owed):
                stand.stop("moved")
            elif owed.queue not in opened:
                stand.stop("closed")
        now = world.seconds()
        there = Counter(stand.owed.queue for stand in self._standing.values())
        for owed in waiting:
            if owed.queue not in opened or there[owed.queue] >= MOST:
                continue
            its_time = owed.ready_at <= now and owed.key not in self._standing
            if its_time and owed.key not in self._talks:
                there[owed.queue] += 1
                stand = self._standing[owed.key] = Stand(owed)
                stand.task = lines.create_task(
                    by_itself(owed.name, partial(self._stand, stand, site, world))
                )
                # No `finally`: one cancelled before it began has none.
                stand.task.add_done_callback(partial(self._over, stand))

    def _tell_lost(self, site: Site, waiting: list[T]) -> None:
        lost = Counter(o.queue for o in waiting if o.queue not in site.queues)
        for queue in lost.keys() - self._lost:
            log.warning(
                "the site has no queue %s any more, and %d in it wait to be dealt with "
                "(%s): nobody will. Write it into queues.yaml again until they are "
                "done, or take them off (`ivrflow queue %s -q %s` lists them)",
                queue,
                lost[queue],
                self.item,
                self.listed,
                queue,
            )
        self._lost = set(lost)

    def _over(self, stand: Stand[T], _: object) -> None:
        del self._standing[stand.owed.key]
        self._owed.news.set()  # it may wait again

    async def _stand(self, stand: Stand[T], site: Site, world: World) -> None:
        """Stand in line for one until it was tried, or waits no more."""
        owed = stand.owed
        try:
            await self.serve(stand, site, world)
        except (LineFull, NobodyCanServe, BoardAway, Trouble) as why:
            # That nobody is there is the rule at night, for each one every few seconds.
            usual = isinstance(why, (LineFull, NobodyCanServe))
            level = logging.DEBUG if usual else logging.INFO
            log.log(level, "%s: looked at again later: %s", owed.name, why)
            await asyncio.sleep(LOOK_EVERY)
        except Exception:
            log.exception("%s: a fault of ours", owed.name)
            await asyncio.sleep(AGAIN_AFTER)
        if stand.kept_by:  # nobody stands here for it meanwhile: it is not done twice
            await self.kept_after_all(owed.key, world, stand.kept_by)


def _open(site: Site, world: World, queue: str) -> bool:
    return takes_callers(queue, site, world.doors, world.switches, world.clock())
