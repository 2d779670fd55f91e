"""agents.yaml: who answers, with which skills, from which phone."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ivrflow.flow.kind import BAD_VALUE, Or, Part, bad
from ivrflow.flow.kinds import (
    AGENT,
    Duration,
    MailboxName,
    Name,
    Number,
    Plain,
    QueueName,
    Whole,
    YesNo,
)
from ivrflow.flow.site.settings import Title
from ivrflow.flow.source import Scalar

HIGHEST = 10
"""The highest level of a skill."""


class AgentNumber(Plain):
    """The number with which an agent signs in."""

    what = "an agent's number"
    pattern = AGENT.pattern
    examples = ("1001",)

    @classmethod
    def read(cls, value: Scalar) -> AgentNumber:
        if not AGENT.fullmatch(value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}: digits only")
        return cls(value, value.at)


class Endpoint(Plain):
    """A phone as Asterisk calls it: `PJSIP/1001`."""

    what = "an endpoint"
    pattern = "[A-Za-z][A-Za-z0-9]*/[A-Za-z0-9_.+@:-]{1,100}"
    examples = ("PJSIP/1001",)

    @classmethod
    def read(cls, value: Scalar) -> Endpoint:
        # It goes into a dial command: nothing in it may begin another one.
        if not re.fullmatch(cls.pattern, value):
            raise bad(BAD_VALUE, f"{str(value)!r} is no endpoint; write PJSIP/1001")
        return cls(value, value.at)


class Level(Whole):
    """How good an agent is at something: 0 to 10."""

    what = "a level from 0 to 10"
    pattern = f"{HIGHEST}|[0-9]"
    examples = (5,)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {**super().schema(), "maximum": HIGHEST}

    @classmethod
    def read(cls, value: Scalar) -> Level:
        if not re.fullmatch(cls.pattern, value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")
        return cls(int(value), value.at)


def _levels(value: object) -> object:
    return {"": value} if isinstance(value, str) else value


Skill = Annotated[dict[Plain, Level], BeforeValidator(_levels), Or(Level)]
"""Value -> level: `{north: 5}`. A plain level, `billing: 3`, has the value ""."""


Item = Literal["call", "callback", "voicemail", "consult"]
"""What may wait for an agent."""


class Agent(Part):
    """One agent. The PIN is in the database only (`ivrflow agent pin`)."""

    name: Plain = Field(description="As people call the agent.")
    endpoint: Endpoint | None = Field(
        None, description="The phone; none for who takes any phone at sign-in."
    )
    team: Name | None = Field(None, description="The team, of `teams`.")
    queues: tuple[QueueName, ...] = Field((), description="Queues to serve.")
    reserve: tuple[QueueName, ...] = Field(
        (), description="Queues to serve when no regular agent of theirs is free."
    )
    on_demand: tuple[QueueName, ...] = Field(
        (), description="Queues to serve while they call for it: their `on_demand`."
    )
    takes: tuple[Item, ...] = Field(
        (),
        examples=[["call", "callback"]],
        description="Kinds of work: call, callback, voicemail, consult; else all.",
    )
    skills: dict[Name, Skill] = Field(
        default_factory=dict, description="Skill -> level, or -> value -> level."
    )
    weight: Number = Field(
        Number(1),
        description="With `weighted_random`: twice the weight, twice as many calls.",
    )
    wrap_up: Duration | None = Field(
        None, description="Time after a call; left out: as the queue's `wrap_up`."
    )
    confirm: YesNo = Field(
        False,
        description="A call is taken by pressing 1 only: at a mobile, at home.",
    )
    nailed: YesNo = Field(
        False,
        description="The phone is called once, at sign-in, and stays up between calls.",
    )
    mailbox: MailboxName | None = Field(
        None,
        description="The agent's own mailbox: what `voicemail: own` opens at the phone "
        "where the agent is signed in, with the mailbox's PIN, or the agent's where it "
        "has none.",
    )
    role: Literal["agent", "supervisor", "admin"] = Field(
        "agent", description="What the agent may do besides taking calls."
    )

    def serves(self) -> tuple[str, ...]:
        """All queues, those included that ring here only when it must be."""
        queues = (*self.queues, *self.reserve, *self.on_demand)
        return tuple(dict.fromkeys(map(str, queues)))

    def levels(self) -> dict[str, int | dict[str, int]]:
        """The skills as they were written: a level, or a level per value."""
        return {
            str(skill): int(by_value[Plain("")])
            if set(by_value) == {""}
            else {str(value): int(level) for value, level in by_value.items()}
            for skill, by_value in self.skills.items()
        }


class Team(Part):
    """Agents who belong together."""

    title: Title = Field(default_factory=dict, description="The team's name.")
    supervised_by: tuple[AgentNumber, ...] = Field((), description="Who leads it.")


class Agents(Part):
    """agents.yaml."""

    teams: dict[Name, Team] = Field(default_factory=dict, description="The teams.")
    agents: dict[AgentNumber, Agent] = Field(
        default_factory=dict, description="Agent's number -> agent."
    )
