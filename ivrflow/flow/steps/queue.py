"""`queue`: wait for an agent with the right skills, and talk."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ivrflow.acd.board import BoardAway
from ivrflow.acd.desk import LineFull, NobodyCanServe
from ivrflow.acd.model import Need, Preferred, Waiting, Widening, need, skill
from ivrflow.aio import single
from ivrflow.flow.call import Call, LeaveTo, shown_value
from ivrflow.flow.formula.values import number
from ivrflow.flow.kinds import (
    AgentNumbered,
    Duration,
    Expression,
    Name,
    Number,
    Outcome,
    Part,
    QueueName,
    Sayable,
    Whole,
)
from ivrflow.flow.names import given_name, timetable_state
from ivrflow.flow.step import Goto, Keys, Step
from ivrflow.flow.talking import talk
from ivrflow.flow.waiting import entertain
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import Switch

if TYPE_CHECKING:
    from ivrflow.acd.desk import Desk, Place, Talk


class SkillNeed(Part):
    """What a skill must be: this value, at this level at least."""

    short: ClassVar[str] = "is"

    value: Expression = Field(
        alias="is", description="The value that the skill must have; none: no need."
    )
    level: Whole | None = Field(None, description="The least level, 1 to 10.")


class Widen(Part):
    """What is given up after a time of waiting."""

    after: Duration = Field(description="Counted from joining the queue.")
    drop: Name | None = Field(None, description="A skill that is not needed any more.")
    lower: dict[Name, Whole] | None = Field(None, description="Skill -> new level.")
    priority: Number | None = Field(None, description="Added to the priority: +2.")


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
    skills: dict[Name, SkillNeed] = Field(
        default_factory=dict, description="Skill -> its value, or least level."
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
        None, description="Its `hours` in queues.yaml are over."
    )

    async def run(self, call: Call) -> Goto:
        desk, switch = call.world.desk, call.world.switch
        if desk is None or switch is None:
            raise Trouble(f"{self.queue.at}: this line can't join calls to agents")
        name = given_name(call, self.queue, call.site.queues)
        hours = call.site.queues[name].hours
        if hours is not None:
            state = timetable_state(call, hours)
            if not state.open:
                return Goto("closed", f"{hours} is closed ({state.why})")
        try:
            waiting = await self._waiting(call, desk, name)
            if self.all_busy is not None and await desk.all_busy(waiting):
                return Goto("all_busy", "no agent is free at once")
            async with desk.line(waiting) as place:
                return await self._stand(call, switch, place, name)
        except LineFull as full:
            return Goto("full", str(full))
        except NobodyCanServe as nobody:
            return Goto("no_agents", str(nobody))
        except BoardAway as away:
            raise Trouble(f"queue {name}: {away}") from away
        finally:
            call.queue = {}

    async def _waiting(self, call: Call, desk: Desk, name: str) -> Waiting:
        now = call.world.seconds()
        priority = call.value(self.priority) if self.priority else None
        waiting = Waiting(
            call=call.id,
            queue=name,
            joined=call.joined.setdefault(name, now),
            need=self._need(call),
            priority=float(number(priority) or 0),
            widening=tuple(_widening(w) for w in self.widen),
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

    def _need(self, call: Call) -> Need:
        """The skills that this call needs now. What is not set is left out."""
        wanted: dict[str, int] = {}
        for name, skill_need in self.skills.items():
            value = call.value(skill_need.value)
            if value is None:
                continue
            if isinstance(value, int | float | Decimal):
                wanted[str(name)] = int(value)
            else:
                level = 1 if skill_need.level is None else int(skill_need.level)
                wanted[skill(str(name), str(value))] = level
        return need(wanted)

    async def _stand(self, call: Call, switch: Switch, place: Place, name: str) -> Goto:
        """Wait, with music and announcements, until the caller leaves or has talked."""
        shown = {
            str(field): str(shown_value(value))
            for field, e in self.show.items()
            if (value := call.value(e)) is not None
        }
        ends = None
        if self.max_wait is not None:
            # Who comes back keeps the place, but may wait as long again.
            ends = asyncio.get_running_loop().time() + float(self.max_wait)
        try:
            while True:
                async with AsyncExitStack() as engagement:
                    found = await self._wait(
                        call, switch, place, engagement, shown, ends
                    )
                    if isinstance(found, Goto):
                        place.left = "timeout" if found.outcome == "timeout" else "key"
                        return found
                    whisper = self.whisper or call.site.queues[name].whisper
                    if await talk(call, switch, place, found, whisper):
                        return Goto("then", f"agent {found.agent.number} has hung up")
        except asyncio.CancelledError:
            place.left = "abandoned" if call.channel.gone.done() else "shutdown"
            raise
        except LeaveTo:
            place.left = "key"
            raise

    async def _wait(
        self,
        call: Call,
        switch: Switch,
        place: Place,
        engagement: AsyncExitStack,
        shown: Mapping[str, str],
        ends: float | None,
    ) -> Talk | Goto:
        """Return the talk with an agent who has answered, or the way out."""
        rules = call.site.queues[place.waiting.queue]
        found: list[Talk] = []
        left: list[Goto] = []
        began = call.world.seconds()

        async def agent() -> None:
            talk = await engagement.enter_async_context(
                place.agent(switch, shown=shown, caller_id=call.channel.caller_id)
            )
            found.append(talk)
            listener.cancel()

        async def listen() -> None:
            left.append(await entertain(call, place, rules, self.keys))
            seeker.cancel()

        try:
            async with (
                asyncio.timeout_at(ends) as limit,
                call.channel.music(str(rules.music or "default")),
                asyncio.TaskGroup() as group,
            ):
                listener = group.create_task(listen())
                seeker = group.create_task(agent())
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


def _widening(widen: Widen) -> Widening:
    return Widening(
        after=float(widen.after),
        drop=(str(widen.drop),) if widen.drop else (),
        lower={str(n): int(v) for n, v in (widen.lower or {}).items()},
        priority=float(widen.priority or 0),
    )
