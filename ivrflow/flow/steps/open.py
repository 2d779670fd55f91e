"""`open`: choose by a timetable."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.kinds import Outcome, TimetableName
from ivrflow.flow.names import given_name, timetable_state
from ivrflow.flow.step import Goto, Step

APART = {"holiday": "holiday", "break": "break_", "switched": "switched"}


class Open(Step):
    """Go one way while a timetable of `hours.yaml` is open, another while it is not.

    `holiday`, `break` and `switched` are ways of their own for those who want them
    apart; without them they are a `no`.
    """

    verb: ClassVar[str] = "open"
    passes: ClassVar[bool] = True
    falls_through: ClassVar[bool] = False

    timetable: TimetableName = Field(alias="open", description="The timetable.")
    yes: Outcome | None = Field(None, description="It is open now.")
    no: Outcome | None = Field(None, description="It is closed now.")
    holiday: Outcome | None = Field(None, description="Closed: a public holiday.")
    break_: Outcome | None = Field(None, alias="break", description="Closed: a break.")
    switched: Outcome | None = Field(None, description="Closed by a switch.")

    async def run(self, call: Call) -> Goto:
        name = given_name(call, self.timetable, call.site.hours)
        state = timetable_state(call, name)
        opens = f", opens {state.opens:%Y-%m-%d %H:%M}" if state.opens else ""
        if state.open:
            return Goto("yes", f"{name} is open")
        why = f"{name} is closed ({state.why}){opens}"
        apart = APART.get(str(state.why), "no")
        return Goto(apart if getattr(self, apart) is not None else "no", why)
