"""The decision of the ACD: which agent is offered to which caller.

The engine is told what happens, each time with the time at which it happens, and
answers with what follows from it. It knows no clock, event loop, socket or database:
the same inputs give the same answers, in a live service, in a test, and in a replay of
last Monday.

What holds after every input: no free agent and no waiting caller whom the agent could
serve are left side by side. So a new input can make one pair at most (a `tick`: one per
thing that was due), and looking for it takes microseconds.

- A caller who starts to wait, or asks for less, looks for an agent: of those who are
  free and can serve, the queue's strategy chooses.
- An agent who gets free looks for a caller: over all queues of the agent, the highest
  priority, then whoever joined first.
- From the moment of a match neither is matched again until `connected` or `ended` says
  how it went on.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from msgspec.structs import replace

from ivrflow.acd.line import Caller, Line, Stand, names
from ivrflow.acd.model import (
    TOP_LEVEL,
    Agent,
    Need,
    Presence,
    QueueRules,
    Waiting,
    Work,
)
from ivrflow.acd.outcome import Freed, Match, Outcome, Why, Widened
from ivrflow.acd.roster import Abilities, Ability, Ask, Found, Roster, count

WORKING = {
    Work.OFFERED: "rung",
    Work.TALKING: Work.TALKING.value,
    Work.WRAP_UP: Work.WRAP_UP.value,
}
IDLING = {p: "free" if p is Presence.READY else p.value for p in Presence}
"""What agents are said to do. Read here, since an enum's `value` is slow."""


class Engine:
    """Agents and callers as they are now, and the rules that pair them."""

    def __init__(self, queues: Mapping[str, QueueRules]) -> None:
        self.agents: dict[str, Agent] = {}
        self.line = Line()
        self._rules = queues
        self._abilities: dict[str, Abilities] = {}
        self._serves: dict[str, Caller] = {}
        """Agent -> for whom the agent is offered, or with whom the agent talks."""
        self._idle = Roster()
        self._on_duty = Roster()
        self._signed_in = Roster()
        self._idle_since: dict[str, float] = {}
        """Agent -> the `idle_since` for which the agent has a slot among the idle."""
        self._doing: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Queue -> what its agents are doing."""
        self._timers: list[tuple[float, int, str, str]] = []
        self._timer_count = 0
        self._out: list[Outcome] = []

    # Agents ----------------------------------------------------------------------

    def see(self, agents: Iterable[Agent], now: float) -> list[Outcome]:
        """These agents are new, or are as given here now; longest idle first.

        Of one who serves a call, the work stays as it is.
        """
        for agent in sorted(agents, key=lambda a: (a.idle_since, a.number)):
            old = self.agents.get(agent.number)
            if old is not None and agent.number in self._serves:
                agent = replace(
                    agent, work=old.work, work_since=old.work_since, free_at=old.free_at
                )
            if _settled(agent, now) != old:
                self._put(agent, now)
        return self._answer()

    def doing(self, queue: str) -> dict[str, int]:
        """What the agents of *queue* are doing now, and how many do it."""
        counted = self._doing.get(queue, Counter())
        return {what: number for what, number in sorted(counted.items()) if number}

    def forget(self, number: str) -> None:
        """An agent is not one any more. One who serves a call must not be forgotten."""
        agent = self.agents.pop(number, None)
        if agent is not None:
            self._count(agent, -1)
            for roster in (self._idle, self._on_duty, self._signed_in):
                roster.remove(number)
            del self._abilities[number]
            self._idle_since.pop(number, None)

    def set_presence(
        self,
        number: str,
        presence: Presence,
        now: float,
        *,
        reason: str = "",
        sits_at: str | None = None,
        since: float,
    ) -> list[Outcome]:
        """An agent signed in or out, got ready or not, at *since*."""
        agent = self.agents[number]
        if (agent.presence, agent.reason) != (presence, reason):
            agent = replace(
                agent, presence=presence, reason=reason, presence_since=since
            )
        if presence is Presence.LOGGED_OUT:
            sits_at = ""
        if sits_at is not None:
            agent = replace(agent, sits_at=sits_at)
        self._put(agent, now)
        return self._answer()

    def set_free_at(self, number: str, free_at: float, now: float) -> list[Outcome]:
        """A wrap-up ends at *free_at*. Whoever serves a call is left alone."""
        if number not in self._serves:
            self._put(_after(self.agents[number], now, free_at), now)
        return self._answer()

    # Callers ---------------------------------------------------------------------

    def join(self, waiting: Waiting, now: float) -> None:
        """A caller takes a place in the line. `listen` lets agents be offered."""
        need, priority = _wants(waiting, now)
        self.line.add(waiting, need, _ask(waiting, need, now), priority)
        for step in waiting.widening:
            if waiting.joined + step.after > now:
                self._at(waiting.joined + step.after, "widen", waiting.call)
        held = waiting.preferred
        if held is not None and not held.for_ever and held.until > now:
            self._at(held.until, "widen", waiting.call)

    def listen(self, call: str, now: float) -> list[Outcome]:
        """A caller in line can take an agent from now on."""
        caller = self.line.callers[call]
        if caller.stand is Stand.ASIDE and not self._find_agent(caller, now):
            self.line.wait(caller)
        return self._answer()

    def aside(self, call: str) -> None:
        """A caller can't take an agent just now, and keeps the place."""
        caller = self.line.callers.get(call)
        if caller is not None and caller.stand is Stand.WAITING:
            caller.stand = Stand.ASIDE

    def leave(self, call: str) -> None:
        """A caller is out of the line. An offered agent stays so until `ended`."""
        self.line.remove(call)

    # Offers ----------------------------------------------------------------------

    def connected(self, number: str, now: float) -> None:
        """The agent has answered: the caller is out of the line."""
        self._take_out(self._serves[number])
        agent = self.agents[number]
        self._put(replace(agent, work=Work.TALKING, work_since=now), now)

    def ended(self, number: str, now: float, free_at: float | None) -> list[Outcome]:
        """The offer to this agent, or the talk, is over; see `Board.end_offer`.

        A caller who still stands in line is aside until `listen`.
        """
        caller = self._serves.pop(number)
        if caller.stand is Stand.OFFERED:
            caller.stand = Stand.ASIDE
        self._put(_after(self.agents[number], now, free_at), now)
        return self._answer()

    # Time ------------------------------------------------------------------------

    def next_due(self) -> float | None:
        """When `tick` will have something to do; None if never, as things stand."""
        return self._timers[0][0] if self._timers else None

    def tick(self, now: float) -> list[Outcome]:
        """Do what was due until *now*, in the order in which it was due."""
        while self._timers and self._timers[0][0] <= now:
            _, _, kind, name = heappop(self._timers)
            if kind == "free":
                agent = self.agents.get(name)
                if agent is not None and agent.work is Work.WRAP_UP:
                    self._put(agent, now)
            else:
                caller = self.line.callers.get(name)
                if caller is not None:
                    self._widen(caller, now)
        return self._answer()

    # Questions -------------------------------------------------------------------

    def can_ever_serve(self, waiting: Waiting) -> bool:
        """Whether anyone who is signed in can serve it, when all is widened."""
        ask = _ask(waiting, waiting.widest(), math.inf)
        return bool(self._signed_in.match(ask))

    def free_for(self, waiting: Waiting, now: float) -> int:
        """Count the agents who could take it this moment."""
        need, _ = _wants(waiting, now)
        return count(self._idle.match(_ask(waiting, need, now)))

    def on_duty_for(self, call: str) -> int:
        """Count the agents, ready or at work, who could serve a caller in line."""
        caller = self.line.callers[call]
        ask = _ask_of(caller.waiting.queue, caller.need)
        return count(self._on_duty.match(ask))

    def is_signed_in(self, number: str) -> bool:
        return number in self._signed_in

    def is_waiting(self, call: str) -> bool:
        """Whether the caller could take an agent, and none is offered."""
        caller = self.line.callers.get(call)
        return caller is not None and caller.stand is Stand.WAITING

    def is_offered(self, call: str) -> bool:
        """Whether an agent is claimed for the caller, or rings."""
        caller = self.line.callers.get(call)
        return caller is not None and caller.stand is Stand.OFFERED

    def serving(self, number: str) -> str:
        """For which call the agent rings, or with whom he talks; "" if nobody."""
        caller = self._serves.get(number)
        return caller.waiting.call if caller else ""

    # -----------------------------------------------------------------------------

    def _answer(self) -> list[Outcome]:
        out, self._out = self._out, []
        return out

    def _at(self, due: float, kind: str, name: str) -> None:
        self._timer_count += 1
        heappush(self._timers, (due, self._timer_count, kind, name))

    def _take_out(self, caller: Caller) -> None:
        # Who left and joined again under the same call id is another caller.
        if self.line.callers.get(caller.waiting.call) is caller:
            self.line.remove(caller.waiting.call)

    def _put(self, agent: Agent, now: float) -> None:
        """Make *agent* the truth; if that makes the agent free, find a caller."""
        number = agent.number
        old = self.agents.get(number)
        agent = _settled(agent, now)
        if old is None:
            self._describe(agent)
        else:
            if old.work is Work.WRAP_UP and agent.work is Work.IDLE:
                self._out.append(Freed(number))
            if old.skills != agent.skills or old.queues != agent.queues:
                self._describe(agent)
            elif old.presence is not agent.presence:
                self._file(agent)
        self.agents[number] = agent
        if old is not None:
            self._count(old, -1)
        self._count(agent, +1)
        if agent.work is Work.WRAP_UP:
            self._at(agent.free_at, "free", number)
        if agent.free(now):
            self._make_idle(agent, now)
        elif agent.work is Work.OFFERED and number in self._idle:
            self._idle.hide(number)
        else:
            self._idle.remove(number)

    def _describe(self, agent: Agent) -> None:
        """What the agent can do is new, or another thing than it was."""
        self._abilities[agent.number] = _abilities(agent)
        for roster in (self._idle, self._on_duty, self._signed_in):
            roster.remove(agent.number)
        self._file(agent)

    def _file(self, agent: Agent) -> None:
        """Keep the agent among those who are signed in, and on duty, or not."""
        abilities = self._abilities[agent.number]
        signed_in = agent.presence is not Presence.LOGGED_OUT
        _keep(self._signed_in, agent.number, abilities, signed_in)
        on_duty = agent.presence is Presence.READY
        _keep(self._on_duty, agent.number, abilities, on_duty)

    def _make_idle(self, agent: Agent, now: float) -> None:
        number = agent.number
        if number in self._idle and self._idle_since[number] == agent.idle_since:
            self._idle.show(number)  # an offer that was not his fault cost no place
        else:
            self._idle.add(number, self._abilities[number])
            self._idle_since[number] = agent.idle_since
        caller = self.line.first_for(self._abilities[number])
        if caller is not None:
            self._match(caller, number, self._idle.match(caller.ask), now)

    def _find_agent(self, caller: Caller, now: float) -> bool:
        """Match the caller with a free agent; return whether there was one."""
        found = self._idle.match(caller.ask)
        if not found:
            return False
        if self._rules[caller.waiting.queue].choose == "best_skill":
            number = self._best(found, caller.ask)
        else:
            number = self._idle.first(found)
        self._match(caller, number, found, now)
        return True

    def _best(self, found: Found, ask: Ask) -> str:
        """Who has the highest sum of levels over *ask*; of equals, the longest idle."""
        best, best_sum = "", -1
        for number, abilities in self._idle.each(found):
            total = sum(abilities[ability] for ability, _ in ask)
            if total > best_sum:
                best, best_sum = number, total
        return best

    def _match(self, caller: Caller, number: str, found: Found, now: float) -> None:
        queue = caller.waiting.queue
        doing = self._doing[queue]
        able = count(found)
        why = Why(
            choose=self._rules[queue].choose,
            held=names(caller.ask) is not None,
            able=able,
            unable=doing["free"] - able,
            others=tuple(sorted((k, n) for k, n in doing.items() if n and k != "free")),
            waited=max(0.0, now - caller.waiting.joined),
            behind=self.line.length(queue) - 1,
        )
        caller.stand = Stand.OFFERED
        self._serves[number] = caller
        agent = self.agents[number]
        self._put(replace(agent, work=Work.OFFERED, work_since=now), now)
        self._out.append(Match(caller.waiting.call, number, why))

    def _widen(self, caller: Caller, now: float) -> None:
        before = (caller.need, caller.priority)
        need, priority = _wants(caller.waiting, now)
        ask = _ask(caller.waiting, need, now)
        if ask == caller.ask and priority == caller.priority:
            return
        self.line.change(caller, need, ask, priority)
        if (need, priority) != before:
            waited = now - caller.waiting.joined
            self._out.append(Widened(caller.waiting.call, need, priority, waited))
        if caller.stand is Stand.WAITING:
            self._find_agent(caller, now)

    def _count(self, agent: Agent, by: int) -> None:
        doing = _doing(agent)
        for queue in agent.queues:
            self._doing[queue][doing] += by


def _keep(roster: Roster, number: str, abilities: Abilities, there: bool) -> None:
    if not there:
        roster.remove(number)
    elif number not in roster:
        roster.add(number, abilities)


def _settled(agent: Agent, now: float) -> Agent:
    """The agent with work idle or wrap-up as `free_at` says: a row may be older."""
    if agent.work is Work.WRAP_UP and agent.free_at <= now:
        return replace(agent, work=Work.IDLE, work_since=agent.free_at)
    if agent.work is Work.IDLE and agent.free_at > now:
        return replace(agent, work=Work.WRAP_UP)
    return agent


def _after(agent: Agent, now: float, free_at: float | None) -> Agent:
    """The agent once work is over and *free_at* is when the next one may begin."""
    if free_at is None:
        free_at = agent.free_at
    work = Work.WRAP_UP if free_at > now else Work.IDLE
    return replace(agent, work=work, work_since=now, free_at=free_at)


def _doing(agent: Agent) -> str:
    return WORKING.get(agent.work) or IDLING[agent.presence]


def _abilities(agent: Agent) -> Abilities:
    abilities: dict[Ability, int] = {s: n for s, n in agent.skills.items()}  # noqa: C416 - the type of the keys widens
    for queue in agent.queues:
        abilities["queue", queue] = TOP_LEVEL
    abilities["agent", agent.number] = TOP_LEVEL
    return abilities


def _wants(waiting: Waiting, now: float) -> tuple[Need, float]:
    """What *waiting* asks for at *now*, and its priority: widened as far as is due."""
    need, priority = waiting.need, waiting.priority
    for step in sorted(waiting.widening, key=lambda w: w.after):
        if waiting.joined + step.after <= now:
            need, priority = step.apply(need), priority + step.priority
    return need, priority


def _ask(waiting: Waiting, need: Need, now: float) -> Ask:
    ask = _ask_of(waiting.queue, need)
    held = waiting.preferred
    if held is not None and (held.for_ever or now < held.until):
        return ((("agent", held.agent), 1), *ask)
    return ask


def _ask_of(queue: str, need: Need) -> Ask:
    return ((("queue", queue), 1), *need.least)
