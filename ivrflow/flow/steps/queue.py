"""`queue`: wait for an agent with the right skills, and talk."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ivrflow.acd.desk import LineFull, NobodyCanServe
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.doors import Way
from ivrflow.acd.model import Preferred, Waiting
from ivrflow.aio import finish
from ivrflow.flow.call import Call, LeaveTo, Stood, log, shown_value
from ivrflow.flow.conversation.giving import TO_FLOW, to_flow
from ivrflow.flow.conversation.going_on import recorded_no_longer, settle, talk_on
from ivrflow.flow.conversation.turns import Onward
from ivrflow.flow.formula.values import number
from ivrflow.flow.in_line import (
    GOES,
    Elsewhere,
    Standing,
    came_back,
    go,
    keep_the_place,
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
from ivrflow.flow.stand import Stand
from ivrflow.flow.step import Goto, Keys, Step
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import Switch

if TYPE_CHECKING:
    from ivrflow.acd.desk import Desk, Place

SOON = 1.0
"""Seconds in which the desk has mostly been read after a restart."""


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
        flow, talks = call.marks.get(TO_FLOW), isinstance(call.marks.get("talk"), dict)
        if call.resuming and (isinstance(flow, str) or not talks):
            await recorded_no_longer(call)
        if isinstance(flow, str):
            raise to_flow(call, flow)  # an agent gave him there, and then we died
        if (onward := Onward.noted(call)) is not None:
            if not talks:
                await settle(call)
            return await onward.go(call)
        return await self.stand(call)

    async def stand(self, call: Call) -> Goto:
        """Wait and talk, or go on waiting or talking where an earlier process died."""
        desk, switch = call.world.desk, call.world.switch
        if desk is None or switch is None:
            raise Trouble(f"{self.queue.at}: this line can't join calls to agents")
        before = Standing.noted(call)
        if before is None:
            name = given_name(call, self.queue, call.site.queues)
            been: list[str] = []
        else:
            name, been = before.queue, list(before.been)
        try:
            if (way := await self._goes_on(call, switch, been)) is not None:
                return way
            while True:
                found = await self._at(call, desk, switch, name, been, before)
                before = None
                if isinstance(found, Goto):
                    return found
                if isinstance(found, Onward):
                    return await found.go(call)
                log.info("call %s queue %s: %s", call.id, name, found.why)
                if found.to.kind != "queue":
                    went = await go(call, found.to)
                    if went.outcome == "then":
                        return went
                    await came_back(call)
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

    async def _goes_on(
        self, call: Call, switch: Switch, been: list[str]
    ) -> Goto | None:
        """Go on with a talk, or on the way that an overflow led; None: there is none.

        Two who talk are not parted: that waits for no desk and no database.
        """
        talk, goes = call.marks.get("talk"), call.marks.get(GOES)
        if isinstance(talk, dict):
            try:
                way = await talk_on(call, switch, talk, self._shown(call))
            except LeaveTo:
                call.served()
                raise
            if isinstance(way, Onward):
                return await way.go(call)
            call.served()
            return way
        if isinstance(goes, str):
            went = await go(call, Way("number", goes))
            if went.outcome == "then":
                return went
            await came_back(call)
            been.append(goes)
        return None

    async def _at(
        self,
        call: Call,
        desk: Desk,
        switch: Switch,
        name: str,
        been: list[str],
        before: Standing | None,
    ) -> Goto | Elsewhere | Onward:
        """Wait in one queue, and talk. *been* is where the caller has been before;
        with *before* he stands there already, since an earlier process."""
        rules, again = call.site.queue(name), before is not None
        if before is None:
            if rules.hours is not None:
                state = timetable_state(call, rules.hours)
                if not state.open:
                    return Goto("closed", f"{rules.hours} is closed ({state.why})")
            joined = await time_of_joining(call, name)
            if (told := shut(call, name, been)) is not None:
                return told
        else:
            joined = call.joined[name] = before.joined
            await self._until_loaded(call, desk, name)
        since = call.world.seconds() if before is None else before.since
        waiting = await self._waiting(call, desk, name, joined, since)
        shown = self._shown(call)
        call.stood[name] = Stood(waiting, shown)
        place: Place | None = None
        try:
            asked = self.all_busy is not None and before is None
            if asked and await desk.all_busy(waiting):
                return Goto("all_busy", "no agent is free at once")
            async with desk.line(waiting) as place:
                if before is None:
                    since = call.world.seconds()
                    before = Standing(name, joined, since, tuple(been))
                stand = Stand(
                    call,
                    switch,
                    place,
                    keys=self.keys,
                    whisper=self.whisper,
                    longest=self.max_wait,
                    shown=shown,
                    decides=self._decides,
                    been=been,
                    again=again,
                )
                return await stand.run(before)
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

    async def _until_loaded(self, call: Call, desk: Desk, name: str) -> None:
        """Wait for the desk, however long: who waits already waits on, with music."""
        with suppress(TimeoutError, BoardAway):
            # What Asterisk plays to him goes on: no music is begun for so short a time.
            async with asyncio.timeout(SOON):
                while not desk.loaded:
                    await desk.until_loaded()
        if desk.loaded:
            return
        async with call.channel.music(str(call.site.queue(name).music or "default")):
            while not desk.loaded:
                with suppress(BoardAway):
                    await desk.until_loaded()

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
        self, call: Call, desk: Desk, name: str, joined: float, since: float
    ) -> Waiting:
        """Who waits, and for whom. He stands here *since* then: what is to last for a
        while counts from that, also in a process that has found him here."""
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
            return replace(waiting, preferred=self._named(call, self.agent, since))
        if self.last_agent and waiting.who:
            until = since + float(self.last_agent.wait)
            if until <= call.world.seconds():
                return waiting  # a question less for each who is taken over
            within = float(self.last_agent.within)
            agent = await desk.last_agent(waiting.who, within=within)
            if agent:
                waiting = replace(waiting, preferred=Preferred(agent, until))
        return waiting

    def _named(self, call: Call, named: NamedAgent, since: float) -> Preferred | None:
        """Who the step names. None: it names nobody now, so anyone may take it."""
        number = named.agent.number(call.names())
        if not number:
            return None
        until = math.inf if named.wait is None else since + float(named.wait)
        return Preferred(number, until)
