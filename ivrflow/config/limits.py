"""How much is let in: calls at once, and wrong PINs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ivrflow.flow.kind import Part
from ivrflow.flow.kinds import Duration, Whole


class WrongPins(Part):
    """How many wrong PINs lock something, and for how long."""

    after: Whole = Field(description="Wrong PINs that lock it.", examples=[10])
    within: Duration = Field(
        description="The time in which they are counted.", examples=["1h"]
    )
    lasting: Duration = Field(
        alias="for", description="How long it stays locked.", examples=["1h"]
    )


class LimitsOf(Part):
    """How many calls at once; wrong PINs in all calls, whatever cards they are for."""

    calls: Whole = Field(
        Whole(1000), description="Calls that are up at a time, at most."
    )
    above: Literal["busy", "overflow"] = Field(
        "busy",
        description="What a call above it gets; `overflow`: the dialplan's.",
    )
    caller: WrongPins | None = Field(None, description="From one calling number.")
    dialled: WrongPins | None = Field(None, description="To one dialled number.")
    all: WrongPins | None = Field(None, description="In all calls together.")
