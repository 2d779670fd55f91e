"""S010: a secret that would get out.

A PIN, or an `ask` with `secret: yes`, can't be said, logged, stored, sent, shown,
looked up with, compared or given back by a flow. The one place where a secret may go is
a `verify:` of data.yaml.

A card of `authenticate`, or an `ask` with `masked: yes`, may be looked up with, stored,
and said to its caller. Logs, letters and screens show its end alone. It can't be
compared, reckoned with, be a part of a URL (servers log those), or be said to anybody
else. Both are followed through `set` and into called flows; whether they are set may be
asked anywhere: `{if: card != none, ...}`.

Wrong:

    prove:
      authenticate: people
      card: {ask: enter, digits: 4}
      pin: {ask: enter, digits: 4}
      save: who
      failed: hangup
      error: hangup
    note: {log: {who: who.pin}}
                      ^

Right:

    prove:
      authenticate: people
      card: {ask: enter, digits: 4}
      pin: {ask: enter, digits: 4}
      save: who
      failed: hangup
      error: hangup
    note: {log: {who: who.name}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._values import (
    Use,
    extra_names,
    half_read,
    hides,
    masks,
    uses,
    variables,
)
from ivrflow.flow.formula.closures import is_none
from ivrflow.flow.formula.tree import Comparison, Tree, dotted, parts
from ivrflow.flow.kinds import Text
from ivrflow.flow.source import Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.model import Node
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.data import DataSource

CODE = "S010"

SINKS = {
    "log": "logged",
    "store": "stored",
    "send": "sent",
    "say": "said",
    "lookup": "looked up with",
    "queue": "shown, or used to choose an agent",
}

SHOWN_BY_ITS_END = {"log": "", "send": "", "queue": "show.", "transfer": "show."}
"""Verb -> how the keys begin whose values are only ever shown."""

TO_OTHERS = ("whisper", "announce")
"""Keys whose words somebody else than the caller hears."""

MAY = "it may be looked up with, stored, said to the caller, and shown by its end"


def check(site: Site) -> Iterator[Problem]:
    known = variables(site)
    for use in (*uses(site), *half_read(site)):
        flow = use.found.flow
        if flow is None or _handed_on(use):
            continue
        held, here = known[flow.name], extra_names(use)
        touched = _touched(use.expression.tree)
        for path, at in use.expression.places():
            if path[0] in here or path not in touched:
                continue
            name = ".".join(path)
            if hides(path, held):
                verb = use.found.node.verb if use.found.node else ""
                how = "said" if use.said else SINKS.get(verb, "used here")
                message = f"{name!r} is secret, or holds a secret: it can't be {how}"
                yield Problem(at, CODE, message)
            elif masks(path, held) and (how := _misused(site, use)):
                message = f"{name!r} is masked: it can't be {how}; {MAY}"
                yield Problem(at, CODE, message)
    for flow in site.flows.values():
        for name in flow.gives:
            path = (str(name),)
            if hides(path, known[flow.name]) or masks(path, known[flow.name]):
                what = "secret" if hides(path, known[flow.name]) else "masked"
                message = f"{str(name)!r} is {what}: a flow can't give it back"
                yield Problem(place_of(name), CODE, message)
        for node in flow.nodes.values():
            yield from _card_in_url(site, node)


def _handed_on(use: Use) -> bool:
    """True where a secret only goes from one variable to another, as it is."""
    node, way = use.found.node, use.found.way
    if dotted(use.expression.tree) is None:
        return False
    if isinstance(use.found.kind, Text) and (way.startswith("set.") or ".set." in way):
        return True
    return node is not None and node.verb == "call" and way.startswith("with.")


def _touched(tree: Tree) -> frozenset[tuple[str, ...]]:
    """The names whose values count: not those that are only asked whether they are."""
    if (path := dotted(tree)) is not None:
        return frozenset((path,))
    if isinstance(tree, Comparison) and set(tree.signs) <= {"==", "!="}:
        named = [one for one in tree.values if not is_none(one)]
        if len(tree.values) == 2 and len(named) == 1 and dotted(named[0]) is not None:
            return frozenset()
    return frozenset[tuple[str, ...]]().union(*map(_touched, parts(tree)))


def _misused(site: Site, use: Use) -> str:
    """What must not be done with a masked value there; "" where all is well."""
    node, way = use.found.node, use.found.way
    if dotted(use.expression.tree) is None:
        return "compared or reckoned with"
    if way.partition(".")[0] in TO_OTHERS:
        return "said to anybody but the caller"
    verb = node.verb if node is not None else ""
    if way.startswith("with.") and verb in ("lookup", "store"):
        source = site.data.get(str(getattr(node and node.step, "source", "")))
        in_url = source is not None and way.removeprefix("with.") in _in_url(source)
        return "a part of a URL or a header: let the source `post` it" if in_url else ""
    begins = SHOWN_BY_ITS_END.get(verb)
    if use.said or (begins is not None and way.startswith(begins)):
        return ""
    return "used here"


def _card_in_url(site: Site, node: Node) -> Iterator[Problem]:
    """An `authenticate` whose source asks over HTTP with the card in plain sight."""
    name = vars(node.step).get("source")
    source = site.data.get(str(name))
    if node.verb != "authenticate" or name is None or source is None:
        return
    if "card" in _in_url(source):
        message = f"{str(name)!r} has the card in a URL or header; let it `post` it"
        yield Problem(name.at, CODE, message)


def _in_url(source: DataSource) -> frozenset[str]:
    """The values that become a part of the URL or of a header."""
    texts = [*source.headers.values(), *filter(None, (source.get, source.post))]
    return frozenset(
        path[0]
        for text in texts
        for _, expression in text.slots
        for path in expression.paths
    )
