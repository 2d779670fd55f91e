"""Q012: a skill that no agent has.

A queue step, or `work` of a mailbox, asks for a skill, or for a value or a level of it,
that none of the agents of that queue has: such a call could wait for ever. That goes
for each alternative of `any` too, and `not` must name a skill that somebody has. Values
that come from data are checked where the data says `one_of:`. What `widen` drops or
lowers must be asked for, and what it lowers to must be less than that.

Wrong:

    wait: {queue: desk, skills: {mail: 5}}
                                       ^

Right:

    wait: {queue: desk, skills: {mail: 3}}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ivrflow.flow.check._kinds import Type
from ivrflow.flow.check._values import (
    names_with,
    texts_possible,
    type_of,
    variables,
)
from ivrflow.flow.kinds import Expression, Name, QueueName, did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow
    from ivrflow.flow.needs import Needs, SkillNeed, Widen
    from ivrflow.flow.site import Site

CODE = "Q012"
Levels = dict[str, dict[str, int]]
"""Skill -> value -> the highest level of any agent; "" for a skill without values."""


def check(site: Site) -> Iterator[Problem]:
    if "agents.yaml" in site.unread or not site.agents:
        return
    for flow in site.flows.values():
        for node in flow.nodes.values():
            name = vars(node.step).get("queue")
            if node.verb != "queue" or not isinstance(name, QueueName):
                continue
            for queue in _queues(site, flow, name):
                asked: Needs = vars(node.step)["skills"]
                yield from _needs(site, variables(site)[flow.name], asked, queue)
                yield from _given_up(asked, vars(node.step)["widen"])
    for box in site.mailboxes.values():
        if box.work is not None:
            # What is set when the message is left depends on how a caller came there.
            yield from _needs(site, {}, box.work.skills, str(box.work.queue))


def _queues(site: Site, flow: Flow, name: QueueName) -> Iterable[str]:
    """The queue; all that it can be if the data says which."""
    if name.text is None:
        return (str(name),)
    return texts_possible(name.text, names_with(site, variables(site)[flow.name])) or ()


def _needs(
    site: Site, held: Mapping[str, Type], asked: Needs, queue: str
) -> Iterator[Problem]:
    """*held* are the variables where it is asked."""
    best = _best(site, queue)
    for needs in (asked.skills, *asked.any):
        for name, need in needs.items():
            if str(name) in best:
                yield from _level(site, held, queue, name, need, best[str(name)])
            else:
                yield _unknown(queue, name, best)
    for name in asked.none:
        if str(name) not in best:
            yield _unknown(queue, name, best)


def _given_up(asked: Needs, widen: Iterable[Widen]) -> Iterator[Problem]:
    """What `widen` gives up that was never asked for."""
    known = {str(n) for part in (asked.skills, *asked.any, asked.none) for n in part}
    for step in widen:
        for name in (*(step.lower or ()), *([step.drop] if step.drop else ())):
            if str(name) not in known:
                hint = did_you_mean(name, known)
                message = f"this step does not ask for the skill {str(name)!r}{hint}"
                yield Problem(name.at, CODE, message)
        for name, level in (step.lower or {}).items():
            highest = _highest(asked, name)
            if highest is not None and int(level) >= highest:
                message = (
                    f"{name!s} at level {int(level)} gives nothing up: this step asks "
                    f"for level {highest}"
                )
                yield Problem(name.at, CODE, message)


def _highest(asked: Needs, name: Name) -> int | None:
    """The highest level of this skill that is asked for; None: only the call knows, or
    it is not asked for."""
    levels = []
    for part in (asked.skills, *asked.any):
        for one, need in part.items():
            if str(one) != str(name):
                continue
            if need.value.source.isdigit():
                levels.append(int(need.value.source))
            elif need.level is not None:
                levels.append(int(need.level))
            else:
                return None
    return max(levels, default=None)


def _unknown(queue: str, name: Name, best: Levels) -> Problem:
    hint = did_you_mean(name, best)
    message = f"no agent of {queue!r} has the skill {str(name)!r}{hint}"
    return Problem(name.at, CODE, message)


def _level(
    site: Site,
    held: Mapping[str, Type],
    queue: str,
    name: Name,
    need: SkillNeed,
    levels: dict[str, int],
) -> Iterator[Problem]:
    """What is asked of a skill that somebody has."""
    value: Expression = need.value
    level = int(need.level or 1)
    if value.source.isdigit():
        if max(levels.values()) < int(value.source):
            message = f"no agent of {queue!r} has {name!s} at level {value.source}"
            yield Problem(value.at, CODE, message)
        return
    for one in _possible(site, held, value):
        if levels.get(one, 0) < level:
            message = f"no agent of {queue!r} has {name!s}={one} at level {level}"
            yield Problem(value.at, CODE, message)


def _best(site: Site, queue: str) -> Levels:
    best: Levels = {}
    for agent in site.agents.values():
        if queue not in agent.serves():
            continue
        for skill, by_value in agent.skills.items():
            known = best.setdefault(str(skill), {})
            for value, level in by_value.items():
                known[str(value)] = max(known.get(str(value), 0), int(level))
    return best


def _possible(site: Site, held: Mapping[str, Type], value: Expression) -> Iterable[str]:
    """The values that an expression can have, where the site says so."""
    return type_of(value, names_with(site, held)).values or ()
