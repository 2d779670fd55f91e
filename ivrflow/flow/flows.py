"""Reading flow files: the head, then each step by the model of its verb."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Container
from typing import Any

from ivrflow.flow import steps
from ivrflow.flow.explain import UNKNOWN_KEY, build, build_value, keys_of
from ivrflow.flow.files import Files
from ivrflow.flow.kind import WRONG_SHAPE, called
from ivrflow.flow.kinds import StepName, did_you_mean
from ivrflow.flow.model import Flow, Node
from ivrflow.flow.site.flow import Head
from ivrflow.flow.source import Items, Mark, Problem, Scalar, Table
from ivrflow.flow.step import VERBS, Step

for _module in pkgutil.iter_modules(steps.__path__):
    importlib.import_module(f"{steps.__name__}.{_module.name}")

FOLDER = "flows"


def read_flows(files: Files) -> dict[str, Flow]:
    """Read every file of `flows/`. Flows that can't be read at all are noted."""
    flows: dict[str, Flow] = {}
    for file in files.inside(FOLDER):
        flow = read_flow(files, file)
        if flow is None:
            stem = file.removeprefix(f"{FOLDER}/").removesuffix(".yaml")
            files.lost(FOLDER, stem)
        elif (first := flows.get(flow.name)) is not None:
            message = f"the flow {flow.name!r} stands in {first.file} already"
            files.fail(flow.at, "F018", message)
        else:
            flows[flow.name] = flow
    if not flows and FOLDER not in files.broken:
        message = "there is no flow; put one into flows/NAME.yaml"
        files.fail(Mark("site.yaml", 1, 1), "F019", message)
    return flows


def read_flow(files: Files, file: str) -> Flow | None:
    """Read one flow. Steps that are wrong are left out and named in `broken`."""
    raw = files.table(file)
    if file in files.unread:
        return None
    at = Mark(file, 1, 1)
    head = build(Head, raw, files.problems, what="a flow", at=at)
    if head is None:
        return None
    if not isinstance(head.steps, Table) or not head.steps:
        key = raw.key("steps")
        message = "a flow needs `steps:`, a table of NAME: {verb: ...}"
        files.fail(key.at if key else at, "F012", message)
        return None
    read = _Steps(files.problems)
    read.all(head.steps)
    return Flow(
        name=str(head.flow),
        file=file,
        nodes=read.nodes,
        title=head.title,
        takes=head.takes,
        gives=head.gives,
        always=head.always,
        on_error=head.on_error,
        on_end=head.on_end,
        answer=head.answer,
        agi=bool(head.agi),
        at=head.flow.at,
        broken=frozenset(read.broken),
        half=read.half,
    )


class _Steps:
    """Reads the steps of one flow."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.nodes: dict[str, Node] = {}
        self.broken: set[str] = set()
        self.half: dict[str, Node] = {}

    def all(self, raw: Table) -> None:
        names = list(raw)
        following: list[str | None] = [*map(str, names[1:]), None]
        for name, below in zip(names, following, strict=True):
            node = self.one(name, raw[name], below)
            if node is None:
                self.broken.add(str(name))
            else:
                self.nodes[node.name] = node

    def one(self, name: Scalar, body: Any, below: str | None) -> Node | None:
        known = build_value(StepName, name, self.problems, what="a step", at=name.at)
        if not isinstance(body, Table):
            message = f"a step is a table like {{say: ...}}, not {called(body)}"
            self.fail(name.at, WRONG_SHAPE, message)
            return None
        found = self.verb(name, body)
        if found is None:
            return None
        what, at = repr(found), name.at
        before = len(self.problems)
        step = build(VERBS[found], body, self.problems, what=what, at=at)
        if step is None:
            step = self._but_for(body, self.problems[before:], VERBS[found])
            if step is not None:
                self.half[str(name)] = Node(str(name), at, found, step, below)
            return None
        if known is None:
            return None
        return Node(str(name), name.at, found, step, below)

    def _but_for(
        self, body: Table, problems: list[Problem], model: type[Step]
    ) -> Step | None:
        """The step without the keys that nobody knows; None if more is wrong.

        For what must be told though it is broken: a secret that gets out.
        """
        if any(problem.code != UNKNOWN_KEY for problem in problems):
            return None
        return build(
            model, _without({p.at for p in problems}, body), [], what="", at=body.at
        )

    def verb(self, name: Scalar, body: Table) -> str | None:
        """Which verb it is. Some verbs are keys of others too: `menu` has a `wait`."""
        verbs = [key for key in body if key in VERBS]
        fitting = [
            verb
            for verb in verbs
            if all(other in keys_of(VERBS[verb]) for other in verbs if other != verb)
        ]
        if len(fitting) == 1:
            return str(fitting[0])
        if verbs:
            message = (
                f"the step {str(name)!r} has two verbs, {str(verbs[0])!r} and "
                f"{str(verbs[1])!r}; make two steps of it"
            )
            self.fail(verbs[1].at, "F015", message)
            return None
        # `then` and its like are no verb that is misspelt.
        others = [key for key in body if key not in keys_of(Step)]
        hints = [(key, did_you_mean(key, VERBS)) for key in others]
        for key, hint in hints:
            if hint:
                self.fail(key.at, "F010", f"there is no verb {str(key)!r}{hint}")
                return None
        message = f"the step {str(name)!r} has no verb; there are: {', '.join(VERBS)}"
        self.fail(name.at, "F016", message)
        return None

    def fail(self, at: Mark, code: str, message: str) -> None:
        self.problems.append(Problem(at, code, message))


def _without(places: Container[Mark], value: Any) -> Any:
    """A copy of *value* without the keys that stand at *places*."""
    if isinstance(value, Table):
        kept: Table | Items = Table(
            (key, _without(places, inside))
            for key, inside in value.items()
            if key.at not in places
        )
    elif isinstance(value, Items):
        kept = Items(_without(places, inside) for inside in value)
    else:
        return value
    kept.at = value.at
    return kept
