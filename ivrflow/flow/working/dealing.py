"""An agent has answered for a message: until it is dealt with, or given back.

He hears it and decides (`talk`). Called back, the one who left it has a call of his
own, as in a callback: with its bookmark on his leg, so that a restart parts nobody.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivrflow.aio import finish
from ivrflow.facts import DialRefused
from ivrflow.flow.call import Call
from ivrflow.flow.outbound import Refused
from ivrflow.flow.reaching import AGENT_GONE, Attempt, reached, talk
from ivrflow.flow.waiting import queue_record
from ivrflow.flow.wish_ends import TALKED
from ivrflow.flow.working.acts import OnIt
from ivrflow.flow.working.item import WorkItem, WorkState
from ivrflow.flow.working.talk import Decided, Hearing
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import HungUp

if TYPE_CHECKING:
    from ivrflow.flow.live import LiveCalls
    from ivrflow.flow.site import Site
    from ivrflow.flow.working.standing import Engaged, Stand
    from ivrflow.flow.world import Outbound, WorkStore, World
    from ivrflow.telephony.channel import Channel, Switch

log = logging.getLogger(__name__)

WORK = "work"
"""The kind of call that this makes, as its bookmark has it; and the mark on the leg of
who is called back: the message, and its queue."""

GIVEN_BACK_FOR = 30.0
"""Seconds for which nobody gets what an agent gave back: he would be the next one."""

REFUSED = "refused"
"""How a call has ended that the guard of outbound calls did not let out."""


async def dealt_with(
    store: WorkStore,
    item: WorkItem,
    world: World,
    agent: str,
    *,
    how: str,
    disposition: str = "",
) -> bool:
    """Note that *agent* has dealt with it, *how* as `WorkTried` has it.

    False: it was ended before. Raises `Trouble`.
    """
    now = world.seconds()
    ended = await store.end(
        item.message, WorkState.DONE, now, agent=agent, disposition=disposition
    )
    world.note(item.told_tried(now, agent=agent, how=how))
    return ended


@dataclass
class Dealing:
    """One agent, from his answer on."""

    stand: Stand[WorkItem]
    store: WorkStore
    live: LiveCalls
    site: Site
    world: World
    switch: Switch
    engaged: Engaged
    again: bool
    """Whether he has answered in an earlier life of the service."""

    @property
    def _agent(self) -> str:
        return self.engaged.found.agent.number

    async def run(self) -> None:
        """All of it. Raises `Trouble`: then it stands in line again soon."""
        item, place = self.stand.owed, self.engaged.place
        place.wrap_up = 0.0  # until he has dealt with it
        if self.again and await self._called_before(item):
            return
        call = Call(self.engaged.found.leg, self.site, self.world)
        call.id = place.waiting.call
        call.queue = queue_record(call, place)
        had = await self.store.had(item, self._agent)
        one = OnIt(item.message, item.queue, self._agent)
        hearing = Hearing(
            call=call,
            item=had or item,
            store=self.store,
            one=one,
            can_call=self._line is not None,
            introduced=self.again and item.offset > 0,
        )
        if had is None:
            await hearing.tell("work_over")
            return
        self.world.at_work.add(one)
        try:
            await self._deal(had, hearing)
        except asyncio.CancelledError:
            # The service ends, and its calls with it: who comes next begins anew.
            with suppress(Trouble):
                await finish(self.store.give_back(had, 0.0))
            raise
        finally:
            self.world.at_work.remove(one)

    @property
    def _line(self) -> Outbound | None:
        """The guard, if the number may be dialled; None: nobody can be called."""
        guard, number = self.world.outbound, self.stand.owed.number
        if guard is None or not guard.dials or not number:
            return None
        try:
            guard.allows(number)
        except Refused:
            return None
        return guard

    async def _deal(self, item: WorkItem, hearing: Hearing) -> None:
        while True:
            match decided := await hearing.decided():
                case Decided.CALL_BACK:
                    how = await self._call_back(item, hearing)
                    if how == TALKED:
                        return
                    if how == AGENT_GONE:
                        await self._give_back(item, Decided.GONE.value)
                        return
                    if how != Decided.ENDED.value:
                        await hearing.tell("work_not_reached")
                case Decided.DONE:
                    await self._done(item, hearing)
                    return
                case Decided.ENDED:
                    await hearing.tell("work_over")
                    return
                case Decided.RELEASE | Decided.GONE:
                    await self._give_back(item, decided.value)
                    if decided is Decided.RELEASE:
                        hearing.answer()
                    return

    async def _done(self, item: WorkItem, hearing: Hearing) -> None:
        """It is dealt with: how it has ended, if he says so, is noted with that."""
        self.engaged.place.wrap_up = None  # this was work: the queue's own
        said = await hearing.disposed()
        agents = self.world.agents
        if said and agents is not None:
            with suppress(Trouble):  # else he owes it still, and says it again
                await agents.dispose(self._agent, said)
        how = Decided.DONE.value
        try:
            ended = await dealt_with(
                self.store, item, self.world, self._agent, how=how, disposition=said
            )
        except Trouble as trouble:
            log.warning("%s is dealt with, noted later: %s", item.name, trouble)
            self.stand.kept_by, self.stand.kept_as = self._agent, (how, said)
            hearing.answer(f"it is noted as soon as that can be: {trouble}")
            return
        if ended:
            hearing.answer()
        else:
            hearing.answer("somebody else has ended it")
            await hearing.tell("work_over")

    async def _give_back(self, item: WorkItem, how: str) -> None:
        """Somebody else is to get it; first the pause, as in callbacks."""
        now = self.world.seconds()
        try:
            await self.store.give_back(item, now + GIVEN_BACK_FOR)
        finally:
            self.world.note(item.told_tried(now, agent=self._agent, how=how))

    # Calling back ---------------------------------------------------------------------

    async def _call_back(self, item: WorkItem, hearing: Hearing) -> str:
        """Dial, and let the two talk if somebody answers; how that has ended."""
        guard, world = self._line, self.world
        if guard is None:
            return REFUSED
        hearing.one.doing = "calling"
        try:
            with guard.placing(item.number, self.site) as line:
                counted = await self.store.dialled(item, world.seconds())
                if counted is None:
                    return Decided.ENDED.value  # by somebody else: he is told next
                attempt = self._attempt(counted, guard)
                async with AsyncExitStack() as held:
                    leg = await reached(attempt, line, held)
                    if not isinstance(leg, str):
                        await self._talk(counted, guard, leg)
                        return TALKED
                    how = leg
        except Refused as refused:
            log.warning("%s: no call back now: %s", item.name, refused)
            world.note(
                DialRefused(
                    at=world.seconds(),
                    call=item.call,
                    step="work",
                    number=item.number,
                    why=str(refused),
                )
            )
            return REFUSED
        if how != AGENT_GONE:
            world.note(item.told_tried(world.seconds(), agent=self._agent, how=how))
        return how

    def _attempt(self, item: WorkItem, guard: Outbound) -> Attempt:
        """The try that *item* counts, as the last one."""
        return Attempt(
            item,
            self.site,
            self.world,
            self.switch,
            guard,
            self.engaged,
            whisper="work_calling",
            end=f"customer {item.dials}",
        )

    async def _called_before(self, item: WorkItem) -> bool:
        """Let him talk with who answered in the moment in which the service died.

        False: nobody did. A phone that rang then rings no more: he may have it dialled
        again.
        """
        guard = self.world.outbound
        if not item.dials or guard is None or self.world.seal is None:
            return False
        customer = await self.switch.leg(self._attempt(item, guard).leg)
        if customer is None:
            return False
        with guard.placing(item.number, self.site, placed=True):
            await self._talk(item, guard, customer)
        return True

    async def _talk(self, item: WorkItem, guard: Outbound, customer: Channel) -> None:
        """Who left the message has answered: it is dealt with, and the two talk."""
        customer.caller_id = item.number  # whom the call is about, in all records
        attempt = self._attempt(item, guard)
        call = attempt.call(customer)
        call.joined[item.queue] = item.joined
        call.kind, call.begins_with = WORK, f"message {item.mailbox}"
        with suppress(HungUp):  # he is told so below, as any who hangs up
            # First: from here on his leg knows that he was reached.
            await call.mark(**{WORK: list(item.key)})
        try:
            await dealt_with(self.store, item, self.world, self._agent, how=TALKED)
        except Trouble as trouble:
            log.warning("%s is dealt with, noted later: %s", item.name, trouble)
            self.stand.kept_by = self._agent
        self.engaged.place.wrap_up = None  # this was work: the queue's own
        left = {"message": item.message, "mailbox": item.mailbox, **item.data}
        await talk(attempt, call, self.live, left)
