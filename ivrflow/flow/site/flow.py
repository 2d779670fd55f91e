"""flows/*.yaml: the head of a flow. Its steps have models of their own."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ivrflow.flow.kind import Part
from ivrflow.flow.kinds import FlowName, Name, Plain, Target, YesNo
from ivrflow.flow.step import Keys


class Head(Part):
    """What a flow file says beside its steps."""

    flow: FlowName = Field(
        description="The flow's name.", json_schema_extra={"declares": True}
    )
    title: Plain = Field(Plain(""), description="What people call it.")
    takes: dict[Name, Plain] = Field(
        default_factory=dict,
        examples=[{"number": "text"}],
        description="What a caller of this flow hands in -> type.",
    )
    gives: dict[Name, Plain] = Field(
        default_factory=dict,
        examples=[{"score": "number"}],
        description="What comes back through `save` -> type.",
    )
    always: Keys = Field(
        default_factory=dict,
        examples=[{"0": "agent", "star": "back"}],
        description="Keys that work in every menu and question.",
    )
    on_error: Target | None = Field(
        None, description="Where the flow goes when something unexpected happens."
    )
    on_end: Target | None = Field(
        None, description="Runs when the call has ended, whoever ended it."
    )
    answer: YesNo = Field(True, description="`no`: the flow answers later, or never.")
    agi: YesNo = Field(
        False,
        description="`yes`: a dialplan may run it, by AGI; when it ends, the dialplan "
        "goes on.",
    )
    steps: Any = Field(None, description="Name -> step, in the order of the talk.")
