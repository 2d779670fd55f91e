"""`queue`: wait for an agent with the right skills, and talk."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ivrflow.acd.desk import LineFull, NobodyCanServe
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.model import Preferred, Waiting
from ivrflow.aio import finish, single
from ivrflow.flow.call import Call, LeaveTo, Stood, log, shown_value
from ivrflow.flow.conversation.accepting import asking
from ivrflow.flow.conversation.begin import converse
from ivrflow.flow.conversation.turns import Onward
from ivrflow.flow.formula.values import number
from ivrflow.flow.in_line import (
    Elsewhere,
    go,
    keep_the_place,
    led_away,
    led_there,
    overflow,
    shut,
    time_of_joining,
)
from ivrflow.flow.kinds import (
    AgentNumbered,
    Duration,
    Expression,
    Name,
    Outcome,
    Part,
    QueueName,
    Sayable,
)
from ivrflow.flow.names import given_name, timetable_state
from ivrflow.flow.needs import Needs, Widen
from ivrflow.flow.step import Goto, Keys, Step
from ivrflow.flow.waiting import entertain
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import Switch

if TYPE_CHECKING:
    from ivrflow.acd.desk import Desk, Place, Talk


LEFT = {"timeout": "timeout", "overflow": "overflow", "closed": "closed"}
"""Outcomes of one who leaves the line, as the fact `LeftQueue` says; else by a key."""


class NamedAgent(Part):
    """One agent, whom the call is for: nobody else takes it, or not for a while."""

    short: ClassVar[str] = "is"

    agent: AgentNumbered = Field(alias="is", description="The agent's number.")
    wait: Duration | None = Field(
        None, description="After that anyone may take it; left out: nobody else ever."
    )


class LastAgent(Part):
    """The agent who last talked with this caller is waited for."""

    within: Duration = Field(description="How long ago the talk may be.")
    wait: Duration = Field(description="How long the call is held for this agent.")


class Queue(Step):
    """Wait in a queue for an agent with the right skills, then talk.

    Music, announcements and ring time stand in `queues.yaml`. The keys work while the
    caller waits. When the agent hangs up first, the caller goes on with `then`. A call
    that is for one `agent` waits for this one, also through a talk or a break; while
    this one is not signed in it ends in `no_agents`, or goes to anyone after `wait`.
    """

    verb: ClassVar[str] = "queue"
    needs_switch: ClassVar[bool] = True

    queue: QueueName = Field(alias="queue", description="The queue of queues.yaml.")
    skills: Needs = Field(
        default_factory=lambda: Needs(),
        examples=[{"billing": 3, "not": "trainee"}],
        description="Skill -> its value, or least level; beside `any` and `not`.",
    )
    widen: tuple[Widen, ...] = Field((), description="What is given up, and when.")
    priority: Expression | None = Field(None, description="Higher is served first.")
    last_agent: LastAgent | None = Field(None, description="Prefer the last agent.")
    agent: NamedAgent | None = Field(None, description="The one whom the call is for.")
    keys: Keys = Field(
        default_factory=dict,
        examples=[{"1": "leave_message"}],
        description="Key -> step, while waiting.",
    )
    max_wait: Duration | None = Field(None, description="Then: `timeout`.")
    show: dict[Name, Expression] = Field(
        default_factory=dict, description="What the agent's screen gets."
    )
    whisper: Sayable | None = Field(
        None, description="Said to the agent alone; left out: as queues.yaml says."
    )
    all_busy: Outcome | None = Field(None, description="Nobody is free at once.")
    timeout: Outcome | None = Field(None, description="max_wait is over.")
    full: Outcome | None = Field(None, description="The queue is as long as it may be.")
    no_agents: Outcome | None = Field(
        None, description="Nobody who is logged in can ever serve this call."
    )
    closed: Outcome | None = Field(
        None, description="Its `hours` are over, or a supervisor has closed it."
    )
    overflow: Outcome | None = Field(
        None, description="Instead of where its `overflow` in queues.yaml leads."
    )

    async def run(self, call: Call) -> Goto:
        desk, switch = call.world.desk, call.world.switch
        if desk is None or switch is None:
            raise Trouble(f"{self.queue.at}: this line can't join calls to agents")
        name = given_name(call, self.queue, call.site.queues)
        been: list[str] = []
        try:
            while True:
                found = await self._at(call, desk, switch, name, been)
                if isinstance(found, Goto):
                    return found
                if isinstance(found, Onward):
                    return await found.go(call)
                log.info("call %s queue %s: %s", call.id, name, found.why)
                if found.to.kind != "queue":
                    went = await go(call, found.to)
                    if went.outcome == "then":
                        return went
                    been.append(found.to.name)  # nobody there: the line is better
                elif found.to.name not in call.site.queues:
                    raise Trouble(f"there is no queue {found.to.name!r} to overflow to")
                else:
                    been.append(name)
                    call.joined.setdefault(found.to.name, call.joined[name])
                    name = found.to.name
        except BoardAway as away:
            raise Trouble(f"queue {name}: {away}") from away
        finally:
            call.queue = {}

    async def _at(
        self, call: Call, desk: Desk, switch: Switch, name: str, been: list[str]
    ) -> Goto | Elsewhere | Onward:
        """Wait in one queue, and talk. *been* is where the caller has been before."""
        rules = call.site.queues[name]
        if rules.hours is not None:
            state = timetable_state(call, rules.hours)
            if not state.open:
                return Goto("closed", f"{rules.hours} is closed ({state.why})")
        joined = await time_of_joining(call, name)
        if (told := shut(call, name, been)) is not None:
            return told
        waiting = await self._waiting(call, desk, name, joined)
        shown = self._shown(call)
        call.stood[name] = Stood(waiting, shown)
        place: Place | None = None
        try:
            if self.all_busy is not None and await desk.all_busy(waiting):
                return Goto("all_busy", "no agent is free at once")
            async with desk.line(waiting) as place:
                return await self._stand(call, switch, place, shown, been)
        except LineFull as full:
            to = rules.overflow.to if rules.overflow is not None else None
            back = to is not None and led_there(call, to)
            if rules.overflow is not None and rules.overflow.when_full and not back:
                found = overflow(rules, str(full), decides=self._decides, been=been)
                return found or Goto("full", str(full))
            return Goto("full", str(full))
        except NobodyCanServe as nobody:
            return Goto("no_agents", str(nobody))
        except asyncio.CancelledError:
            if place is not None and not place.connected:
                await finish(keep_the_place(call, place.waiting))
            raise

    @property
    def _decides(self) -> bool:
        """Whether the flow says where the overflow leads."""
        return self.overflow is not None

    def _shown(self, call: Call) -> dict[str, str]:
        """What the agent's screen gets."""
        return {
            str(field): str(shown_value(value))
            for field, e in self.show.items()
            if (value := call.value(e)) is not None
        }

    async def _waiting(
        self, call: Call, desk: Desk, name: str, joined: float
    ) -> Waiting:
        now = call.world.seconds()
        priority = call.value(self.priority) if self.priority else None
        waiting = Waiting(
            call=call.id,
            queue=name,
            joined=joined,
            need=self.skills.need(call.value),
            priority=float(number(priority) or 0),
            widening=tuple(step.widening() for step in self.widen),
            who=call.channel.caller_id,
        )
        if self.agent is not None:
            return replace(waiting, preferred=self._named(call, self.agent, now))
        if self.last_agent and waiting.who:
            within = float(self.last_agent.within)
            agent = await desk.last_agent(waiting.who, within=within)
            if agent:
                until = now + float(self.last_agent.wait)
                waiting = replace(waiting, preferred=Preferred(agent, until))
        return waiting

    def _named(self, call: Call, named: NamedAgent, now: float) -> Preferred | None:
        """Who the step names. None: it names nobody now, so anyone may take it."""
        number = named.agent.number(call.names())
        if not number:
            return None
        until = math.inf if named.wait is None else now + float(named.wait)
        return Preferred(number, until)

    async def _stand(
        self,
        call: Call,
        switch: Switch,
        place: Place,
        shown: Mapping[str, str],
        been: list[str],
    ) -> Goto | Elsewhere | Onward:
        """Wait, with music and announcements, until the caller leaves or has talked."""
        ends, stands_in = None, place.waiting.queue
        if self.max_wait is not None:
            now = asyncio.get_running_loop().time()
            ends = call.stands.setdefault(stands_in, now) + float(self.max_wait)
        try:
            while True:
                async with AsyncExitStack() as engagement:
                    found = await self._wait(
                        call, switch, place, engagement, shown, ends, been
                    )
                    if isinstance(found, Goto):
                        if found.outcome == "timeout":
                            # Who comes back keeps the place, and waits as long again.
                            call.stands.pop(stands_in, None)
                        place.left = LEFT.get(found.outcome, "key")
                        return found
                    if isinstance(found, Elsewhere):
                        place.left, place.to = "overflow", str(found.to)
                        return found
                    rules = call.site.queue(place.waiting.queue)
                    whisper = self.whisper or rules.whisper
                    way = await converse(
                        call,
                        switch,
                        place,
                        engagement,
                        found,
                        whisper=whisper,
                        shown=shown,
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

    async def _wait(
        self,
        call: Call,
        switch: Switch,
        place: Place,
        engagement: AsyncExitStack,
        shown: Mapping[str, str],
        ends: float | None,
        been: list[str],
    ) -> Talk | Goto | Elsewhere:
        """Return the talk with an agent who has answered, or the way out."""
        rules = call.site.queue(place.waiting.queue)
        found: list[Talk] = []
        left: list[Goto | Elsewhere] = []
        began = call.world.seconds()

        async def agent() -> None:
            talk = await engagement.enter_async_context(
                place.agent(
                    switch,
                    shown=shown,
                    caller_id=call.channel.caller_id,
                    ask=asking(call, place, self.whisper or rules.whisper),
                )
            )
            found.append(talk)
            listener.cancel()
            leader.cancel()

        async def listen() -> None:
            left.append(await entertain(call, place, self.keys))
            seeker.cancel()
            leader.cancel()

        async def lead() -> None:
            left.append(await led_away(call, place, decides=self._decides, been=been))
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
                return Goto("timeout", f"waited {self.max_wait:g} s, the longest")
        except ExceptionGroup as failed:
            raise single(failed) from None
        finally:
            call.waited += call.world.seconds() - began
        # A key and an agent at one moment: the person on the line is worth more.
        return found[0] if found else left[0]
