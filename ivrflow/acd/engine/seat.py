"""An agent as the engine keeps it: a record that changes in place.

`Agent` is a value, and to make a new one for each ring, answer and end would take
longer than the decision itself. So the engine works on seats, and `Seat.agent` makes
the value for whoever asks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ivrflow.acd.engine.abilities import Abilities, Ability, abilities_of
from ivrflow.acd.model import DAY_ENDS, Agent, Presence, Work

if TYPE_CHECKING:
    from ivrflow.acd.engine.line import Caller

FREE, RUNG, TALKING, WRAPPING, NOT_READY, LOGGED_OUT, ELSEWHERE, RESTING = range(8)
"""What an agent is doing, of presence and work together."""

DOING = (
    "free",
    "rung",
    Work.TALKING.value,
    Work.WRAP_UP.value,
    Presence.NOT_READY.value,
    Presence.LOGGED_OUT.value,
    "elsewhere",
    "resting",
)
"""The words for it."""

# As names of the module: of an enum, neither access nor hash is quick.
_IDLE, _OFFERED, _TALKING = Work.IDLE, Work.OFFERED, Work.TALKING
_READY, _OUT = Presence.READY, Presence.LOGGED_OUT


class Seat:
    """An agent now."""

    __slots__ = (
        "_agent",
        "abilities",
        "busy",
        "caller",
        "calls",
        "doing",
        "due",
        "elsewhere",
        "free_at",
        "given",
        "idle_since",
        "last_call",
        "masks",
        "names",
        "number",
        "presence",
        "presence_since",
        "reason",
        "rests",
        "roots",
        "sits_at",
        "tallies",
        "work",
        "work_since",
        "wraps_up",
    )

    def __init__(self, agent: Agent) -> None:
        self.number = agent.number
        self.caller: Caller | None = None
        """For whom the agent is rung, or with whom the agent talks."""
        self.doing = -1
        """What is counted in `tallies`; -1: nothing yet."""
        self.tallies: list[list[int]] = []
        """Of each of the agent's queues, how many agents do what."""
        self.idle_since = -1.0
        """For when the agent has a slot among the idle."""
        self.due = -1.0
        """For when a timer was last set that ends a wrap-up."""
        self.masks: list[int] = []
        """The numbers of the clauses that are so of the agent: the `Clauses`' own."""
        self.wraps_up = False
        """Whether what `free_at` ends is a wrap-up, which counts as busy, and not a
        pause after a ring in vain."""
        self.rests = False
        """Whether the last that ended was a ring in vain: then what looks like a
        wrap-up is a pause. The board does not know, so after a restart it is False."""
        self.take(agent)
        self.describe()

    def take(self, agent: Agent) -> None:
        """All of *agent* is so now; `describe` has to follow if `differs`."""
        self._agent: Agent | None = agent
        self.given = agent
        self.presence = agent.presence
        self.reason = agent.reason
        self.presence_since = agent.presence_since
        self.sits_at = agent.sits_at
        self.work = agent.work
        self.work_since = agent.work_since
        self.free_at = agent.free_at
        self.elsewhere = agent.elsewhere
        self.calls = agent.calls
        self.busy = agent.busy
        self.last_call = agent.last_call

    def describe(self) -> None:
        """Work out what the agent can do."""
        self.abilities: Abilities = abilities_of(self.given)
        self.names = sorted(name for name in self.abilities if isinstance(name, str))
        """The skills."""
        self.roots: dict[Ability, None] = {
            name: None for name in self.abilities if not isinstance(name, str)
        }
        """The memberships."""

    def differs(self, agent: Agent) -> bool:
        """Whether *agent* can do other things than this one."""
        mine = self.given
        return (
            mine.skills != agent.skills
            or mine.queues != agent.queues
            or mine.items != agent.items
            or mine.reserve != agent.reserve
            or mine.on_demand != agent.on_demand
            or mine.team != agent.team
        )

    @property
    def agent(self) -> Agent:
        """The agent as a value."""
        if self._agent is None:
            self._agent = replace(
                self.given,
                presence=self.presence,
                reason=self.reason,
                presence_since=self.presence_since,
                sits_at=self.sits_at,
                work=self.work,
                work_since=self.work_since,
                free_at=self.free_at,
                elsewhere=self.elsewhere,
                calls=self.calls,
                busy=self.busy,
                last_call=self.last_call,
            )
        return self._agent

    def changed(self) -> None:
        """A field was changed: the value of before is old."""
        self._agent = None

    def does(self) -> int:
        """What the agent is doing, as the fields say."""
        work = self.work
        if work is _IDLE:
            if self.presence is _READY:
                return ELSEWHERE if self.elsewhere else FREE
            return LOGGED_OUT if self.presence is _OUT else NOT_READY
        if work is _OFFERED:
            return RUNG
        if work is _TALKING:
            return TALKING
        return RESTING if self.rests else WRAPPING

    def choose(
        self, presence: Presence, reason: str, sits_at: str | None, since: float
    ) -> None:
        """The agent has chosen a presence at *since*."""
        if (self.presence, self.reason) != (presence, reason):
            signs_in = self.presence is Presence.LOGGED_OUT
            if signs_in and since - self.presence_since >= DAY_ENDS:
                self.calls, self.busy = 0, 0.0
            self.presence, self.reason = presence, reason
            self.presence_since = since
        if presence is Presence.LOGGED_OUT:
            sits_at = ""
        if sits_at is not None:
            self.sits_at = sits_at
        self._agent = None

    def ring(self, now: float) -> None:
        self.work, self.work_since = Work.OFFERED, now
        self._agent = None

    def answer(self, now: float) -> None:
        self.work, self.work_since = Work.TALKING, now
        self.calls += 1
        self._agent = None

    def end(self, now: float, free_at: float | None) -> None:
        """The ringing or the talk is over; None: free from when it was before."""
        self.rests = self.work is not _TALKING
        if not self.rests:
            # One without an end counts when it gets one.
            after = 0.0
            if free_at is not None and free_at != math.inf:
                after = max(0.0, free_at - now)
            self.busy += now - self.work_since + after
            self.last_call = now
            self.wraps_up = True
        else:
            self.wraps_up = False
        if free_at is not None:
            self.free_at = free_at
        self.work = Work.WRAP_UP if self.free_at > now else Work.IDLE
        self.work_since = now
        self._agent = None

    def rest(self, now: float, free_at: float) -> None:
        """A wrap-up, or a pause after a call in vain, ends at *free_at*."""
        self.wraps_up = self.wraps_up and self.work is Work.WRAP_UP
        if self.wraps_up:
            counted = self.work_since if self.free_at == math.inf else self.free_at
            self.busy += max(now, free_at) - counted
        self.free_at = free_at
        self.work = Work.WRAP_UP if free_at > now else Work.IDLE
        self.work_since = now
        self._agent = None

    def settle(self) -> None:
        """A wrap-up is over."""
        self.work, self.work_since = Work.IDLE, self.free_at
        self._agent = None


def settled(agent: Agent, now: float) -> Agent:
    """The agent with work as `free_at` says: a row of the board may be older."""
    if agent.work is Work.WRAP_UP and agent.free_at <= now:
        return replace(agent, work=Work.IDLE, work_since=agent.free_at)
    if agent.work is Work.IDLE and agent.free_at > now:
        return replace(agent, work=Work.WRAP_UP)
    return agent


class Agents(Mapping[str, Agent]):
    """The agents of some seats, as values."""

    def __init__(self, seats: Mapping[str, Seat]) -> None:
        self._seats = seats

    def __getitem__(self, number: str) -> Agent:
        return self._seats[number].agent

    def __iter__(self) -> Iterator[str]:
        return iter(self._seats)

    def __len__(self) -> int:
        return len(self._seats)
