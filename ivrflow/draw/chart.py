"""What a picture of a flow shows: boxes, ways between them, what holds everywhere.

Made from a flow and from the words of its site, before anything is placed. Every way
that the flow writes is here; which of them are drawn as lines is `drawing`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from ivrflow.draw.wording import about_step, branch, choice_phrase, condition_of
from ivrflow.flow.graph import edges, reached
from ivrflow.flow.kinds import SPECIAL, FlowName, Key
from ivrflow.flow.model import Flow, Node
from ivrflow.flow.site import Site


class Shape(Enum):
    """What a step is about: it gives its box outline and colour."""

    ENTRY = "entry"
    """No step: where calls come in."""
    TALK = "talk"
    QUESTION = "question"
    DECISION = "decision"
    DATA = "data"
    FLOW = "flow"
    """Another flow is called."""
    PEOPLE = "people"
    MESSAGE = "message"
    END = "end"


SHAPES = {
    "say": Shape.TALK,
    "wait": Shape.TALK,
    "answer": Shape.TALK,
    "menu": Shape.QUESTION,
    "ask": Shape.QUESTION,
    "authenticate": Shape.QUESTION,
    "browse": Shape.QUESTION,
    "open": Shape.DECISION,
    "choose": Shape.DECISION,
    "lookup": Shape.DATA,
    "store": Shape.DATA,
    "set": Shape.DATA,
    "log": Shape.DATA,
    "call": Shape.FLOW,
    "queue": Shape.PEOPLE,
    "transfer": Shape.PEOPLE,
    "callback": Shape.PEOPLE,
    "conference": Shape.PEOPLE,
    "voicemail": Shape.MESSAGE,
    "listen": Shape.MESSAGE,
    "record": Shape.MESSAGE,
    "send": Shape.MESSAGE,
    "hangup": Shape.END,
    "reject": Shape.END,
}
"""Verb -> shape. A verb that is not here is drawn as what finds and stores."""

THEN = {
    "queue": "after the talk",
    "transfer": "after the talk",
    "lookup": "found",
    "authenticate": "identified",
}
"""Verb -> what its `then` means, where that is not plain."""

OVERVIEW = ">flows"
"""The name of the chart of all flows, which no flow has."""

ERRORS = ("error", "on_error")


@dataclass(frozen=True, slots=True)
class Choice:
    """Why a way is taken: a key with its phrase, or an outcome, or a condition."""

    key: str = ""
    """The key of the telephone; "" for what is no key."""
    words: str = ""
    outcome: str = ""
    """As it is noted in facts: `key 1`, `failed`, `then`."""


@dataclass(frozen=True, slots=True)
class Way:
    """From a step to a target, with all that leads there."""

    start: str
    end: str
    """A step's name; or `repeat`, `back`, `return`, `hangup`, or `next` in a list."""
    choices: tuple[Choice, ...]
    error: bool = False
    """True if only what goes wrong leads there."""
    special: bool = False
    """True if the target is no step."""

    @property
    def outcomes(self) -> frozenset[str]:
        return frozenset(choice.outcome for choice in self.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A step, or an entry: where calls come in."""

    name: str
    """The step's name; an entry's begins with a `>`, which no step's does."""
    shape: Shape
    verb: str = ""
    says: str = ""
    """What the caller hears, in the language of the picture."""
    notes: tuple[str, ...] = ()
    """What else is worth knowing: a queue, a source of data."""
    opens: str = ""
    """The flow that this step calls, if that is known."""
    file: str = ""
    line: int = 0
    """0 for an entry."""
    below: int = 0
    """The line in which the next step begins; 0 for the last one."""
    reached: bool = True
    """False if nothing leads there."""

    @property
    def is_step(self) -> bool:
        return self.shape is not Shape.ENTRY


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A flow, ready to be drawn."""

    name: str
    title: str
    file: str
    boxes: dict[str, Box]
    ways: tuple[Way, ...]
    always: tuple[tuple[str, str], ...] = ()
    """(key, target) that hold in every menu, question and queue."""
    on_error: str = ""
    on_end: str = ""
    entries: dict[str, str] = field(default_factory=dict)
    """Entry -> the step that it leads to."""


def chart(site: Site, flow: Flow, language: str) -> Chart:
    """What a picture of *flow* shows, with prompts in *language*."""
    there = reached(flow)
    ways = [
        way for node in flow.nodes.values() for way in _ways(site, flow, node, language)
    ]
    boxes: dict[str, Box] = {}
    entries: dict[str, str] = {}
    for entry, words, target in _entries(site, flow, ways):
        boxes[entry] = Box(name=entry, shape=Shape.ENTRY, says=words)
        entries[entry] = target
    for node in flow.nodes.values():
        says, notes = about_step(site, node, language)
        boxes[node.name] = Box(
            name=node.name,
            verb=node.verb,
            shape=SHAPES.get(node.verb, Shape.DATA),
            says=says,
            notes=notes,
            opens=_opens(site, node),
            file=node.at.file,
            line=node.at.line,
            below=flow.nodes[node.next].at.line if node.next else 0,
            reached=node.name in there,
        )
    return Chart(
        name=flow.name,
        title=str(flow.title),
        file=flow.file,
        boxes=boxes,
        ways=tuple(ways),
        always=tuple((key.written, str(c.then)) for key, c in flow.always.items()),
        on_error=str(flow.on_error or ""),
        on_end=str(flow.on_end or ""),
        entries=entries,
    )


def overview(site: Site, names: Sequence[str]) -> Chart:
    """The flows *names* as boxes: which numbers lead to them, and who calls whom."""
    boxes: dict[str, Box] = {}
    entries: dict[str, str] = {}
    ways: list[Way] = []
    for name in names:
        flow = site.flows[name]
        numbers = _numbers(site, flow)
        if numbers:
            entry = f">{name}"
            boxes[entry] = Box(name=entry, shape=Shape.ENTRY, says=", ".join(numbers))
            entries[entry] = name
        count = len(flow.nodes)
        boxes[name] = Box(
            name=name,
            shape=Shape.FLOW,
            verb="flow",
            says=str(flow.title),
            notes=(f"{count} step{'s' if count != 1 else ''}",),
            opens=name,
            file=flow.file,
            line=1,
            below=min((node.at.line for node in flow.nodes.values()), default=0),
        )
        called: dict[str, list[Choice]] = {}
        for node in flow.nodes.values():
            if (other := _opens(site, node)) in names:
                called.setdefault(other, []).append(Choice("", node.name, "then"))
        ways += [Way(name, other, tuple(by)) for other, by in called.items()]
    return Chart(
        name=OVERVIEW,
        title="All flows",
        file="site.yaml",
        boxes=boxes,
        ways=tuple(ways),
        entries=entries,
    )


def called_by(site: Site, name: str) -> list[str]:
    """The flow *name* and all that it calls, and those call, in the order found."""
    found = [name]
    for one in found:  # grows while it is read
        for node in site.flows[one].nodes.values():
            other = _opens(site, node)
            if other and other not in found:
                found.append(other)
    return found


def _numbers(site: Site, flow: Flow) -> list[str]:
    """The numbers that lead to a flow."""
    return [str(n) for n, to in site.numbers.items() if to.flow == flow.name]


def _entries(site: Site, flow: Flow, ways: list[Way]) -> Iterator[tuple[str, str, str]]:
    """(name, words, target) of each place where a call comes into the flow."""
    if not flow.nodes:
        return
    numbers, callers = _numbers(site, flow), _callers(site, flow)
    words = ", ".join(numbers) or ", ".join(callers) or "calls begin here"
    yield ">start", words, flow.start
    led_to = {way.end for way in ways if way.start != way.end} | {flow.start}
    if flow.on_error is not None and str(flow.on_error) not in led_to:
        led_to.add(str(flow.on_error))
        yield ">on_error", "on any error", str(flow.on_error)
    for key, choice in flow.always.items():
        if str(choice.then) not in {*led_to, *SPECIAL}:
            led_to.add(str(choice.then))
            yield (
                f">always {key.written}",
                f"key {key.written}, always",
                str(choice.then),
            )
    if flow.on_end is not None and str(flow.on_end) not in led_to:
        yield ">on_end", "when the call has ended", str(flow.on_end)


def _callers(site: Site, flow: Flow) -> list[str]:
    """The flows that call this one, or transfer to it."""
    return [
        other.name
        for other in site.flows.values()
        if other is not flow
        and any(_opens(site, node) == flow.name for node in other.nodes.values())
    ]


def _opens(site: Site, node: Node) -> str:
    for _, kind in node.step.kinds:
        if isinstance(kind, FlowName) and str(kind) in site.flows:
            return str(kind)
    return ""


def _ways(site: Site, flow: Flow, node: Node, language: str) -> Iterator[Way]:
    """The ways out of a step: all that lead to one target are one."""
    found: dict[str, list[Choice]] = {}
    for edge in edges(flow, node):
        choice = _choice(site, node, edge.way, edge.target, language)
        found.setdefault(edge.target, []).append(choice)
    for end, choices in found.items():
        error = all(choice.outcome in ERRORS for choice in choices)
        yield Way(node.name, end, tuple(choices), error, end not in flow.nodes)


def _choice(site: Site, node: Node, way: str, target: str, language: str) -> Choice:
    """Why the way is taken that stands under the key *way* of the step."""
    key, _, rest = way.partition(".")
    if key == "keys":
        pressed, _, _ = rest.partition(".")
        condition = condition_of(node, pressed)
        phrase = choice_phrase(site, node, target, language)
        words = f"{phrase} (if {condition})" if condition else phrase
        return Choice(Key(pressed).written, words, f"key {pressed}")
    if key == "choose":
        words, outcome = branch(node, int(rest.partition(".")[0]))
        return Choice("", words, outcome)
    if key in ("", "then"):
        return Choice("", THEN.get(node.verb, ""), "then")
    return Choice("", key.replace("_", " "), key)
