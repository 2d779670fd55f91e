"""`skills:` and `widen:`: what an agent must be able to do, and what is given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, model_validator

from ivrflow.acd.model import Need, Widening, need, skill
from ivrflow.flow.kind import Or
from ivrflow.flow.kinds import (
    Duration,
    Expression,
    Name,
    Number,
    OneOrMore,
    Part,
    Plain,
    QueueName,
    Whole,
)
from ivrflow.flow.source import Scalar, Table

Value = Callable[[Expression], Any]
"""Works out what an expression is in a call."""


class SkillNeed(Part):
    """What a skill must be: this value, at this level at least."""

    short: ClassVar[str] = "is"

    value: Expression = Field(
        alias="is", description="The value that the skill must have; none: no need."
    )
    level: Whole | None = Field(None, description="The least level, 1 to 10.")


def _by_name(value: object) -> object:
    """A skill alone, by its name: at level 1."""
    if isinstance(value, Scalar) and value:
        alone = Table()
        alone.at = value.at
        alone[value] = Scalar("1", value.at)
        return alone
    return value


Alternative = Annotated[dict[Name, SkillNeed], BeforeValidator(_by_name), Or(Name)]
"""Skills that must be there together; one at level 1 may be written by its name."""


def skills_apart(value: Any) -> Any:
    """A table of skills beside `any` and `not`: the skills in a table of their own."""
    if not isinstance(value, Table) or "skills" in value:
        return value
    rest, skills = Table(), Table()
    rest.at = skills.at = value.at
    for key, inside in value.items():
        (rest if key in ("any", "not") else skills)[key] = inside
    rest[Scalar("skills", value.at)] = skills
    return rest


class Needs(Part):
    """Skills that an agent must have, beside `any` and `not`."""

    skills: dict[Name, SkillNeed] = Field(
        default_factory=dict,
        description="Skill -> its value, or least level.",
        json_schema_extra={"beside": True},
    )
    any: tuple[Alternative, ...] = Field(
        (), description="One of these must be there too; several skills together count."
    )
    none: Alternative = Field(
        default_factory=dict, alias="not", description="Not one of these may be there."
    )

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, value: Any) -> Any:
        return skills_apart(value)

    def need(self, value: Value) -> Need:
        """What a call needs now. What is not set is left out."""
        alternatives = (_levels(one, value) for one in self.any)
        return need(
            _levels(self.skills, value),
            # An alternative of which nothing is set is none, and not one that all have.
            any=[one for one in alternatives if one],
            none=_levels(self.none, value),
        )


def _levels(needs: Mapping[Name, SkillNeed], value: Value) -> dict[str, int]:
    levels: dict[str, int] = {}
    for name, asked in needs.items():
        found = value(asked.value)
        if found is None:
            continue
        if isinstance(found, int | float | Decimal):
            levels[str(name)] = int(found)
        else:
            level = 1 if asked.level is None else int(asked.level)
            levels[skill(str(name), str(found))] = level
    return levels


class Widen(Part):
    """What is given up after a time of waiting."""

    after: Duration = Field(description="Counted from joining the queue.")
    drop: Name | None = Field(None, description="A skill that is not needed any more.")
    lower: dict[Name, Whole] | None = Field(None, description="Skill -> new level.")
    priority: Number | None = Field(None, description="Added to the priority: +2.")
    agents: OneOrMore[Plain] = Field(
        (),
        examples=["north", ["1001", "1002"]],
        description="A team, or agents by number, who may take it too.",
    )
    queue: QueueName | None = Field(
        None, description="A queue whose agents may take it too."
    )

    def widening(self) -> Widening:
        """As the engine is told."""
        numbers = tuple(str(who) for who in self.agents if who.isdigit())
        teams = tuple(str(who) for who in self.agents if not who.isdigit())
        return Widening(
            after=float(self.after),
            drop=(str(self.drop),) if self.drop else (),
            lower={str(n): int(v) for n, v in (self.lower or {}).items()},
            priority=float(self.priority or 0),
            agents=numbers,
            teams=teams,
            queues=(str(self.queue),) if self.queue else (),
        )
