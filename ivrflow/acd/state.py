"""Agents and queues as the API shows them: texts and numbers only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ivrflow.acd.engine import Engine
from ivrflow.acd.model import Agent, QueueRules


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """An agent now. Times are wall-clock seconds."""

    number: str
    name: str
    presence: str
    reason: str
    presence_since: float
    work: str
    work_since: float
    free_at: float | None
    """When the wrap-up ends; None if there is none."""
    address: str
    queues: tuple[str, ...]
    call: str
    """Who rings for or talks with the agent, "" if nobody."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """A queue and its callers, next one first."""

    name: str
    ready: int
    """Agents of this queue who could take a call this moment."""
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
    ringing: Collection[str],
    now: float,
) -> State:
    """Return the state at *now*; *ringing* are the calls for which a phone rings."""
    agents = sorted(engine.agents.values(), key=lambda a: a.number)
    return State(
        at=now,
        agents=tuple(_agent(engine, agent, now) for agent in agents),
        queues=tuple(
            QueueState(
                name=name,
                ready=sum(name in a.queues and a.free(now) for a in agents),
                signed_in=sum(
                    name in a.queues and engine.is_signed_in(a.number) for a in agents
                ),
                waiting=tuple(
                    CallerState(
                        call=caller.waiting.call,
                        position=position,
                        joined=caller.waiting.joined,
                        waited=max(0.0, now - caller.waiting.joined),
                        needs=caller.need.spelled(),
                        priority=caller.priority,
                        ringing=caller.waiting.call in ringing,
                    )
                    for position, caller in enumerate(engine.line.in_order(name), 1)
                ),
            )
            for name in queues
        ),
    )


def _agent(engine: Engine, agent: Agent, now: float) -> AgentState:
    return AgentState(
        number=agent.number,
        name=agent.name,
        presence=agent.presence.value,
        reason=agent.reason,
        presence_since=agent.presence_since,
        work=agent.work_at(now).value,
        work_since=agent.work_since,
        free_at=agent.free_at if agent.free_at > now else None,
        address=agent.address,
        queues=tuple(sorted(agent.queues)),
        call=engine.serving(agent.number),
    )
