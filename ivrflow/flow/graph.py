"""Where each step of a flow may lead: what rules judge and pictures show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node

WAIT_FOR_THE_CALLER = frozenset(
    ("queue", "voicemail", "callback", "conference", "wait")
)
"""Verbs that take their time although they are no menu or question."""


class Edge(NamedTuple):
    """A way out of a step. *way* is the key that says so; "" for falling through."""

    way: str
    target: str


def edges(flow: Flow, node: Node) -> Iterator[Edge]:
    """Every way out of *node* that the flow writes, `on_error` of the step included."""
    step = node.step
    for way, target in step.targets:
        yield Edge(way, str(target))
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


def knots(ways: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Steps that lead to each other, put together, in the order in which a call comes.

    A step that is in no circle is a knot of its own. Names that are no key of *ways*
    lead nowhere. (Tarjan's strongly connected components, without recursion.)
    """
    found: list[list[str]] = []
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []
    inside: set[str] = set()
    for root in ways:
        if root in number:
            continue
        todo: list[tuple[str, Iterator[str]]] = []
        following: str | None = root
        while following is not None or todo:
            if following is not None:
                number[following] = lowest[following] = len(number)
                open_.append(following)
                inside.add(following)
                todo.append((following, iter(ways[following])))
                following = None
            at, rest = todo[-1]
            for target in rest:
                if target not in ways:
                    continue
                if target not in number:
                    following = target
                    break
                if target in inside:
                    lowest[at] = min(lowest[at], number[target])
            if following is not None:
                continue
            todo.pop()
            if todo:
                lowest[todo[-1][0]] = min(lowest[todo[-1][0]], lowest[at])
            if lowest[at] == number[at]:
                first = open_.index(at)
                knot = open_[first:]
                del open_[first:]
                inside.difference_update(knot)
                found.append(knot)
    return found[::-1]
