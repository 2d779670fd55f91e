"""From a scenario to its figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace as changed

from msgspec.structs import replace

from ivrflow.acd.engine import Engine
from ivrflow.acd.model import (
    ANYONE,
    Agent,
    Presence,
    QueueRules,
    Widening,
    flat_skills,
)
from ivrflow.flow.kinds import Name, Plain, did_you_mean
from ivrflow.flow.site import Site
from ivrflow.flow.site.agents import Agent as Written
from ivrflow.flow.site.queues import Queue
from ivrflow.flow.site.roster import agents_of, queue_rules, rules_of
from ivrflow.flow.source import Problem, place_of
from ivrflow.sim.queue.chance import (
    Coming,
    calls,
    durations,
    poisson,
    stream,
    together,
)
from ivrflow.sim.queue.floor import Class, Floor, Setting
from ivrflow.sim.queue.scenario import (
    MISFIT,
    ONE,
    UNKNOWN,
    Group,
    Scenario,
    WhatIf,
    of_class,
)
from ivrflow.sim.queue.staff import Staff, Turn, worker
from ivrflow.sim.queue.tally import Result


class BadScenario(Exception):
    """What a scenario says can't be played. `problems` are all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)


def prepare(scenario: Scenario, site: Site | None = None) -> Setting:
    """Make all that a run needs; raise `BadScenario`.

    With *site*, its queues are there beside those of the scenario, and its agents
    answer: all of them, or those whom the scenario's groups name.
    """
    endless = []
    for name in scenario.arrivals:
        patience = of_class(scenario.patience, name)
        if patience is None or patience.mean == math.inf:
            endless.append(str(name))
    setting = staffed(scenario, list(scenario.arrivals), endless, site)
    return changed(setting, warm_up=scenario.warming(), counted=int(scenario.calls))


def staffed(
    what_if: WhatIf,
    names: Sequence[Name],
    endless: Sequence[str],
    site: Site | None = None,
) -> Setting:
    """The same for the calls of classes *names*; those of *endless* never hang up."""
    wrong: list[Problem] = []
    rules = _rules(what_if, site)
    agents, turns = _staff(what_if, site, rules, wrong)
    classes = [_class(name, what_if, rules, wrong) for name in names]
    if not agents and not wrong:
        message = "nobody answers; `agents` is a list: `- {count: 3, skills: {a: 1}}`"
        wrong.append(Problem(what_if.at, MISFIT, message))
    if not wrong:
        hopeless = _unserved([c for c in classes if c.name in endless], agents, rules)
        for name in names:
            if str(name) in hopeless:
                message = f"no agent can ever serve {str(name)!r}, and they wait on"
                wrong.append(Problem(name.at, MISFIT, message))
    if wrong:
        raise BadScenario(sorted(wrong))
    return Setting(
        classes=classes,
        staff=Staff(agents, turns),
        rules=rules,
        room=what_if.room.number if what_if.room is not None else None,
    )


def play(
    scenario: Scenario,
    setting: Setting,
    *,
    seed: int,
    number: int = 0,
    tell: Callable[[int], None] | None = None,
) -> Result:
    """Play one run. *number* counts runs with one *seed*, each with calls of its own.

    On Ctrl-C, what there is so far comes back, with callers `waiting` perhaps.
    """
    floor = Floor(setting, coming(scenario, f"{seed}.{number}"))
    try:
        return floor.play(tell)
    except KeyboardInterrupt:
        return floor.result()


def coming(scenario: Scenario, seed: str) -> Iterator[Coming]:
    """All calls of a run, in their order, without end."""
    return together(
        [
            calls(
                klass,
                poisson(_profile(rates), stream(seed, str(name), "arrivals")),
                durations(
                    of_class(scenario.handle, name), stream(seed, str(name), "handle")
                ),
                durations(
                    of_class(scenario.patience, name),
                    stream(seed, str(name), "patience"),
                ),
                rings(scenario, seed, str(name)),
            )
            for klass, (name, rates) in enumerate(scenario.arrivals.items())
        ]
    )


def rings(what_if: WhatIf, seed: str, name: str) -> Iterator[float] | None:
    """How long phones ring for calls of class *name*; None: no time."""
    if what_if.ring is None:
        return None
    return durations(what_if.ring, stream(seed, name, "ring"))


def _profile(rates: object) -> list[tuple[float, float]]:
    assert isinstance(rates, dict)
    return sorted((time.seconds, float(rate)) for time, rate in rates.items())


def _rules(what_if: WhatIf, site: Site | None) -> dict[str, QueueRules]:
    """The queues: the site's, the scenario's, or one for all."""
    rules = queue_rules(site) if site is not None else {}
    rules |= {str(n): rules_of(str(n), queue) for n, queue in what_if.queues.items()}
    if not rules:
        rules[ONE] = rules_of(ONE, Queue())
    return {name: _changed(one, what_if) for name, one in rules.items()}


def _changed(rules: QueueRules, what_if: WhatIf) -> QueueRules:
    """The queue's rules with what the scenario says for all queues."""
    if what_if.choose is not None:
        rules = changed(rules, choose=what_if.choose)
    if what_if.wrap_up is not None:
        rules = changed(rules, wrap_up=float(what_if.wrap_up))
    if what_if.ageing is not None:
        rules = changed(rules, ageing=float(what_if.ageing))
    return rules


def _class(
    name: Name,
    what_if: WhatIf,
    rules: dict[str, QueueRules],
    wrong: list[Problem],
) -> Class:
    queue = what_if.queue.get(name)
    default = str(name) if name in rules else next(iter(rules))
    if queue is not None and str(queue) not in rules:
        hint = did_you_mean(str(queue), rules)
        message = f"there is no queue {str(queue)!r}{hint}"
        wrong.append(Problem(place_of(queue), UNKNOWN, message))
        queue = None
    elif queue is None and default != name and len(rules) > 1:
        message = f"which queue is for {str(name)!r}? Say `queue: {{{name}: NAME}}`"
        wrong.append(Problem(name.at, MISFIT, message))
    wanted = what_if.needs.get(name)
    return Class(
        name=str(name),
        queue=str(queue or default),
        need=wanted.whole() if wanted is not None else ANYONE,
        priority=float(what_if.priority.get(name, 0.0)),
        widening=tuple(
            Widening(
                after=float(step.after),
                drop=(str(step.drop),) if step.drop else (),
                lower={str(n): int(level) for n, level in step.lower.items()},
                priority=float(step.priority),
            )
            for step in what_if.widen.get(name, ())
        ),
    )


def _staff(
    what_if: WhatIf,
    site: Site | None,
    rules: dict[str, QueueRules],
    wrong: list[Problem],
) -> tuple[list[Agent], list[Turn]]:
    """All agents as at midnight, and their turns."""
    known = {a.number: a for a in agents_of(site)} if site is not None else {}
    agents: list[Agent] = []
    turns: list[Turn] = []
    groups = what_if.agents or ((None,) if known else ())
    for group in groups:
        for agent in _members(group, known, rules, len(agents), wrong):
            shift = None
            breaks: list[tuple[float, float]] = []
            if group is not None:
                if group.shift is not None:
                    shift = group.shift.begin, group.shift.end
                breaks = [
                    (b.at_.seconds, b.at_.seconds + b.lasts) for b in group.breaks
                ]
            placed, times = worker(agent, shift, breaks)
            agents.append(placed)
            turns += times
    return agents, turns


def _members(
    group: Group | None,
    known: dict[str, Agent],
    rules: dict[str, QueueRules],
    so_far: int,
    wrong: list[Problem],
) -> Iterator[Agent]:
    """The agents of a group; of None, all whom the site has."""
    if group is None:
        yield from known.values()
        return
    for number in group.agents:
        if str(number) in known:
            yield known[str(number)]
        else:
            message = f"there is no agent {str(number)!r} in the site's agents.yaml"
            if not known:
                message = "`agents:` of a group needs --site, whose agents they are"
            wrong.append(Problem(number.at, UNKNOWN, message))
    if group.agents:
        return
    for queue in group.queues:
        if str(queue) not in rules:
            message = f"there is no queue {str(queue)!r}{did_you_mean(queue, rules)}"
            wrong.append(Problem(queue.at, UNKNOWN, message))
    written = Written(name=Plain(""), skills=group.skills)
    skills = flat_skills(written.levels())
    queues = frozenset(map(str, group.queues)) or frozenset(rules)
    for one in range(int(group.count)):
        yield Agent(
            number=str(so_far + one + 1),
            skills=skills,
            queues=queues,
            reserve=queues if group.reserve else frozenset(),
            order=so_far + one,
        )


def _unserved(
    classes: Sequence[Class], agents: Sequence[Agent], rules: dict[str, QueueRules]
) -> set[str]:
    """Classes of which nobody can ever do what they need."""
    engine = Engine(rules)
    engine.see([replace(a, presence=Presence.READY) for a in agents], 0.0)
    return {klass.name for klass in classes if not engine.can_ever_serve(klass.at(0.0))}
