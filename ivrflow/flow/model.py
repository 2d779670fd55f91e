"""A flow as it is run: named steps in the order of the file.

Made by `load` from a file that was found right, and never changed: a call keeps the
flow that it began with, whatever is loaded meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivrflow.flow.kinds import Key, Name, Plain, Target
from ivrflow.flow.source import NOWHERE, Mark
from ivrflow.flow.step import KeyChoice, Step


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a flow, with its name and its place."""

    name: str
    at: Mark
    """Where the step's name stands."""
    verb: str
    step: Step
    next: str | None = None
    """The step below it in the file; None for the last one."""


@dataclass(frozen=True)
class Flow:
    """One talk."""

    name: str
    file: str
    """Its path below the site's folder, as places bear it."""
    nodes: Mapping[str, Node]
    title: str = ""
    takes: Mapping[Name, Plain] = field(default_factory=dict)
    """Variable -> type: `text`, `number`, or the entry of data.yaml whose row it is."""
    gives: Mapping[Name, Plain] = field(default_factory=dict)
    always: Mapping[Key, KeyChoice] = field(default_factory=dict)
    on_error: Target | None = None
    on_end: Target | None = None
    answer: bool = True
    agi: bool = False
    """Whether dialplans may run it."""
    at: Mark = NOWHERE
    broken: frozenset[str] = frozenset()
    """Steps that could not be read: empty in a flow that runs."""
    half: Mapping[str, Node] = field(default_factory=dict)
    """Those among them that could be read but for keys that nobody knows."""

    @property
    def start(self) -> str:
        """The step in which a call begins."""
        return next(iter(self.nodes))
