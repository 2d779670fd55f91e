"""What the board keeps as rows of its tables, and back again. Pure."""

from __future__ import annotations

import math
from typing import Any

from msgspec import convert, to_builtins
from msgspec.structs import fields
from sqlalchemy import RowMapping

from ivrflow.acd.desk.board import LIVING, PASSING
from ivrflow.acd.model import Agent, Offer, Presence, Waiting, Work

COLUMNS = ("name", "endpoint", "queues", "skills")
"""What is given of an agent and has a column of its own."""

OTHERS = {
    field.name: field
    for field in fields(Agent)
    if field.name not in ("number", *COLUMNS, *LIVING) and field.name not in PASSING
}
"""What is given of an agent and stands in the column `more`."""


def able(agent: Agent) -> dict[str, Any]:
    """What an agent can do: what may be changed live."""
    return {"queues": sorted(agent.queues), "skills": dict(agent.skills)}


def said_of(agent: Agent) -> dict[str, Any]:
    """What else the site's files say of an agent."""
    return {
        "name": agent.name,
        "endpoint": agent.endpoint,
        "more": {
            name: _plain(value)
            for name, field in OTHERS.items()
            if (value := getattr(agent, name)) != field.default
        },
    }


def agent_row(agent: Agent) -> dict[str, Any]:
    """The row of an agent who is new."""
    lives = {name: getattr(agent, name) for name in LIVING}
    return {
        "number": agent.number,
        **said_of(agent),
        **able(agent),
        **lives,
        "presence": agent.presence.value,
        "work": agent.work.value,
    }


def agent_in(row: RowMapping) -> Agent:
    """The agent of a row."""
    lives = {name: row[name] for name in LIVING}
    more = {
        name: convert(value, type=OTHERS[name].type, strict=False)
        for name, value in row["more"].items()
        if name in OTHERS  # an older version's row may say what we don't know
    }
    return Agent(
        number=row["number"],
        name=row["name"],
        endpoint=row["endpoint"],
        queues=frozenset(row["queues"]),
        skills=row["skills"],
        **lives
        | {"presence": Presence(row["presence"]), "work": Work(row["work"])}
        | more,
    )


def waiting_row(waiting: Waiting) -> dict[str, Any]:
    """The row of a caller who waits."""
    asks = _plain(waiting)
    return {name: asks.pop(name) for name in ("call", "queue", "joined")} | {
        "asks": asks
    }


def waiting_in(row: RowMapping) -> Waiting:
    """The caller who waits of a row."""
    known = {name: row[name] for name in ("call", "queue", "joined")}
    return convert({**row["asks"], **known}, type=Waiting, strict=False)


def _plain(value: object) -> Any:
    """*value* as JSON has it. It has no infinity: that is the text "inf", which
    `convert`, not being strict, takes for a number."""
    return _finite(to_builtins(value, order="sorted"))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inside) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inside) for inside in value]
    return "inf" if value == math.inf else value


def offer_row(offer: Offer) -> dict[str, Any]:
    """The row of an offer that is live."""
    return {
        "id": offer.id,
        "call": offer.call,
        "queue": offer.queue,
        "agent": offer.agent,
        "at": offer.at,
        "who": offer.who,
        "alone": offer.alone,
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
        alone=row["alone"],
        connected=row["connected"],
    )
