"""Tools of the rules: the most that a caller goes through before a person answers.

A path begins at the answer and ends on entering a queue or a transfer, or a voicemail
behind the closed way of a timetable. Seconds and keys are counted each for itself, so
that the path with the most seconds need not be the one with the most keys.

The steps of a flow are put into knots: a knot are steps that lead to each other, and
its steps are counted once each, whichever way is taken through them: whoever goes round
again does so of his own will. The knots themselves form no circle, so the most on
coming to each of them is found in one walk:

    most before a knot     the largest, over all ways into it, of
                           most before the step they leave + what that way takes
    most before a step     that of its knot + what its other steps take at most
    a step `call`          takes what the called flow takes up to its `return`, and,
                           on the ways of an error or an always-key, all it can take
    a flow that calls      takes nothing the second time
    itself

What a step takes on which way is `_taking`'s. Ways of errors count as ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ivrflow.flow.check._flowing import RETURN, flowing
from ivrflow.flow.check._site import once
from ivrflow.flow.check._taking import Cost, takings
from ivrflow.flow.graph import knots
from ivrflow.flow.steps.open import Open
from ivrflow.flow.steps.transfer import Transfer

if TYPE_CHECKING:
    from ivrflow.flow.check._flowing import Way
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site

Measure = Callable[[Cost], float]
Passed = tuple[tuple[str, float], ...]
"""Steps on a path, each with what it takes there."""

BY_KEY = ("menu", "browse")
"""Verbs whose answer is a single key."""


@dataclass(frozen=True, slots=True)
class End:
    """A person who is reached, or a mailbox: the step, and the most until there."""

    flow: Flow
    node: Node
    most: float
    passed: Callable[[], Passed]
    """The steps on the way; put together only for who asks."""


@dataclass(frozen=True)
class Talk:
    """One flow, measured from its first step."""

    before: Mapping[str, float]
    """Step -> the most on coming to it."""
    passed: Callable[[str], Passed]
    """Step -> what is passed before it."""
    through: float | None
    """The most until it returns; None if it never does before a person."""
    longest: float
    """The most that it can take at all."""


NOTHING = Talk({}, lambda name: (), 0.0, 0.0)


def entries(site: Site) -> list[Flow]:
    """The flows that numbers lead to; without numbers, those that nobody calls."""
    led = [str(number.flow) for number in site.numbers.values() if number.flow]
    if not led:
        called = {
            leads_to(node)
            for flow in site.flows.values()
            for node in flow.nodes.values()
        }
        led = [name for name in site.flows if name not in called]
    return [site.flows[name] for name in dict.fromkeys(led) if name in site.flows]


def whole(site: Site) -> bool:
    """True if all flows could be read: only then is anything known of paths."""
    return not site.unread and not any(flow.broken for flow in site.flows.values())


def leads_to(node: Node) -> str:
    """The name of the flow that the step calls, or transfers to; "" for none."""
    step = node.step
    if isinstance(step, Transfer):
        return str(step.to.flow or "")
    return str(vars(step)["flow"]) if node.verb == "call" else ""


def is_person(node: Node) -> bool:
    """True for a step in which somebody answers."""
    if isinstance(node.step, Transfer):
        return node.step.to.flow is None
    return node.verb == "queue"


def behind_closed(site: Site, flow: Flow) -> set[str]:
    """The steps that a closed timetable leads to."""
    ways = flowing(site)[flow.name].ways
    todo = [
        way.target
        for node in flow.nodes.values()
        if isinstance(node.step, Open)
        for way in ways[node.name]
        if way.how != "yes"
    ]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name in flow.nodes and name not in found:
            found.add(name)
            todo += [way.target for way in ways[name]]
    return found


class Paths:
    """All paths of a site, by one measure."""

    def __init__(self, site: Site, measure: Measure) -> None:
        self._site = site
        self._measure = measure
        self._takings = takings(site)
        self._flowing = flowing(site)
        ordered = knots(
            {
                name: [leads_to(node) for node in flow.nodes.values()]
                for name, flow in site.flows.items()
            }
        )
        self._outer_first = [name for knot in ordered for name in knot]
        self._place = {name: place for place, name in enumerate(self._outer_first)}
        self._ends: dict[str, tuple[End, ...]] = {}
        self._talks: dict[str, Talk] = {}
        for name in reversed(self._outer_first):
            self._talks[name] = self._measured(site.flows[name])

    def ends(self, flow: Flow) -> Iterator[End]:
        """Every person whom a call reaches that begins in *flow*, the most there."""
        if flow.name not in self._ends:
            self._ends[flow.name] = tuple(self._found(flow))
        yield from self._ends[flow.name]

    def _found(self, flow: Flow) -> Iterator[End]:
        came = self._entered(flow)
        for name, (begun, _, _) in came.items():
            here, talk = self._site.flows[name], self._talks[name]
            closed = behind_closed(self._site, here)
            for step, before in talk.before.items():
                node = here.nodes[step]
                if is_person(node) or (node.verb == "voicemail" and step in closed):
                    passed = partial(self._passed, came, name, step)
                    yield End(here, node, begun + before, passed)

    def _entered(self, first: Flow) -> dict[str, tuple[float, str, str]]:
        """Flow -> the most on entering it, and the flow and step that lead there."""
        came = {first.name: (0.0, "", "")}
        for name in self._outer_first:
            if name not in came:
                continue
            for step, before in self._talks[name].before.items():
                other = self._other(self._site.flows[name].nodes[step])
                if other is None or self._place[other.name] <= self._place[name]:
                    continue  # a circle of calls: entered already
                most = (came[name][0] + before, name, step)
                came[other.name] = max(came.get(other.name, most), most)
        return came

    def _passed(
        self, came: Mapping[str, tuple[float, str, str]], name: str, step: str
    ) -> Passed:
        found: Passed = ()
        while name:
            found = self._talks[name].passed(step) + found
            _, name, step = came[name]
        return found

    def _other(self, node: Node) -> Flow | None:
        """The flow that the step calls, or transfers to."""
        return self._site.flows.get(leads_to(node))

    def _measured(self, flow: Flow) -> Talk:
        if flow.name not in self._flowing:
            return NOTHING
        ways = {
            node.name: self._priced(node, self._flowing[flow.name].ways[node.name])
            for node in flow.nodes.values()
        }
        most = {
            name: max((cost for _, cost in out), default=0.0)
            for name, out in ways.items()
        }
        knot_of: dict[str, list[str]] = {}
        came: dict[str, tuple[float, str, float]] = {flow.start: (0.0, "", 0.0)}
        before: dict[str, float] = {}
        through: float | None = None
        ordered = knots({name: [to for to, _ in out] for name, out in ways.items()})
        for knot in ordered:
            into = max((came[name] for name in knot if name in came), default=None)
            if into is None:
                continue
            sum_of_all = sum(most[name] for name in knot)
            for name in knot:
                knot_of[name] = knot
                came[name] = into
                before[name] = into[0] + sum_of_all - most[name]
            for name in knot:
                for target, cost in ways[name]:
                    after = before[name] + cost
                    if target == RETURN:
                        through = max(through or 0.0, after)
                    elif target not in knot and target in flow.nodes:
                        came[target] = max(
                            came.get(target, (-1.0, "", 0.0)), (after, name, cost)
                        )

        def passed(name: str) -> Passed:
            found: list[tuple[str, float]] = []
            while name:
                others = [one for one in knot_of[name] if one != name]
                found += [(one, most[one]) for one in reversed(others)]
                _, name, cost = came[name]
                if name:
                    found.append((name, cost))
            return tuple(reversed(found))

        longest = max((before[name] + most[name] for name in before), default=0.0)
        return Talk(before, passed, through, longest)

    def _priced(self, node: Node, ways: tuple[Way, ...]) -> list[tuple[str, float]]:
        """Where the step leads, and what each way takes; nothing after a person."""
        step = node.step
        if is_person(node) or isinstance(step, Transfer) or node.verb == "voicemail":
            return []
        if node.verb == "call":
            return self._called(node, ways)
        taking = self._takings.step(node)
        by_key = node.verb in BY_KEY
        return [
            (way.target, self._measure(taking.by(way.how, by_key=by_key)))
            for way in ways
        ]

    def _called(self, node: Node, ways: tuple[Way, ...]) -> list[tuple[str, float]]:
        called = self._other(node)
        # One that is not measured yet is a flow that calls itself: nothing more.
        talk = self._talks.get(called.name, NOTHING) if called else NOTHING
        found = []
        for way in ways:
            if way.how:
                found.append((way.target, talk.longest))
            elif talk.through is not None:
                found.append((way.target, talk.through))
        return found


@once
def in_seconds(site: Site) -> Paths:
    """All paths, measured in seconds."""
    return Paths(site, lambda cost: cost.seconds)


@once
def in_keys(site: Site) -> Paths:
    """All paths, measured in keys."""
    return Paths(site, lambda cost: cost.keys)
