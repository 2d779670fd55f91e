"""`set`: give variables their values."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.kinds import Name, Value
from ivrflow.flow.step import Goto, Step


class Set(Step):
    """Set variables, or the caller's `language`.

    A value is a text; one that is a single `${...}` keeps the type of what stands in
    it: `set: {n: "${n + 1}"}`. Plain `yes`, `no` and `none` are no texts: to set a text
    of that name, put it into quotes.
    """

    verb: ClassVar[str] = "set"
    passes: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True

    values: dict[Name, Value] = Field(
        alias="set",
        examples=[{"language": "zh-CN", "tries": "${tries + 1}"}],
        description="Name -> value.",
    )

    async def run(self, call: Call) -> Goto:
        call.set_all(self.values)
        return Goto("then")
