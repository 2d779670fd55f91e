"""numbers.yaml: what is dialled, and what answers."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from ivrflow.flow.kind import BAD_VALUE, Named, bad
from ivrflow.flow.kinds import FlowName, Plain, PromptName, SwitchName, TimetableName
from ivrflow.flow.site.settings import Language
from ivrflow.flow.source import Scalar, Table

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
    agent: Literal["sign_in"] | None = Field(
        None, description="The agents' menu: sign in, ready, break, sign out."
    )
    voicemail: Literal["listen"] | None = Field(
        None,
        description="Hear messages.",
        json_schema_extra={"later": "hearing messages by phone"},
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
        None,
        description="Listen in, for supervisors.",
        json_schema_extra={"later": "listening in"},
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
