"""What a test says of people beside its caller: agents, other callers, other phones."""

from __future__ import annotations

import re
from typing import ClassVar, Literal, Self

from pydantic import Field

from ivrflow.flow.kind import BAD_VALUE, Part, bad
from ivrflow.flow.kinds import WORD, Duration, Name, Number, Plain, QueueName, Whole
from ivrflow.flow.site.agents import Agent, AgentNumber, Skill
from ivrflow.flow.source import Scalar

CHOICES = (
    "ready",
    "busy",
    "out",
    "signs in",
    "signs out",
    "pauses",
    "ends wrap-up",
    "elsewhere",
    "back",
)
"""What agents do without their phone; a pause may have a reason behind it."""

PLAIN_DOINGS = (
    "answers",
    "accepts",
    "rejects",
    "does not answer",
    "hangs up",
    *CHOICES,
)
_DOING = rf"(?:{'|'.join(PLAIN_DOINGS)}|pauses {WORD.pattern}|presses [0-9*#]{{1,20}})"


class AgentMove(Plain):
    """What an agent's phone does: `1003 answers`, `1003 rejects`, `1003 hangs up`.

    Or what the agent does: `1003 pauses lunch`, `1003 ready`.
    """

    what = "`1003 answers`, or " + ", ".join(
        (*PLAIN_DOINGS[1:], "pauses lunch", "presses *1")
    )
    pattern = rf"[0-9]{{1,12}} {_DOING}"
    examples: ClassVar[tuple[str | int, ...]] = ("1003 answers", "1003 hangs up")
    number: str
    does: str
    with_: str = ""
    """The reason of a pause, or the keys that are pressed."""

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not re.fullmatch(cls.pattern, value):
            raise bad(BAD_VALUE, f"{str(value)!r}: write {cls.what}")
        self = cls(value, value.at)
        self.number, _, self.does = value.partition(" ")
        for verb in ("pauses", "presses"):
            if self.does.startswith(f"{verb} "):
                self.does, _, self.with_ = self.does.partition(" ")
        return self


class PhoneMove(AgentMove):
    """What somebody does whom a `transfer` has dialled: `0571888 answers`."""

    what = "`057188880101 answers`, or accepts (an attended one), rejects, hangs up"
    pattern = r"\+?[0-9]{2,20} (?:answers|accepts|rejects|hangs up)"
    examples = ("057188880101 answers",)


Presence = Literal["ready", "busy", "out"]
PRESENCES: tuple[Presence, ...] = ("ready", "busy", "out")
"""What an agent may be when the call comes."""


class AgentAs(Part):
    """How an agent is when the call comes: `ready`, `busy`, `out`, or a table."""

    short: ClassVar[str] = "is"

    state: Presence = Field("ready", alias="is", description="ready, busy or out.")
    idle: Duration = Field(Duration(0), description="Since when; longest idle first.")
    calls: Whole = Field(Whole(0), description="Calls so far today.")
    busy: Duration = Field(Duration(0), description="Time in calls so far today.")
    queues: tuple[QueueName, ...] | None = Field(
        None, description="Instead of those of agents.yaml."
    )
    skills: dict[Name, Skill] | None = Field(
        None, description="Instead of those of agents.yaml."
    )

    def levels(self) -> dict[str, int | dict[str, int]] | None:
        """The skills as they were written; None for those of agents.yaml."""
        if self.skills is None:
            return None
        return Agent(name=Plain(""), skills=self.skills).levels()


def as_is(state: Presence) -> AgentAs:
    """An agent of whom only this is said."""
    return AgentAs.model_validate({"is": state})


class Other(Part):
    """Somebody else in line, who is served like the caller, in turn."""

    queue: QueueName = Field(description="The queue.")
    skills: dict[Name, Plain] = Field(
        default_factory=dict,
        examples=[{"district": "north", "billing": 3}],
        description="Skill -> value, or least level.",
    )
    priority: Number = Field(Number(0), description="Higher is served first.")
    waited: Duration = Field(Duration(0), description="How long already.")


class Rings(Part):
    """Whose phone rings next, and why. `1003`, or a table."""

    short: ClassVar[str] = "agent"

    agent: AgentNumber = Field(description="The agent.")
    why: Plain | None = Field(
        None, examples=["best skill"], description="A part of the reason."
    )
    after: Duration | None = Field(None, description="Since the queue was joined.")
    caller: Whole | None = Field(
        None, description="For which of `others`, from 1; left out: for the caller."
    )

    def __str__(self) -> str:
        parts = [f"rings {self.agent}"]
        if self.caller is not None:
            parts.append(f"for other {self.caller}")
        if self.after is not None:
            parts.append(f"after {self.after:g} s")
        if self.why is not None:
            parts.append(f"as {self.why}")
        return ", ".join(parts)
