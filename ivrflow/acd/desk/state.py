"""Agents and queues as the API shows them: texts and numbers only."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivrflow.acd.desk.place import Place
from ivrflow.acd.engine import Engine
from ivrflow.acd.engine.line import Caller
from ivrflow.acd.engine.seat import DOING, RESTING
from ivrflow.acd.model import Agent, Presence, QueueRules, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """An agent now. Times are wall-clock seconds."""

    number: str
    name: str
    presence: str
    reason: str
    presence_since: float
    work: str
    """idle, offered, talking, wrap-up; or resting, the pause after a ring in vain."""
    work_since: float
    free_at: float | None
    """When the wrap-up or the rest ends; None if there is none, or no end yet."""
    address: str
    queues: tuple[str, ...]
    call: str
    """Who rings for or talks with the agent, "" if nobody."""
    elsewhere: bool = False
    """Whether the phone is in a call that is not ours."""
    held: float = 0.0
    """Seconds of the talk in which the caller was on hold, as far as they are over."""
    live: bool = False
    """Whether queues and skills are others than in agents.yaml."""
    unreached: float | None = None
    """Since when no offer has reached the phone; None for one that is there, as far as
    we know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerState:
    """A caller in line."""

    call: str
    position: int
    joined: float
    waited: float
    needs: Mapping[str, Any]
    """As widened by now."""
    priority: float
    ringing: bool
    held_for: str = ""
    """The agent who alone may have the call now; "" if there is none."""
    item: str = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """A queue and its callers, next one first."""

    name: str
    ready: int
    """Agents of this queue who could take a call this moment, as far as we know: of
    `unreached` none."""
    unreached: int
    """Its agents who have chosen to be ready, and whose phones are not reached."""
    signed_in: int
    waiting: tuple[CallerState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything the desk knows, at one moment."""

    at: float
    agents: tuple[AgentState, ...]
    queues: tuple[QueueState, ...]


def state_of(
    engine: Engine,
    queues: Mapping[str, QueueRules],
    places: Mapping[str, Place],
    unreached: Mapping[str, float],
    now: float,
) -> State:
    """Return the state at *now*; *places* are those of all callers, by their calls.

    *unreached* is agent -> since when his phone is not reached.
    """
    agents = sorted(engine.agents.values(), key=lambda a: a.number)
    held = {
        place.talk.agent.number: place.talk.held
        for place in places.values()
        if place.talk is not None
    }
    # One pass over the agents and one over the callers, not one for each queue.
    ready, signed_in, gone = Counter[str](), Counter[str](), Counter[str]()
    for agent in agents:
        if agent.presence is not Presence.LOGGED_OUT:
            signed_in.update(agent.queues)
            if agent.number in unreached:
                if agent.presence is Presence.READY:
                    gone.update(agent.queues)
            elif agent.free(now):
                ready.update(agent.queues)
    lines = defaultdict[str, list[Caller]](list)
    for caller in engine.line.callers.values():
        lines[caller.waiting.queue].append(caller)
    return State(
        at=now,
        agents=tuple(_agent(engine, agent, held, unreached, now) for agent in agents),
        queues=tuple(
            QueueState(
                name=name,
                ready=ready[name],
                unreached=gone[name],
                signed_in=signed_in[name],
                waiting=_callers(lines[name], places, now) if name in lines else (),
            )
            for name in queues
        ),
    )


def _callers(
    line: list[Caller], places: Mapping[str, Place], now: float
) -> tuple[CallerState, ...]:
    line.sort(key=lambda caller: caller.key)
    return tuple(
        CallerState(
            call=caller.waiting.call,
            position=position,
            joined=caller.waiting.joined,
            waited=max(0.0, now - caller.waiting.joined),
            needs=caller.need.spelled(),
            priority=caller.priority,
            ringing=places[caller.waiting.call].ringing,
            held_for=caller.ask.held,
            item=caller.waiting.item,
        )
        for position, caller in enumerate(line, 1)
    )


def _agent(
    engine: Engine,
    agent: Agent,
    held: Mapping[str, float],
    unreached: Mapping[str, float],
    now: float,
) -> AgentState:
    work = agent.work_at(now)
    rests = work is Work.WRAP_UP and engine.rests(agent.number)
    return AgentState(
        number=agent.number,
        name=agent.name,
        presence=agent.presence.value,
        reason=agent.reason,
        presence_since=agent.presence_since,
        work=DOING[RESTING] if rests else work.value,
        work_since=agent.work_since,
        free_at=agent.free_at if now < agent.free_at < math.inf else None,
        address=agent.address,
        queues=tuple(sorted(agent.queues)),
        call=engine.serving(agent.number),
        elsewhere=agent.elsewhere,
        held=held.get(agent.number, 0.0),
        live=agent.live,
        unreached=unreached.get(agent.number),
    )
