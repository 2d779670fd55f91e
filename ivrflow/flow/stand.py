"""A caller stands in one queue, until an agent talks with him or he leaves it.

Three things go on at once: an agent is looked for, the caller is entertained and may
press keys, and the queue itself may send him elsewhere. The first that comes to an end
ends the other two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from ivrflow.aio import single
from ivrflow.flow.call import Call, LeaveTo
from ivrflow.flow.conversation.accepting import asking
from ivrflow.flow.conversation.begin import converse
from ivrflow.flow.conversation.turns import Onward
from ivrflow.flow.in_line import Elsewhere, Standing, led_away
from ivrflow.flow.kinds import Duration, PromptName, Sayable
from ivrflow.flow.step import Goto, Keys
from ivrflow.flow.waiting import entertain
from ivrflow.telephony.channel import Switch

if TYPE_CHECKING:
    from ivrflow.acd.desk import Place, Talk

LEFT = {"timeout": "timeout", "overflow": "overflow", "closed": "closed"}
"""Outcomes of one who leaves the line, as the fact `LeftQueue` says; else by a key."""


@dataclass(frozen=True)
class Stand:
    """One place in line, and what the step says of the time in it."""

    call: Call
    switch: Switch
    place: Place
    _: KW_ONLY
    keys: Keys
    whisper: Sayable | None
    """None: as queues.yaml says."""
    longest: Duration | None
    """Seconds in this queue, those before a talk from which he came back included."""
    shown: Mapping[str, str]
    """What the agent's screen gets."""
    decides: bool
    """Whether the flow says where the overflow leads."""
    been: list[str]
    """Where the caller has been before in this step."""
    again: bool
    """Whether he stands here since an earlier process."""

    async def run(self, before: Standing) -> Goto | Elsewhere | Onward:
        """Wait, with music and announcements, until the caller leaves or has talked.

        *before*: where he stands, and since when.
        """
        call, place = self.call, self.place
        ends, stands_in = None, place.waiting.queue
        if self.longest is not None:
            now = asyncio.get_running_loop().time()
            ends = call.stands.setdefault(stands_in, now) + float(self.longest)
        try:
            since = before.since if self.again else None
            await before.remember(call)
            while True:
                async with AsyncExitStack() as engagement:
                    found = await self._wait(engagement, ends, since)
                    since = None
                    if isinstance(found, Goto):
                        if found.outcome == "timeout":
                            # Who comes back keeps the place, and waits as long again.
                            call.stands.pop(stands_in, None)
                        place.left = LEFT.get(found.outcome, "key")
                        return found
                    if isinstance(found, Elsewhere):
                        place.left, place.to = "overflow", str(found.to)
                        return found
                    way = await converse(
                        call,
                        self.switch,
                        place,
                        engagement,
                        found,
                        whisper=self._whisper,
                        shown=self.shown,
                    )
                    if way is not None:
                        if isinstance(way, Goto):
                            call.served()
                        return way
        except asyncio.CancelledError:
            place.left = "abandoned" if call.channel.gone.done() else "shutdown"
            raise
        except LeaveTo:
            place.left = "key"
            if place.connected:
                call.served()
            raise

    @property
    def _whisper(self) -> Sayable | PromptName | None:
        """Said to the agent: a supervisor may have moved the caller meanwhile."""
        rules = self.call.site.queue(self.place.waiting.queue)
        return self.whisper or rules.whisper

    async def _wait(
        self, engagement: AsyncExitStack, ends: float | None, since: float | None
    ) -> Talk | Goto | Elsewhere:
        """Return the talk with an agent who has answered, or the way out.

        *ends* is on the loop's clock; *since* since when he has stood here, if it was
        in an earlier process.
        """
        call, place = self.call, self.place
        rules = call.site.queue(place.waiting.queue)
        whisper = self._whisper
        found: list[Talk] = []
        left: list[Goto | Elsewhere] = []
        # Since an earlier process: that time, and the time without one, counts too.
        now = call.world.seconds()
        began = now if since is None else since
        waited = now - began

        async def agent() -> None:
            talk = await engagement.enter_async_context(
                place.agent(
                    self.switch,
                    shown=self.shown,
                    caller_id=call.channel.caller_id,
                    ask=asking(call, place, whisper),
                )
            )
            found.append(talk)
            listener.cancel()
            leader.cancel()

        async def listen() -> None:
            left.append(await entertain(call, place, self.keys, waited=waited))
            seeker.cancel()
            leader.cancel()

        async def lead() -> None:
            away = led_away(
                call, place, decides=self.decides, been=self.been, waited=waited
            )
            left.append(await away)
            seeker.cancel()
            listener.cancel()

        try:
            async with (
                asyncio.timeout_at(ends) as limit,
                call.channel.music(str(rules.music or "default")),
                asyncio.TaskGroup() as group,
            ):
                listener = group.create_task(listen())
                seeker = group.create_task(agent())
                leader = group.create_task(lead())
        except TimeoutError:
            if not limit.expired():
                raise
            if not found:
                return Goto("timeout", f"waited {self.longest:g} s, the longest")
        except ExceptionGroup as failed:
            raise single(failed) from None
        finally:
            call.waited += call.world.seconds() - began
        # A key and an agent at one moment: the person on the line is worth more.
        return found[0] if found else left[0]
