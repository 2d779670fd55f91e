"""Messages are dealt with: an agent hears each, and calls back or says that it is done.

A message with `work:` stands in the line of its queue, behind the callers, until its
promise comes near (`item.WorkItem.waiting`). The agent who gets it hears it (`talk`),
and with one key the number is dialled: then all is as in a callback, and the work is
done when the other side answers. Who hangs up before he has decided, or leaves it to
somebody else, gives it back: it stands in its old place again, after a pause in which
somebody else may be there for it.

Everything about it that is told (`WorkBegan`, `WorkEnded`) is told here, once, whoever
has made or ended it: a caller, the API, the command line in another process. The store
knows what is told; it is told so when the facts are durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ivrflow.flow.reaching import accepted
from ivrflow.flow.wish_ends import AGAIN_IN, TALKED
from ivrflow.flow.working.dealing import WORK, Dealing, dealt_with
from ivrflow.flow.working.item import ITEM, Rules, WorkItem, WorkState
from ivrflow.flow.working.standing import Stand, Standing, engaged
from ivrflow.flow.working.talk import whisper_of
from ivrflow.flow.world import Trouble

if TYPE_CHECKING:
    from ivrflow.acd.desk import Place
    from ivrflow.acd.desk.rings import AskAgent
    from ivrflow.flow.bookmark import Bookmark
    from ivrflow.flow.live import LiveCalls
    from ivrflow.flow.site import Site
    from ivrflow.flow.world import WorkStore, World

WRITING = 1.0
"""Seconds for facts to become durable; else they are asked for the next time."""

AT_ONCE = 500
"""Pieces of work that are told of at a time."""


async def _at_once(_: float) -> bool:
    """For facts that are kept nowhere."""
    return True


class MessagesAsWork(Standing[WorkItem]):
    """Gives messages to agents for ever: see `run`."""

    item = ITEM
    listed = "work"

    def __init__(
        self,
        store: WorkStore,
        now: Callable[[], tuple[Site, World]],
        live: LiveCalls,
        *,
        version: Callable[[str], Awaitable[tuple[Site, World]]] | None = None,
        adopts: bool = False,
        durable: Callable[[float], Awaitable[bool]] = _at_once,
    ) -> None:
        """As `Standing`. *durable* waits so many seconds until all facts that are noted
        by now are written, and says whether they are."""
        super().__init__(store, now, live, version=version, adopts=adopts)
        self._store = store
        self._durable = durable
        self._told: dict[tuple[str, WorkState], WorkItem] = {}
        """What was noted here, and the store does not know of yet."""

    def can(self, site: Site, world: World) -> bool:
        """Where there is a telephone. Without a line outside nobody is called back."""
        return world.desk is not None and world.switch is not None

    def keys_of(self, bookmark: Bookmark) -> tuple[str, str] | None:
        """The message for which it was called."""
        match bookmark.marks.get(WORK):
            case [str(message), str(queue)]:
                return message, queue
        # In a flow by now, to which an agent has given him: it is long dealt with.
        return (bookmark.call, "") if bookmark.frames else None

    async def kept_after_all(
        self, key: tuple[str, str], world: World, agent: str = ""
    ) -> None:
        """As `Standing` says."""
        stand = self._standing.get(key)
        how, disposition = stand.kept_as if stand is not None else ("", "")
        while True:
            try:
                item = await self._store.of(key[0])
                if item is not None and item.state is WorkState.WAITING:
                    agent = agent or item.agent
                    await dealt_with(
                        self._store,
                        item,
                        world,
                        agent,
                        how=how or TALKED,
                        disposition=disposition,
                    )
                return
            except Trouble:
                await asyncio.sleep(AGAIN_IN)

    # What is told ---------------------------------------------------------------------

    async def before_looking(self) -> None:
        """Tell what has begun and what has ended, whoever did that."""
        world = self._now()[1]
        for item in await self._store.untold(AT_ONCE):
            if (item.message, item.state) in self._told:
                continue
            if not item.told and (item.message, WorkState.WAITING) not in self._told:
                world.note(item.told_began())
            if item.told < item.to_tell == 2:
                world.note(item.told_ended())
            self._told[item.message, item.state] = item
        # The first look waits for nothing: what an earlier life had begun is to be
        # claimed in time, and the facts of a start are many.
        within = WRITING if self._looked.is_set() else 0.0
        if self._told and await self._durable(within):
            await self._store.told(list(self._told.values()))
            self._told.clear()

    def _fit(self, lines: asyncio.TaskGroup, waiting: list[WorkItem]) -> None:
        """Also: who hears a message that somebody else has dealt with is told so."""
        super()._fit(lines, waiting)
        there = {item.message for item in waiting}
        for one in self._now()[1].at_work.all():
            if one.message not in there:
                one.ended.set()

    # With an agent --------------------------------------------------------------------

    async def serve(self, stand: Stand[WorkItem], site: Site, world: World) -> None:
        """Wait for an agent, and let him deal with it."""
        item, desk, switch = stand.owed, world.desk, world.switch
        if desk is None or switch is None:
            raise Trouble("there is no telephone to tell of a message")
        box = site.mailboxes.get(item.mailbox)
        work = box.work if box is not None else None
        rules = Rules()
        if work is not None:
            rules = Rules(
                priority=float(work.priority), late_priority=float(work.late_priority)
            )
        await desk.until_loaded()
        # An agent had it when we died.
        again = desk.holds(item.item())
        left = datetime.fromtimestamp(item.asked, site.settings.zone)

        def ask(place: Place) -> AskAgent:
            return partial(accepted, item, site, world, place, whisper_of(item))

        async with engaged(
            stand,
            desk,
            switch,
            item.waiting(rules),
            again=again,
            shown=item.shown(left.isoformat(timespec="minutes")),
            caller_id=item.number or item.caller,
            ask=ask,
        ) as one:
            stand.talking = True  # nobody is torn out of what he hears
            dealing = Dealing(
                stand, self._store, self._live, site, world, switch, one, again
            )
            await dealing.run()
