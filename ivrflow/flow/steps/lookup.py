"""`lookup`: find one row in a database, or ask another system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ivrflow.flow.asked import look_up, look_up_all
from ivrflow.flow.call import Call
from ivrflow.flow.filler import while_it_takes_long
from ivrflow.flow.kinds import Expression, Name, Outcome, SourceName
from ivrflow.flow.step import Goto, Step
from ivrflow.flow.world import Row, Trouble

if TYPE_CHECKING:
    from ivrflow.flow.site.data import DataSource


class Lookup(Step):
    """Look something up as `data.yaml` says, and keep the row.

    Of a source with `many` the rows are kept as a list, in their order; none at all is
    `not_found`.
    """

    verb: ClassVar[str] = "lookup"
    keys_come_again: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True

    source: SourceName = Field(alias="lookup", description="The entry of data.yaml.")
    with_: dict[Name, Expression] = Field(
        default_factory=dict, alias="with", description="Values that it needs."
    )
    save: Name | None = Field(None, description="The variable that takes the row.")
    not_found: Outcome | None = Field(None, description="There is no such row.")
    error: Outcome | None = Field(None, description="The source is away or too slow.")

    async def run(self, call: Call) -> Goto:
        source = call.site.data[self.source]
        values = given(call, self.with_)
        try:
            async with while_it_takes_long(call, source.filler):
                rows = await _rows(call, source, values)
        except Trouble as trouble:
            return Goto("error", str(trouble))
        if not rows:
            return Goto("not_found", f"{self.source} has no such row")
        if self.save:
            call.set(str(self.save), rows if source.many else rows[0])
        found = f"{len(rows)} rows" if source.many else "a row"
        return Goto("then", f"{self.source} found {found}")


async def _rows(
    call: Call, source: DataSource, values: Mapping[str, object]
) -> tuple[Row, ...]:
    """The rows that were found, as a flow may see them."""
    if source.many is not None:
        return tuple(await look_up_all(call, source, values))
    row = await look_up(call, source, values)
    if row is None:
        return ()
    # A source that proves who calls gives the hash too: no flow may see it.
    return ({k: v for k, v in row.items() if k not in source.hash_columns},)


def given(call: Call, values: Mapping[Name, Expression]) -> dict[str, object]:
    """The values of a `with:`, worked out now."""
    return {str(name): call.value(expression) for name, expression in values.items()}
