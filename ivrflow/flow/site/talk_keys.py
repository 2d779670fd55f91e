"""What queues.yaml says of keys in a talk: which do what, and short numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from ivrflow.flow.kind import BAD_VALUE, Part, Written, bad
from ivrflow.flow.kinds import AgentNumbered, FlowName, QueueName
from ivrflow.flow.site.in_line import DialledNumber
from ivrflow.flow.source import Scalar

NONE = "none"

ShortKind = Literal["agent", "queue", "flow", "number"]


class KeySequence(Written):
    """Keys that are pressed one after the other, or `none`."""

    what = "keys like *1, or none"
    pattern = r"none|[0-9*#A-D]{1,4}"
    examples = ("*1", "none")

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not re.fullmatch(cls.pattern, value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}: 1 to 4 keys")
        return cls(value, value.at)


class Digits(Written):
    """Digits as an agent enters them."""

    what = "digits"
    pattern = "[0-9]{1,12}"
    examples = ("81",)

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not re.fullmatch(cls.pattern, value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}: 1 to 12 of them")
        return cls(value, value.at)


class TalkKeys(Part):
    """The keys by which an agent does something in a talk; all others pass."""

    hold: KeySequence = Field(
        KeySequence("*1"), description="The caller hears music; again: he is back."
    )
    transfer: KeySequence = Field(
        KeySequence("*2"),
        description="Ask somebody first; again: who was asked has the caller.",
    )
    blind: KeySequence = Field(
        KeySequence("*3"), description="Give the caller away and be free at once."
    )
    conference: KeySequence = Field(
        KeySequence("*4"), description="Take a third one into the talk."
    )
    send: KeySequence = Field(
        KeySequence("*5"),
        description="Send the caller to a flow, from which he comes back.",
    )
    record: KeySequence = Field(KeySequence("*6"), description="Record, pause, go on.")
    take_back: KeySequence = Field(
        KeySequence("*7"),
        description="Have the caller back: who is rung, asked or third goes.",
    )
    end: KeySequence = Field(
        KeySequence(NONE),
        description="The talk is over, as if the agent had hung up: for lines that "
        "stay up.",
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        taken: dict[str, str] = {}
        for name in type(self).model_fields:
            keys = getattr(self, name)
            if keys == NONE:
                continue
            for other, its in taken.items():
                if keys.startswith(its) or its.startswith(keys):
                    message = f"{keys} of {name} and {its} of {other} begin alike"
                    raise bad(BAD_VALUE, message, keys.at if keys.at.line else None)
            taken[name] = keys
        return self

    def acts(self) -> Mapping[str, str]:
        """Sequence -> act, as a talk is asked for it."""
        named = {"send": "send-to-flow", "take_back": "take-back"}
        return {
            str(keys): named.get(name, name)
            for name in type(self).model_fields
            if (keys := getattr(self, name)) != NONE
        }


class ShortNumber(Part):
    """To whom some digits lead: one of `agent`, `queue`, `flow` and `number`."""

    agent: AgentNumbered | None = Field(None, description="An agent of agents.yaml.")
    queue: QueueName | None = Field(None, description="A queue of queues.yaml.")
    flow: FlowName | None = Field(None, description="A flow.")
    number: DialledNumber | None = Field(
        None, description="A number, as the settings' `outbound` allows."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [x for x in (self.agent, self.queue, self.flow, self.number) if x]
        if len(given) != 1:
            raise bad(BAD_VALUE, "write one of agent, queue, flow and number")
        if "${" in given[0]:
            message = "a short number leads to what is written, without `${...}`"
            raise bad(BAD_VALUE, message, given[0].at)
        return self

    @property
    def way(self) -> tuple[ShortKind, str]:
        """What it leads to, and its name."""
        ways: tuple[tuple[ShortKind, str | None], ...] = (
            ("agent", self.agent),
            ("queue", self.queue),
            ("flow", self.flow),
            ("number", self.number),
        )
        return next((kind, str(name)) for kind, name in ways if name)
