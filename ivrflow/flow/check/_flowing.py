"""Tools of the rules: what is set when a call comes to a step, on every path.

A data flow over the steps: what is set there is what all ways to it have in common.
Ways are the keys, outcomes and conditions that the steps write, the keys of `always:`
from every step that listens, and `on_error` from every step that may fail. A way under
a condition knows what the condition proves. A flow that is called has what all its
callers hand in, and gives back what is set on all ways out of it.

Built-in names are followed like variables where they may be none: `call.from` of a
withheld number, the agent as long as nobody has talked with the caller. What a caller
has proved of them holds in the flows that it calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from ivrflow.flow.check._given import NOTHING, missing, proven
from ivrflow.flow.check._site import everything, once
from ivrflow.flow.check._values import variables
from ivrflow.flow.kinds import Expression, FlowName, Name, Target, Text

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site

Given = frozenset[str]

NEVER_FAILS = frozenset(
    ("say", "set", "log", "menu", "ask", "open", "choose", "wait", "hangup")
)
"""Verbs whose only errors are outcomes that the author left out."""

RETURN = "return"

AGENT = frozenset(("agent", "agent.number", "agent.name", "call.agent"))
"""Built-in names that are none until an agent has talked with the caller."""

QUEUE = frozenset(("queue",))
"""What is none as long as the caller stands in no queue."""

MAY_BE_NONE = frozenset(("call.from",)) | AGENT | QUEUE
"""The built-in names that are followed."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a step: what is set when it is taken."""

    how: str
    """The outcome or key, as an author reads it; "" for going on."""
    target: str
    adds: Given = NOTHING
    """What the step saves on this way, and what its conditions prove."""
    sets: Mapping[str, Text] = field(default_factory=dict)
    """What `set` gives a value on this way, perhaps one that may be none."""


@dataclass(frozen=True)
class Flowing:
    """What is set on entering each step of one flow that can be reached."""

    before: Mapping[str, Given]
    ways: Mapping[str, tuple[Way, ...]]
    entry: Given
    names: Given
    """All names that this flow ever sets."""

    def after(self, given: Given, way: Way) -> Given:
        """What is set at the end of *way*, if *given* was at the step."""
        if not way.adds and not way.sets:
            return given  # most ways, and there are very many
        found = given | way.adds
        for name, text in way.sets.items():
            alone = text.words.alone is not None
            # What a built-in name gives counts as set: that is told where it is said.
            known = found | MAY_BE_NONE
            if alone and missing(text.slots[0][1].tree, known, self.names):
                found -= {name}
            else:
                found |= with_columns(name, self.names)
        return found


def with_columns(name: str, names: Given) -> Given:
    """The variable and all its columns that are followed."""
    columns = [one for one in names if one.startswith(f"{name}.")]
    return frozenset((name, *columns))


@once
def flowing(site: Site) -> dict[str, Flowing]:
    """Flow -> what is set where; worked out over all flows until nothing changes."""
    flows = {f.name: f for f in site.flows.values() if f.nodes and not f.broken}
    names = {
        name: frozenset(variables(site)[name]) | _columns(site, flow) | MAY_BE_NONE
        for name, flow in flows.items()
    }
    ways = {name: _ways(flow, names[name]) for name, flow in flows.items()}
    only_called = _only_called(site, flows)
    entry = {
        name: frozenset(map(str, flow.takes))
        | (MAY_BE_NONE if name in only_called else NOTHING)
        for name, flow in flows.items()
    }
    gives = {name: frozenset(map(str, flow.gives)) for name, flow in flows.items()}
    found: dict[str, Flowing] = {}
    todo = list(flows)
    while todo:
        name = todo.pop()
        flow = flows[name]
        known = _with_gives(flow, ways[name], gives)
        here = found[name] = _one(flow, known, entry[name], names[name])
        for called, lacking in _handed_in(flow, here):
            if entry.get(called, NOTHING) & lacking:
                entry[called] -= lacking
                todo.append(called)
        if not gives[name] <= (given_back := _given_back(flow, here)):
            gives[name] &= given_back
            todo += [caller for caller, one in flows.items() if _calls(one, name)]
    return found


def _only_called(site: Site, flows: Mapping[str, Flow]) -> set[str]:
    """Flows that calls come to through `call` steps alone, as far as can be seen."""
    called, entered = set[str](), set[str]()
    for found in everything(site):
        if isinstance(found.kind, FlowName):
            one = found.node
            by_call = one is not None and one.verb == "call" and found.way == "call"
            (called if by_call else entered).add(str(found.kind))
    only = called - entered
    return {name for name, flow in flows.items() if name in only and not flow.agi}


def _calls(flow: Flow, called: str) -> bool:
    return any(
        node.verb == "call" and vars(node.step).get("flow") == called
        for node in flow.nodes.values()
    )


def _one(
    flow: Flow, ways: Mapping[str, tuple[Way, ...]], entry: Given, names: Given
) -> Flowing:
    """One flow, with what is known of the others by now."""
    here = Flowing({}, ways, entry, names)
    before: dict[str, Given] = {}
    steps = list(flow.nodes)
    number = {name: n for n, name in enumerate(steps)}
    # The uppermost step is next: as flows lead downwards, few are met a second time.
    todo: list[int] = []

    def come(name: str, given: Given) -> None:
        known = before.get(name)
        if name in number and (known is None or not known <= given):
            before[name] = given if known is None else known & given
            heappush(todo, number[name])

    come(flow.start, entry)
    if flow.on_end is not None:
        come(str(flow.on_end), entry)
    while todo:
        at = heappop(todo)
        while todo and todo[0] == at:
            heappop(todo)
        given = before[steps[at]]
        for way in ways[steps[at]]:
            come(way.target, here.after(given, way))
    return Flowing(before, ways, entry, names)


def _columns(site: Site, flow: Flow) -> Given:
    """The columns of what called flows give, as far as they are saved."""
    found = set()
    for node in flow.nodes.values():
        if node.verb == "call":
            step = vars(node.step)
            called = site.flows.get(str(step["flow"]))
            if called is not None and step["save"] is not None:
                found |= {f"{step['save']}.{column}" for column in called.gives}
    return frozenset(found)


def _with_gives(
    flow: Flow, ways: Mapping[str, tuple[Way, ...]], gives: Mapping[str, Given]
) -> Mapping[str, tuple[Way, ...]]:
    """The ways, those of `call` steps with what the called flows give for certain."""
    known = dict(ways)
    for node in flow.nodes.values():
        called = str(vars(node.step).get("flow"))
        save = vars(node.step).get("save")
        if node.verb == "call" and called in gives and save is not None:
            adds = frozenset((str(save), *(f"{save}.{one}" for one in gives[called])))
            known[node.name] = tuple(
                replace(way, adds=adds) if str(save) in way.adds else way
                for way in ways[node.name]
            )
    return known


def _given_back(flow: Flow, here: Flowing) -> Given:
    """What is set on all ways out of the flow that go back to the caller."""
    ends = [
        here.after(given, way)
        for name, given in here.before.items()
        for way in here.ways[name]
        if way.target == RETURN
    ]
    return frozenset.intersection(*ends) if ends else here.names


def _handed_in(flow: Flow, here: Flowing) -> Iterator[tuple[str, Given]]:
    """Flow -> what a step of this one hands in that may be none."""
    for name, given in here.before.items():
        node = flow.nodes[name]
        if node.verb == "call":
            values: Mapping[Name, Expression] = getattr(node.step, "with_", {})
            lacking = frozenset(
                str(key)
                for key, value in values.items()
                if missing(value.tree, given | MAY_BE_NONE, here.names)
            )
            # What is not handed in at all is told by a rule of its own.
            lacking |= MAY_BE_NONE - given
            yield str(getattr(node.step, "flow", "")), lacking


def _ways(flow: Flow, names: Given) -> dict[str, tuple[Way, ...]]:
    always = [
        Way(
            f"key {key.written}",
            str(choice.then),
            proven(choice.when.tree, True) & names if choice.when else NOTHING,
            {str(name): text for name, text in (choice.values or {}).items()},
        )
        for key, choice in flow.always.items()
    ]
    return {
        node.name: tuple(_out_of(flow, node, names, always))
        for node in flow.nodes.values()
    }


def _out_of(
    flow: Flow, node: Node, names: Given, always: Iterable[Way]
) -> Iterator[Way]:
    step = node.step
    inside = dict(step.kinds)
    for way, kind in inside.items():
        if isinstance(kind, Target) and way != "on_error":
            yield _written(node, inside, way, str(kind), names)
    if step.then is None and step.falls_through and not step.ends:
        yield _written(node, inside, "then", node.next or RETURN, names)
    if step.listens or node.verb in ("queue", "call"):
        yield from always
    target = step.on_error or flow.on_error
    if target is not None and _may_fail(node):
        yield Way("error", str(target))


def _written(
    node: Node, inside: Mapping[str, object], way: str, target: str, names: Given
) -> Way:
    """The way that the key *way* of the step writes."""
    parts = way.split(".")
    starts = [".".join((*parts[:end], "")) for end in range(len(parts))]
    adds, sets = NOTHING, {}
    if (saved := _saved(node, way)) in names:
        adds = with_columns(saved, names)
    if way == "then" and _by_an_agent(node):
        adds |= AGENT
    for start in starts:
        condition = inside.get(f"{start}if")
        if isinstance(condition, Expression):
            adds |= proven(condition.tree, True) & names
        begins = f"{start}set."
        for key, kind in inside.items():
            if key.startswith(begins) and isinstance(kind, Text):
                sets[key.removeprefix(begins)] = kind
    if node.verb == "choose" and len(parts) > 1 and parts[1].isdigit():
        for number in range(int(parts[1])):  # those above did not hold
            condition = inside.get(f"choose.{number}.if")
            if isinstance(condition, Expression):
                adds |= proven(condition.tree, False) & names
    how = "" if way == "then" else way.removesuffix(".then").replace("keys.", "key ")
    return Way(how, target, adds, sets)


def _by_an_agent(node: Node) -> bool:
    """True if an agent has talked with the caller when the step is over."""
    to = vars(node.step).get("to")
    return node.verb == "queue" or getattr(to, "queue", None) is not None


def _saved(node: Node, way: str) -> str:
    """The variable that the step itself keeps when it is left this way; "" for none."""
    step = vars(node.step)
    if node.verb == "browse" and way.startswith("keys."):
        return str(step["as_"])  # the item that was said
    if node.verb == "menu" and way.startswith("dial_extension"):
        return str(step["dial_extension"].save)
    if way == "then" and step.get("save") is not None:
        return str(step["save"])
    return ""


def _may_fail(node: Node) -> bool:
    if node.verb not in NEVER_FAILS:
        return True
    written = vars(node.step)
    return any(written.get(name, "") is None for name in OUTCOMES)


OUTCOMES = ("failed", "error", "yes", "no")
"""Those that lead the way of an error when they are left out."""


def way_without(flow: Flow, here: Flowing, name: str, step: str) -> list[str]:
    """The shortest path to *step* on which *name* is not set, as an author reads it."""
    first = [flow.start] if name not in here.entry else []
    if flow.on_end is not None:
        first.append(str(flow.on_end))
    paths: dict[str, list[str]] = {one: [one] for one in first}
    todo = list(first)
    for at in todo:  # grows while it is walked
        if at == step:
            return paths[at]
        for way in here.ways.get(at, ()):
            if way.target in paths or way.target not in here.before:
                continue
            if name not in here.after(here.before[at] - {name}, way):
                said = f"{at} ({way.how})" if way.how else at
                paths[way.target] = [*paths[at][:-1], said, way.target]
                todo.append(way.target)
    return []
