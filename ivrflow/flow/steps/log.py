"""`log`: write values down for the people who read the call's record."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ivrflow.facts import Logged
from ivrflow.flow.call import Call, shown_value
from ivrflow.flow.kinds import Expression, Name
from ivrflow.flow.step import Goto, Step


class Log(Step):
    """Write values into the call's record. What is not set stays empty."""

    verb: ClassVar[str] = "log"
    passes: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True

    fields: dict[Name, Expression] = Field(alias="log", description="Name -> value.")

    async def run(self, call: Call) -> Goto:
        data = {str(n): shown_value(call.value(e)) for n, e in self.fields.items()}
        call.note(Logged, step=call.step_name, data=data)
        return Goto("then")
