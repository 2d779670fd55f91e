"""F031: a value that may be unset where it is needed.

Some path leads here on which nothing has set the name, and it is said, looked up with,
or names a queue: the call would go the way of an error. The message names such a path.
Set the name on that path, lead the path elsewhere, or ask first: `{if: name != none,
say: ...}`, a key with `if`, or `default(name, 0)`. In `log`, `show`, `skills` and
`priority` a value may be unset, and every comparison with it is false.

Of built-in names it is a warning: `call.from` is none where the number is withheld,
`agent` until an agent has talked with the caller, `queue` while the caller stands in
no queue.

Wrong:

    find: {lookup: order, with: {id: 5}, save: order, not_found: tell, error: hangup}
    tell: {say: "It is ${order.state}."}
                         ^

Right:

    find: {lookup: order, with: {id: 5}, save: order, not_found: hangup, error: hangup}
    tell: {say: "It is ${order.state}."}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._flowing import (
    AGENT,
    MAY_BE_NONE,
    QUEUE,
    Flowing,
    flowing,
    way_without,
    with_columns,
)
from ivrflow.flow.check._given import missing, proven
from ivrflow.flow.check._site import warning
from ivrflow.flow.check._values import Use, extra_names, uses
from ivrflow.flow.kinds import Expression, Text
from ivrflow.flow.source import Mark, Problem

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site

WHY = {
    **dict.fromkeys(AGENT, "no agent may have talked with the caller yet"),
    **dict.fromkeys(QUEUE, "the caller stands in no queue"),
    "call.from": "the number may be withheld",
}

MOST_SHOWN = 7
"""Steps of a path that a message names."""


def check(site: Site) -> Iterator[Problem]:
    known = flowing(site)
    told: set[tuple[str, str, str]] = set()
    for use in uses(site):
        flow, node = use.found.flow, use.found.node
        if flow is None or node is None or flow.name not in known or not _needed(use):
            continue
        here = known[flow.name]
        if node.name not in here.before:
            continue  # no call comes here: another rule's
        given = here.before[node.name] | _proven(use, node)
        for own in extra_names(use):
            given |= with_columns(own, here.names)
        if node.verb in ("queue", "transfer"):
            given |= AGENT | QUEUE  # whispers and announcements
        lacking = missing(use.expression.tree, given, here.names)
        if not lacking:
            continue
        # The worst first: a variable, then what every call has.
        name = min(lacking, key=lambda one: (one in MAY_BE_NONE, len(one)))
        if (flow.name, node.name, name) not in told:
            told.add((flow.name, node.name, name))
            yield _problem(use, flow, here, node, name)


def _needed(use: Use) -> bool:
    """True where nothing can't stand."""
    node, kind, way = use.found.node, use.found.kind, use.found.way
    if use.said:
        return True
    if isinstance(kind, Text):
        # A variable may be set to nothing; an address or a number may not be nothing.
        sets = way.startswith("set.") or ".set." in way
        return not sets or kind.words.alone is None
    if not isinstance(kind, Expression):
        return True  # the name of a queue, a mailbox, a timetable
    looks_up = node is not None and node.verb == "lookup"
    return looks_up and way.startswith("with.")


def _proven(use: Use, node: Node) -> frozenset[str]:
    """What the conditions beside a use say: `{if: x != none, say: ...}`."""
    inside = dict(node.step.kinds)
    parts = use.found.way.split(".")
    found: frozenset[str] = frozenset()
    for end in range(1, len(parts)):
        condition = inside.get(".".join((*parts[:end], "if")))
        if isinstance(condition, Expression):
            found |= proven(condition.tree, True)
    return found


def _problem(use: Use, flow: Flow, here: Flowing, node: Node, name: str) -> Problem:
    at: Mark = use.expression.place(0)
    where = "here"
    if use.prompt:
        at, where = use.found.kind.at, f"where {use.prompt!r} is said"
        at = at if at.line else node.at
    cure = f"set it there, or ask `if: {name} != none` first"
    if name in MAY_BE_NONE:
        message = f"{name!r} may be none {where}: {WHY[name]}; ask "
        return warning(at, "F031", f"{message}`if: {name} != none` first")
    path = way_without(flow, here, name, node.name)
    if len(path) > MOST_SHOWN:
        path = [*path[:2], "...", *path[-MOST_SHOWN + 3 :]]
    way = " -> ".join(path)
    if name in flow.takes and name not in here.entry:
        way = f"a flow that calls {flow.name!r} may hand in nothing"
    elif len(path) == 1:
        way = f"nothing stands before {path[0]!r}"
    else:
        way = f"{way} does not set it"
    return Problem(at, "F031", f"{name!r} may be unset {where}: {way}; {cure}")
