"""numbers.yaml: what is dialled, and what answers."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from ivrflow.flow.kind import BAD_VALUE, Named, bad
from ivrflow.flow.kinds import (
    FlowName,
    Plain,
    PromptName,
    SwitchName,
    TimetableName,
    YesNo,
)
from ivrflow.flow.site.settings import Language
from ivrflow.flow.source import Scalar, Table

Act = Literal["sign_in", "sign_out", "ready", "pause", "wrap_up", "disposition"]

WAYS = ("flow", "agent", "voicemail", "switch", "hours", "announce", "monitor")


class Dialled(Plain):
    """A number as the caller dials it; feature codes begin with a star."""

    what = "a number to dial"
    pattern = r"\+?[0-9*#]{1,32}"
    examples = ("12313", "*11")

    @classmethod
    def read(cls, value: Scalar) -> Dialled:
        if not re.fullmatch(cls.pattern, value):
            message = f"{str(value)!r} is not {cls.what}: digits, *, # and a leading +"
            raise bad(BAD_VALUE, message)
        return cls(value, value.at)


class Number(Named):
    """What answers one number. `"12313": hotline` is short for `{flow: hotline}`."""

    short = "flow"

    flow: FlowName | None = Field(None, description="The flow that takes the call.")
    agent: Act | None = Field(
        None,
        description="What an agent does there: `sign_in` has a menu, each other one "
        "does the one thing.",
    )
    pin: YesNo = Field(
        True,
        description="With `agent`: whether the PIN is asked, too, at the phone where "
        "the agent has signed in. `sign_in` always asks.",
    )
    phones: Literal["own", "listed", "any"] = Field(
        "listed",
        description="With `agent`: where one may sign in, and is rung from then on: at "
        "the phones of agents.yaml, or at any. `own`: from everywhere, and the agent's "
        "own phone rings.",
    )
    voicemail: Literal["listen", "own"] | None = Field(
        None,
        description="Hear messages: `listen` asks for a number and its PIN; `own` for "
        "the PIN alone where the agent who is signed in at that phone has a `mailbox`.",
    )
    switch: SwitchName | None = Field(
        None, description="Throw a switch, or put it back, for those who may."
    )
    hours: TimetableName | None = Field(
        None, description="Close today, or open until a time, for those who may."
    )
    announce: PromptName | None = Field(
        None, description="Speak what is played for a prompt of wording.yaml."
    )
    language: Language | None = Field(
        None,
        description="With `announce`: the language that is spoken, if not the first.",
    )
    monitor: Literal["listen"] | None = Field(
        None, description="Listen to an agent's talks, for who leads his team."
    )

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        if isinstance(value, Table):
            ways = [key for key in value if key in WAYS]
            if len(ways) > 1:
                message = f"a number leads to {ways[0]!s} or to {ways[1]!s}, not both"
                raise bad("F015", message, ways[1].at)
            if not ways and not value:
                raise bad("F012", "nothing answers; write {flow: NAME}", value.at)
        return value
