"""How much of the flows the talks of a site go through: steps, and ways out of them.

A way is a target that a flow writes: beside a key, a condition or an outcome, in
`always:` and `on_error:`; and the step below, where a step falls through. Which ways a
talk took stands in its facts, each with the place at which the flow writes it, so two
keys that lead to one step are two ways.

Outcomes that a step could have and nobody wrote are no ways: they take the `on_error`,
which is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ivrflow.facts import Decided, Fact, RanAtEnd, StepEntered
from ivrflow.flow.kinds import Target
from ivrflow.flow.model import Flow, Node
from ivrflow.flow.site import Site
from ivrflow.flow.source import Mark

Covered = frozenset[str]
"""What was gone through: `flow.step`, and the places of ways (see `Way.id`)."""


@dataclass(frozen=True, slots=True)
class Way:
    """A step, or a way out of one, that a call can take."""

    flow: str
    at: Mark
    """Its place, for those who look for it."""
    id: str
    """What the facts call it: unique in its site."""
    name: str
    """The step, or step.outcome with its target, as people read it."""
    is_step: bool


def ways(site: Site) -> Iterator[Way]:
    """Everything of *site* that can be covered, in the order of its files."""
    for flow in site.flows.values():
        found = [*_of_flow(flow)]
        yield from sorted(found, key=lambda way: (way.at, not way.is_step))


def _of_flow(flow: Flow) -> Iterator[Way]:
    for key, choice in flow.always.items():
        yield _written(flow, f"always.{key.written}", choice.then)
    if flow.on_error is not None:
        yield _written(flow, "on_error", flow.on_error)
    for node in flow.nodes.values():
        step = f"{flow.name}.{node.name}"
        yield Way(flow.name, node.at, step, node.name, True)
        yield from _of_step(flow, node)


def _of_step(flow: Flow, node: Node) -> Iterator[Way]:
    step = node.step
    for way, kind in step.kinds:
        if isinstance(kind, Target) and kind.at.line and _is_a_way(kind, way):
            yield _written(flow, f"{node.name}.{_short(way)}", kind)
    if step.then is None and step.falls_through and not step.ends and node.next:
        id, name = _falling(flow.name, node.name), f"{node.name}.then -> {node.next}"
        yield Way(flow.name, node.at, id, name, False)


def _is_a_way(target: Target, way: str) -> bool:
    """False for the words of `browse` that stay in the step."""
    return not (way.startswith("keys.") and target in ("next", "previous", "again"))


def _short(way: str) -> str:
    """`keys.1.then` as an author thinks of it: `keys.1`."""
    return way.removesuffix(".then") if way != "then" else way


def _written(flow: Flow, name: str, target: Target) -> Way:
    at = target.at
    return Way(flow.name, at, str(at), f"{name} -> {target}", False)


def _falling(flow: str, step: str) -> str:
    return f"{flow}.{step}.then"


def covered_by(facts: Iterable[Fact]) -> Covered:
    """What the call that these facts tell of has gone through."""
    found = set()
    for fact in facts:
        if isinstance(fact, StepEntered | RanAtEnd):
            found.add(f"{fact.flow}.{fact.step}")
        if isinstance(fact, Decided | RanAtEnd):
            if fact.written:
                found.add(fact.written)
            elif fact.outcome == "then":
                found.add(_falling(fact.flow, fact.step))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Count:
    """How many of some there are, and how many of them were covered."""

    hit: int
    all: int

    @property
    def percent(self) -> float:
        """100 where there is nothing to cover."""
        return 100.0 * self.hit / self.all if self.all else 100.0

    def __str__(self) -> str:
        return f"{self.hit}/{self.all}"


@dataclass(frozen=True)
class Coverage:
    """What the talks of a site cover."""

    ways: tuple[Way, ...]
    covered: Covered

    @classmethod
    def of(cls, site: Site, covered: Iterable[Covered]) -> Coverage:
        """Of all talks of *site* together."""
        return cls(tuple(ways(site)), frozenset().union(*covered))

    @property
    def flows(self) -> list[str]:
        return list(dict.fromkeys(way.flow for way in self.ways))

    def steps(self, flow: str = "") -> Count:
        """The steps of *flow*, or of all flows."""
        return self._count(flow, is_step=True)

    def outcomes(self, flow: str = "") -> Count:
        """The ways out of the steps of *flow*, or of all flows."""
        return self._count(flow, is_step=False)

    def total(self, flow: str = "") -> Count:
        steps, outcomes = self.steps(flow), self.outcomes(flow)
        return Count(steps.hit + outcomes.hit, steps.all + outcomes.all)

    def missing(self, flow: str = "") -> list[Way]:
        """What no talk goes through, in the order of the files.

        The ways out of a step that no talk enters are not listed: they go without
        saying.
        """
        lost = [w for w in self._of(flow) if w.id not in self.covered]
        steps = tuple(f"{w.name}." for w in lost if w.is_step)
        return [w for w in lost if w.is_step or not w.name.startswith(steps)]

    def _of(self, flow: str) -> list[Way]:
        return [way for way in self.ways if flow in ("", way.flow)]

    def _count(self, flow: str, *, is_step: bool) -> Count:
        these = [way for way in self._of(flow) if way.is_step == is_step]
        return Count(sum(way.id in self.covered for way in these), len(these))
