"""One call in a scripted world: the real flow, the real desk, and nothing else real.

Runs on whatever loop it is started: on a clock that jumps for `ivrflow test`, on a real
one for `ivrflow try`. All that happens is in `facts`, as in production.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta

from msgspec.structs import replace

from ivrflow.acd.desk import Desk, LineFull, NobodyCanServe
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import (
    Agent,
    Presence,
    Waiting,
    Work,
    flat_skills,
    need,
    skill,
)
from ivrflow.facts import AgentOffered, CallEnded, CallerQueued, Fact
from ivrflow.flow.call import Call
from ivrflow.flow.run import run_call
from ivrflow.flow.site import Site
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.site.roster import agents_of, queue_rules
from ivrflow.flow.world import LockOuts, Pin, World
from ivrflow.secret import Secret
from ivrflow.sim.memory import (
    MemoryAgents,
    MemoryAudio,
    MemoryBoxes,
    MemoryCallbacks,
    MemoryMessages,
    MemoryOutbox,
    MemorySwitches,
)
from ivrflow.sim.rehearsal.answers import (
    ANY_PIN,
    ScriptedJudge,
    ScriptedLockOuts,
    ScriptedLookups,
    ScriptedVerifier,
)
from ivrflow.sim.rehearsal.before import TriedBefore, last_talks
from ivrflow.sim.rehearsal.outside import Outside
from ivrflow.sim.rehearsal.people import Other
from ivrflow.sim.rehearsal.scene import Scene
from ivrflow.sim.scripted import Person, ScriptedChannel, ScriptedSwitch
from ivrflow.telephony.channel import Cause

CODE = "1234567890"
"""Every one-time code, and every secret of the settings, is the beginning of this."""

BEFORE_ALL = 1e9
"""The priority of those who stand in a line before the caller comes."""

BUSY_FOR = timedelta(days=1).total_seconds()
"""How long an agent who is busy stays so: longer than any call."""


class Stage:
    """A site, a caller's phone, the agents' phones, and a call between them."""

    def __init__(
        self,
        site: Site,
        scene: Scene,
        *,
        call: str = "",
        lock_outs: LockOuts | None = None,
        recorded: Callable[[str], float | None] | None = None,
    ) -> None:
        """Make it inside the loop that runs it.

        *call* is the call's id, if not the scene's; *lock_outs* what earlier calls have
        left behind; *recorded* the seconds of a recording, None: there are none.
        """
        loop = asyncio.get_running_loop()
        self.site = site
        self.scene = scene
        self._began = loop.time()
        self.facts: list[Fact] = []
        self.offers: list[AgentOffered] = []
        """Every phone that has rung for somebody who waits, for `others` too."""
        self.joined: dict[str, float] = {}
        """Call -> when it joined its queue the last time."""
        self.on_fact: Callable[[Fact], None] = lambda fact: None
        self.unanswered: list[tuple[DataSource, str]] = []
        """Look-ups that nothing was given for, and where the call was then."""
        self.over = False
        """True once the call has ended and all is written down."""
        self._news = asyncio.Event()
        self.channel = ScriptedChannel(
            id=call or scene.call, caller_id=scene.caller, dialled=scene.to
        )
        self.channel.on_change = self._news.set
        self.lookups = ScriptedLookups(scene.answers, self._unanswered)
        self.messages = MemoryMessages()
        self.boxes = MemoryBoxes(self.messages, self.clock)
        self.boxes.pins |= {str(box): Pin(hashed=ANY_PIN) for box in site.mailboxes}
        self.outbox = MemoryOutbox()
        self.callbacks = MemoryCallbacks()
        self.switches = MemorySwitches(*scene.thrown)
        self.phones = ScriptedSwitch(
            {
                str(agent.endpoint): Person(answers_after=None, talks_for=None)
                for agent in site.agents.values()
                if agent.endpoint
            }
        )
        self.phones.on_change = self._news.set
        self.board = MemoryBoard(self._agents(), last=last_talks(scene, self.seconds()))
        tried = TriedBefore(*scene.wrong_pins, self.seconds())
        self.desk = Desk(
            self.board,
            queue_rules(site),
            clock=self.seconds,
            note=self._note,
            new_id=self._new_id,
        )
        self._ids = 0
        self.world = World(
            clock=self.clock,
            seconds=self.seconds,
            lookups=self.lookups,
            verifier=ScriptedVerifier(),
            lock_outs=ScriptedLockOuts(self.lookups, lock_outs or tried),
            messages=self.messages,
            boxes=self.boxes,
            audio=MemoryAudio(),
            callbacks=self.callbacks,
            outbox=self.outbox,
            couriers=dict.fromkeys(("email", "sms"), self.outbox),
            judge=ScriptedJudge(self.lookups),
            secret_is=_is_the_code,
            new_code=lambda count: CODE[:count],
            switches=self.switches,
            agents=MemoryAgents({}),
            desk=self.desk,
            switch=self.phones,
            outbound=Outside(self.phones),
            note=self._note,
            new_id=self._new_id,
            recorded=recorded or (lambda clip: None),
        )
        self.call = Call(self.channel, site, self.world)

    # The world ---------------------------------------------------------------------

    def seconds(self) -> float:
        """The time in seconds since 1970."""
        elapsed = asyncio.get_running_loop().time() - self._began
        return self.scene.at.timestamp() + elapsed

    def clock(self) -> datetime:
        """The time in the site's zone."""
        return datetime.fromtimestamp(self.seconds(), self.site.settings.zone)

    def _note(self, fact: Fact) -> None:
        if isinstance(fact, AgentOffered):
            self.offers.append(fact)
        elif isinstance(fact, CallerQueued):
            self.joined[fact.call] = fact.at
        if fact.call not in ("", self.channel.id):
            self._news.set()
            return  # of those who only stand in a line
        self.facts.append(fact)
        self.over = self.over or isinstance(fact, CallEnded)
        self.on_fact(fact)
        self._news.set()

    def _unanswered(self, source: DataSource) -> None:
        self.unanswered.append((source, self.place))
        self._news.set()

    def _new_id(self) -> str:
        self._ids += 1
        return f"id-{self._ids}"

    def _agents(self) -> list[Agent]:
        return [self._as_it_is(agent) for agent in agents_of(self.site)]

    def _as_it_is(self, agent: Agent) -> Agent:
        given = self.scene.agents.get(agent.number)
        state = "busy" if given is None else given.state
        busy = state == "busy"
        now = self.seconds()
        if given is not None:
            if given.queues is not None:
                agent = replace(agent, queues=frozenset(map(str, given.queues)))
            if (levels := given.levels()) is not None:
                agent = replace(agent, skills=flat_skills(levels))
            agent = replace(agent, calls=int(given.calls), busy=float(given.busy))
        return replace(
            agent,
            presence=Presence.LOGGED_OUT if state == "out" else Presence.READY,
            presence_since=now if given is None else now - given.idle,
            # Busy is a wrap-up without end: the desk counts such an agent as one at
            # work, which a talk with a caller who is not on this stage would not be.
            work=Work.WRAP_UP if busy else Work.IDLE,
            work_since=now,
            free_at=now + BUSY_FOR if busy else 0.0,
        )

    # The call ------------------------------------------------------------------------

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Run the call beside the block; at its end the caller hangs up, if need be."""
        async with asyncio.TaskGroup() as group, AsyncExitStack() as others:
            desk = group.create_task(self.desk.run())
            await self._fill_lines(others)
            served = await self._others(group)
            call = group.create_task(self.run())
            try:
                yield
            finally:
                self.channel.drop()
                await asyncio.wait([call])
                for other in served:
                    other.cancel()
                if served:
                    await asyncio.wait(served)
                desk.cancel()

    async def _fill_lines(self, others: AsyncExitStack) -> None:
        """Put those into the lines who are there before. No agent ever takes them."""
        for queue, number in self.scene.waiting.items():
            for one in range(number):
                waiting = Waiting(
                    call=f"other-{queue}-{one + 1}",
                    queue=queue,
                    joined=self.seconds() - 1,
                    priority=BEFORE_ALL,
                )
                with suppress(LineFull, NobodyCanServe):
                    await others.enter_async_context(self.desk.line(waiting))

    async def agent_does(self, number: str, does: str, reason: str = "") -> None:
        """Let an agent choose something, of `CHOICES`; *reason* is a pause's.

        Raises `BoardAway`, and `NotInWrapUp` or `DispositionOwed` for a wrap-up that
        can't be ended.
        """
        desk = self.desk
        match does:
            case "ready":
                await desk.ready(number)
            case "busy":
                await desk.not_ready(number, "busy")
            case "pauses":
                await desk.not_ready(number, reason)
            case "signs in":
                await desk.sign_in(number)
            case "out" | "signs out":
                await desk.sign_out(number)
            case "ends wrap-up":
                await desk.wrap_up(number, self.seconds())
            case "elsewhere" | "back":
                await desk.reload()  # one who is not known yet would be passed over
                desk.phone(number, does == "elsewhere", does)
            case _:
                raise AssertionError(does)

    async def _others(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Let the other callers join, in their order; they talk as agents let them."""
        tasks = []
        for number, other in enumerate(self.scene.others, 1):
            stands = asyncio.Event()
            call = self.call_of(number)
            tasks.append(group.create_task(self._other(call, other, stands)))
            await stands.wait()
        return tasks

    async def _other(self, call: str, other: Other, stands: asyncio.Event) -> None:
        """One other caller: waits, and talks until the agent hangs up."""
        wanted = dict(
            (str(name), int(value))
            if value.isdigit()
            else (skill(str(name), str(value)), 1)
            for name, value in other.skills.items()
        )
        waiting = Waiting(
            call=call,
            queue=str(other.queue),
            joined=self.seconds() - other.waited,
            need=need(wanted),
            priority=float(other.priority),
        )
        try:
            async with self.desk.line(waiting) as place:
                # Set before it listens, which it does at once: nobody comes between.
                stands.set()
                async with place.agent(self.phones) as talk:
                    await asyncio.wait([talk.leg.gone])
        except (LineFull, NobodyCanServe):
            pass
        finally:
            stands.set()

    def call_of(self, other: int | None) -> str:
        """The call's id: of the caller, or of one of the others, counted from 1."""
        return self.channel.id if other is None else f"other {other}"

    async def run(self) -> Cause:
        """Run the call alone; somebody else runs the desk."""
        return await run_call(self.call, self.scene.flow, given=self.scene.variables)

    @property
    def waiting(self) -> bool:
        """True while the flow waits for something that the caller does."""
        return self.channel.listening or bool(self.channel.recording)

    @property
    def place(self) -> str:
        """Where the call is, or where it ended: file:line and the step's name."""
        node = self.call.node
        return f"{node.at.file}:{node.at.line} ({node.name})" if node else "-"

    async def until(self, holds: Callable[[], object], within: float | None) -> bool:
        """Wait until *holds*; False if the call ended or *within* seconds passed first.

        *holds* is asked again whenever something has happened. None waits for ever.
        """
        loop = asyncio.get_running_loop()
        ends = None if within is None else loop.time() + within
        while not holds():
            if self.over or (ends is not None and loop.time() >= ends):
                return False
            self._news.clear()
            try:
                async with asyncio.timeout_at(ends):
                    await self._news.wait()
            except TimeoutError:
                return bool(holds())
        return True

    def phone_of(self, agent: str) -> str:
        """The address at which *agent*'s phone rings."""
        return str(self.site.agents[agent].endpoint or "")


def _is_the_code(name: str, entered: Secret) -> bool:
    """True for the secrets of a talk: nobody gives the real ones to a test."""
    return bool(entered) and CODE.startswith(entered.reveal())
