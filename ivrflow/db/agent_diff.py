"""What differs between agents.yaml and the database: pure, and told per value.

Queues and skills may be changed live, by supervisors; and the file may be newer than
what the service has taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ivrflow.acd.model import Agent
from ivrflow.db.agents import Enrolled
from ivrflow.db.board_rows import OTHERS, able, said_of

GONE, NEW = "gone", "new"
"""The `what` of an agent whom the file, or the database, does not have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is another one in the file than in the database.

    *what* is a key of agents.yaml, `gone` (not in the file) or `new` (not in the
    database); *file* and *database* are plain values, None where there is none.
    """

    agent: str
    what: str
    file: Any
    database: Any
    live: bool = False
    """Whether it was changed live."""


def differences(
    file: Iterable[Enrolled], database: Iterable[Enrolled]
) -> list[Difference]:
    """All differences, in the order of the agents' numbers."""
    wanted = {one.agent.number: one for one in file}
    known = {one.agent.number: one for one in database}
    found = []
    for number in sorted({*wanted, *known}):
        ours, theirs = wanted.get(number), known.get(number)
        if ours is None and theirs is not None:
            found.append(Difference(number, GONE, None, theirs.agent.name))
        elif ours is not None and theirs is None:
            found.append(Difference(number, NEW, ours.agent.name, None))
        elif ours is not None and theirs is not None:
            found += _between(number, ours, theirs)
    return found


def _between(number: str, file: Enrolled, database: Enrolled) -> list[Difference]:
    ours, theirs = values_of(file), values_of(database)
    return [
        Difference(
            number,
            what,
            ours[what],
            theirs[what],
            database.agent.live and what in ("queues", "skills"),
        )
        for what in ours
        if ours[what] != theirs[what]
    ]


def values_of(one: Enrolled) -> Mapping[str, Any]:
    """What is said of an agent, each value plain, by the names of agents.yaml.

    An agent's place in the file (`order`) is no value of the file.
    """
    said = said_of(one.agent)
    usual = said_of(Agent(number=one.agent.number))
    more = {name: getattr(one.agent, name) for name in OTHERS}
    plain = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in more.items()
        if name not in ("order", "live", "team")
    }
    assert usual.keys() == said.keys()
    return {
        "name": said["name"],
        "endpoint": said["endpoint"],
        "team": one.team,
        "role": one.role,
        **able(one.agent),
        **plain,
    }
