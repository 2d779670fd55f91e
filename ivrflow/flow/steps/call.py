"""`call`: run another flow and come back."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ivrflow.flow.call import Call, Frame
from ivrflow.flow.kinds import Expression, FlowName, Name, Outcome
from ivrflow.flow.names import fixed, given_name
from ivrflow.flow.step import Goto, Step

DEEPEST = 20
"""Flows that may stand in each other: more of them is a flow that calls itself."""


class TooDeep(Exception):
    """Flows call each other without end."""


class CallFlow(Step):
    """Run another flow with the values that it takes, and save what it gives."""

    verb: ClassVar[str] = "call"
    passes: ClassVar[bool] = True

    flow: FlowName = Field(alias="call", description="The flow.")
    with_: dict[Name, Expression] = Field(
        default_factory=dict, alias="with", description="What it takes -> value."
    )
    save: Name | None = Field(None, description="The variable for what it gives.")
    error: Outcome | None = Field(None, description="It could not go on.")

    async def run(self, call: Call) -> Goto:
        # Flows run steps and a step runs a flow: the circle is closed here.
        from ivrflow.flow.run import run_flow

        frame = call.inner.pop(0) if call.inner else self._entered(call)
        node = call.node
        call.frames.append(frame)
        try:
            await run_flow(call, frame)
        finally:
            if frame in call.frames:
                del call.frames[call.frames.index(frame) :]
        call.node = node
        if self.save:
            gives = frame.flow.gives
            given = {str(name): frame.variables.get(str(name)) for name in gives}
            call.set(str(self.save), given)
        return Goto("then", f"{self.flow} returned")

    def _entered(self, call: Call) -> Frame:
        """The flow with what it takes, before its first step."""
        if len(call.frames) >= DEEPEST:
            raise TooDeep(f"{self.flow.at}: {DEEPEST} flows stand in each other")
        flow = call.site.flows[given_name(call, self.flow, call.site.flows)]
        given = {str(name): fixed(call.value(e)) for name, e in self.with_.items()}
        return Frame(flow, variables=given)
