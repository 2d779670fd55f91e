"""Tools of the rules: where each step of a flow may lead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivrflow.flow.kinds import Target

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node

WAIT_FOR_THE_CALLER = frozenset(
    ("queue", "voicemail", "callback", "conference", "wait")
)
"""Verbs that take their time although they are no menu or question."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A way out of a step. *way* is the key that says so; "" for falling through."""

    way: str
    target: str


def edges(flow: Flow, node: Node) -> Iterator[Edge]:
    """Every way out of *node* that the flow writes, `on_error` of the step included."""
    step = node.step
    for way, kind in step.kinds:
        if isinstance(kind, Target):
            yield Edge(way, str(kind))
    if step.then is None and step.falls_through and not step.ends and node.next:
        yield Edge("", node.next)


def roots(flow: Flow) -> Iterator[str]:
    """Where a flow is entered without a step leading there."""
    if flow.nodes:
        yield flow.start
    for choice in flow.always.values():
        yield str(choice.then)
    for target in (flow.on_error, flow.on_end):
        if target is not None:
            yield str(target)


def reached(flow: Flow) -> set[str]:
    """The steps that a call can come to."""
    found: set[str] = set()
    todo = list(roots(flow))
    while todo:
        name = todo.pop()
        if name in found or name not in flow.nodes:
            continue
        found.add(name)
        todo += [edge.target for edge in edges(flow, flow.nodes[name])]
    return found


def is_error_way(edge: Edge) -> bool:
    """True for `on_error`: a second error ends in the fallback, not in a circle."""
    return edge.way == "on_error"


def waits(node: Node) -> bool:
    """True if the step waits for the caller, or for somebody to talk to."""
    return node.step.listens or node.verb in WAIT_FOR_THE_CALLER
