"""`store`: write one row as `data.yaml` says."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ivrflow.flow.asked import store
from ivrflow.flow.call import Call
from ivrflow.flow.filler import while_it_takes_long
from ivrflow.flow.kinds import Expression, Name, Outcome, SourceName
from ivrflow.flow.step import Goto, Step
from ivrflow.flow.world import Trouble


class Store(Step):
    """Store values; the columns are the names in `with`."""

    verb: ClassVar[str] = "store"
    after_the_end: ClassVar[bool] = True

    source: SourceName = Field(alias="store", description="The entry of data.yaml.")
    with_: dict[Name, Expression] = Field(
        default_factory=dict, alias="with", description="Column -> value."
    )
    error: Outcome | None = Field(None, description="It could not be stored.")

    async def run(self, call: Call) -> Goto:
        source = call.site.data[self.source]
        values = {str(name): call.value(e) for name, e in self.with_.items()}
        try:
            async with while_it_takes_long(call, source.filler):
                await store(call, source, values)
        except Trouble as trouble:
            return Goto("error", str(trouble))
        return Goto("then", f"stored in {self.source}")
