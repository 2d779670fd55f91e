"""What the board keeps as rows of its tables, and back again. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping

from ivrflow.acd.model import (
    Agent,
    Need,
    Offer,
    Preferred,
    Presence,
    Waiting,
    Widening,
    Work,
)


def given(agent: Agent) -> dict[str, Any]:
    """What the site's files say of an agent."""
    return {
        "name": agent.name,
        "endpoint": agent.endpoint,
        "queues": sorted(agent.queues),
        "skills": dict(agent.skills),
    }


def agent_row(agent: Agent) -> dict[str, Any]:
    """The row of an agent who is new."""
    return {
        "number": agent.number,
        **given(agent),
        "presence": agent.presence.value,
        "reason": agent.reason,
        "presence_since": agent.presence_since,
        "sits_at": agent.sits_at,
        "work": agent.work.value,
        "work_since": agent.work_since,
        "free_at": agent.free_at,
    }


def agent_in(row: RowMapping) -> Agent:
    """The agent of a row."""
    return Agent(
        number=row["number"],
        name=row["name"],
        endpoint=row["endpoint"],
        queues=frozenset(row["queues"]),
        skills=row["skills"],
        presence=Presence(row["presence"]),
        reason=row["reason"],
        presence_since=row["presence_since"],
        sits_at=row["sits_at"],
        work=Work(row["work"]),
        work_since=row["work_since"],
        free_at=row["free_at"],
    )


def waiting_row(waiting: Waiting) -> dict[str, Any]:
    """The row of a caller who waits."""
    held = waiting.preferred
    return {
        "call": waiting.call,
        "queue": waiting.queue,
        "joined": waiting.joined,
        "need": [list(pair) for pair in waiting.need.least],
        "priority": waiting.priority,
        "widening": [
            {
                "after": step.after,
                "drop": list(step.drop),
                "lower": dict(step.lower),
                "priority": step.priority,
            }
            for step in waiting.widening
        ],
        # For ever is no number: JSON has no infinity.
        "preferred": held and [held.agent, None if held.for_ever else held.until],
        "who": waiting.who,
    }


def waiting_in(row: RowMapping) -> Waiting:
    """The caller who waits of a row."""
    return Waiting(
        call=row["call"],
        queue=row["queue"],
        joined=row["joined"],
        need=Need(tuple((skill, level) for skill, level in row["need"])),
        priority=row["priority"],
        widening=tuple(_widening(step) for step in row["widening"]),
        preferred=_preferred(row["preferred"]),
        who=row["who"],
    )


def _preferred(held: Sequence[Any] | None) -> Preferred | None:
    if held is None:
        return None
    agent, until = held
    return Preferred(agent, math.inf if until is None else until)


def _widening(step: Mapping[str, Any]) -> Widening:
    return Widening(
        after=step["after"],
        drop=tuple(step["drop"]),
        lower=step["lower"],
        priority=step["priority"],
    )


def offer_row(offer: Offer) -> dict[str, Any]:
    """The row of an offer that is live."""
    return {
        "id": offer.id,
        "call": offer.call,
        "queue": offer.queue,
        "agent": offer.agent,
        "at": offer.at,
        "who": offer.who,
    }


def offer_in(row: RowMapping) -> Offer:
    """The offer of a row."""
    return Offer(
        id=row["id"],
        call=row["call"],
        queue=row["queue"],
        agent=row["agent"],
        at=row["at"],
        who=row["who"],
    )
