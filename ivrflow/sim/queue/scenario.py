"""A scenario: who calls, who answers, by which rules. A YAML file.

    calls: 100000
    arrivals: {a: 24/h, b: 12/h}
    handle: 240s
    patience: 120s
    needs: {a: {a: 1}, b: {b: 1}}
    agents:
      - {count: 1, skills: {a: 5}}
      - {count: 2, skills: {a: 5, b: 5}}
    choose: longest_idle

Classes of calls are what `arrivals` names. Where a class can have its own value, a
plain value is that of all classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from ivrflow.acd.model import Need as Asked
from ivrflow.acd.model import need, skill
from ivrflow.flow.explain import build
from ivrflow.flow.kind import Or, Part
from ivrflow.flow.kinds import Duration, Name, Number, Plain, Whole, YesNo, did_you_mean
from ivrflow.flow.needs import skills_apart
from ivrflow.flow.site.agents import AgentNumber, Skill
from ivrflow.flow.site.queues import Choose, Queue
from ivrflow.flow.source import Mark, Problem, Table, place_of, read
from ivrflow.sim.queue.values import ClockTime, Law, Patience, Places, Rate, Shift

UNKNOWN = "R001"
"""A name that nothing bears."""

MISFIT = "R002"
"""A value that does not go with the others."""

MOST_CALLS = 100_000_000
MOST_AGENTS = 100_000
MOST_CLASSES = 1_000

ONE = "all"
"""The queue of a scenario that names none."""


def _for_all(value: object) -> object:
    """A value that stands for all classes, as a table: "" -> value."""
    if isinstance(value, Table) and "mean" not in value:
        return value
    return {"": value}


class Need(Part):
    """What a skill must be: this level at least, or one value of it."""

    short: ClassVar[str] = "is"

    value: Plain = Field(alias="is", description="The least level, or the value.")
    level: Whole | None = Field(None, description="The least level of that value.")


class Needs(Part):
    """What calls of a class need of an agent: skills, beside `any` and `not`."""

    skills: dict[Name, Need] = Field(
        default_factory=dict, description="Skill -> least level, or value."
    )
    any: tuple[dict[Name, Need], ...] = Field(
        (), description="One of these must be there too."
    )
    none: dict[Name, Need] = Field(
        default_factory=dict, alias="not", description="Not one of these."
    )

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, value: Any) -> Any:
        return skills_apart(value)

    def whole(self) -> Asked:
        """As the engine is asked for it."""
        return need(
            _skills(self.skills),
            any=[_skills(one) for one in self.any],
            none=_skills(self.none),
        )


def _skills(given: Mapping[Name, Need]) -> dict[str, int]:
    """Skills as the engine names them, each with its least level."""
    levels: dict[str, int] = {}
    for name, one in given.items():
        if one.value.isdigit():
            levels[str(name)] = int(one.value)
        else:
            levels[skill(name, one.value)] = 1 if one.level is None else int(one.level)
    return levels


class Break(Part):
    """A time in which agents take no calls; a talk is ended first."""

    at_: ClockTime = Field(alias="at", description="When it begins.")
    lasts: Duration = Field(alias="for", description="How long.")


class Group(Part):
    """Agents who are alike."""

    count: Whole = Field(Whole(1), description="How many.")
    agents: tuple[AgentNumber, ...] = Field(
        (), description="With --site: these agents, as agents.yaml has them."
    )
    skills: dict[Name, Skill] = Field(
        default_factory=dict, description="Skill -> level, or -> value -> level."
    )
    queues: tuple[Name, ...] = Field((), description="Left out: all queues.")
    reserve: YesNo = Field(
        False, description="Rung only when nobody else is free who could."
    )
    shift: Shift | None = Field(None, description="When they work; else always.")
    breaks: tuple[Break, ...] = Field((), description="When they pause, each day.")


class Widen(Part):
    """What a class of calls gives up after a time of waiting."""

    after: Duration = Field(description="Counted from joining the queue.")
    drop: Name | None = Field(None, description="A skill that is not needed any more.")
    lower: dict[Name, Whole] = Field(
        default_factory=dict, description="Skill -> the level that is enough."
    )
    priority: Number = Field(Number(0), description="Added to the priority.")


Laws = Annotated[dict[Plain, Law], BeforeValidator(_for_all), Or(Law)]
Patiences = Annotated[dict[Plain, Patience], BeforeValidator(_for_all), Or(Patience)]


def _rates(value: object) -> object:
    """A rate that never changes, as a table of the day's times."""
    return {"00:00": value} if isinstance(value, str) else value


Rates = Annotated[dict[ClockTime, Rate], BeforeValidator(_rates), Or(Rate)]


class WhatIf(Part):
    """Who answers, and by which rules: what a recorded day is played again with."""

    seed: Whole = Field(Whole(1), description="The same seed: the same calls.")
    wrap_up: Duration | None = Field(
        None, description="Time after a call; left out: as the queue says."
    )
    ring: Law | None = Field(
        None, description="How long a phone rings until it is answered; else no time."
    )
    room: Places | None = Field(
        None, description="How many may wait, of all classes together."
    )
    needs: dict[Name, Needs] = Field(
        default_factory=dict, description="Class -> skill -> least level, or value."
    )
    priority: dict[Name, Number] = Field(
        default_factory=dict, description="Class -> priority; higher first."
    )
    ageing: Duration | None = Field(
        None, description="Waiting so long counts as one priority; else strict."
    )
    widen: dict[Name, tuple[Widen, ...]] = Field(
        default_factory=dict, description="Class -> what is given up, and when."
    )
    agents: tuple[Group, ...] = Field((), description="Who answers.")
    choose: Choose | None = Field(None, description="Which agent rings first.")
    queue: dict[Name, Name] = Field(
        default_factory=dict, description="Class -> its queue; else one for all."
    )
    queues: dict[Name, Queue] = Field(
        default_factory=dict, description="Queues as in queues.yaml."
    )


class Scenario(WhatIf):
    """A scenario, as it was written."""

    calls: Whole = Field(Whole(100_000), description="How many are counted.")
    warm_up: Whole | None = Field(
        None, description="Calls before these; left out: a tenth, 1000 to 50,000."
    )
    arrivals: dict[Name, Rates] = Field(
        description="Class -> rate, or -> time of day -> rate from then on. Poisson."
    )
    handle: Laws = Field(description="How long an agent talks, for each class.")
    patience: Patiences = Field(
        default_factory=dict, description="When callers hang up; left out: never."
    )

    def warming(self) -> int:
        """Calls that come before the first that counts."""
        if self.warm_up is not None:
            return int(self.warm_up)
        return min(max(1000, int(self.calls) // 10), 50_000)


def read_scenario(
    text: str | bytes, file: str
) -> tuple[Scenario | None, list[Problem]]:
    """Read a scenario, or say everything that is wrong with it."""
    scenario, problems = _read(Scenario, text, file, "a scenario")
    if scenario is not None:
        problems += _misfits(scenario)
    return (None if problems else scenario), sorted(problems)


def read_what_if(
    text: str | bytes, file: str, classes: Sequence[str]
) -> tuple[WhatIf | None, list[Problem]]:
    """The same for a file without calls: those are of a day that has *classes*."""
    what_if, problems = _read(WhatIf, text, file, "a what-if file")
    if what_if is not None:
        problems += _common(what_if, classes)
    return (None if problems else what_if), sorted(problems)


M = TypeVar("M", bound=Part)


def _read(
    model: type[M], text: str | bytes, file: str, what: str
) -> tuple[M | None, list[Problem]]:
    raw, problems = read(text, file)
    if problems or not isinstance(raw, Table):
        if not problems:
            message = f"{what} is a table: `agents:`, `choose:`, ..."
            problems.append(Problem(Mark(file, 1, 1), "F013", message))
        return None, problems
    return build(model, raw, problems, what=what, at=Mark(file, 1, 1)), problems


def _misfits(scenario: Scenario) -> Iterable[Problem]:
    """What the values, each right by itself, are not together."""
    classes = [str(name) for name in scenario.arrivals]
    if not classes:
        yield Problem(scenario.at, MISFIT, "`arrivals` must name a class of calls")
    if len(classes) > MOST_CLASSES:
        yield Problem(scenario.at, MISFIT, f"more than {MOST_CLASSES:,} classes")
    if not 1 <= scenario.calls <= MOST_CALLS:
        message = f"{scenario.calls} calls: write 1 to {MOST_CALLS:,}"
        yield Problem(scenario.calls.at, MISFIT, message)
    yield from _common(scenario, classes)
    for key in ("handle", "patience"):
        yield from _strangers(key, getattr(scenario, key), classes)
    for name, rates in scenario.arrivals.items():
        if not any(rate > 0 for rate in rates.values()):
            yield Problem(name.at, MISFIT, f"nobody of {str(name)!r} ever calls")
        if of_class(scenario.handle, str(name)) is None:
            message = f"`handle` does not say how long a call of {str(name)!r} is"
            yield Problem(name.at, MISFIT, message)
    for law in (*scenario.handle.values(), *scenario.patience.values()):
        if law.mean <= 0:
            yield Problem(law.mean.at, MISFIT, "a mean of nothing; write 1s or more")


def _common(what_if: WhatIf, classes: Sequence[str]) -> Iterable[Problem]:
    if sum(int(group.count) for group in what_if.agents) > MOST_AGENTS:
        yield Problem(what_if.agents[0].at, MISFIT, f"more than {MOST_AGENTS:,} agents")
    if what_if.ring is not None and what_if.ring.mean <= 0:
        message = "a ring of no time; leave `ring` out"
        yield Problem(what_if.ring.mean.at, MISFIT, message)
    for key in ("needs", "priority", "widen", "queue"):
        yield from _strangers(key, getattr(what_if, key), classes)


def _strangers(
    key: str, given: Mapping[Any, object], classes: Sequence[str]
) -> Iterable[Problem]:
    """Classes below *key* of which no call comes."""
    for name in given:
        if name != "" and str(name) not in classes:
            hint = did_you_mean(str(name), classes)
            message = f"`{key}` names {str(name)!r}, and no such calls come{hint}"
            yield Problem(place_of(name), UNKNOWN, message)


def of_class(table: Mapping[Any, Any], name: str) -> Any:
    """The value for class *name*: its own, else that of all, else None."""
    return table.get(name, table.get(""))
