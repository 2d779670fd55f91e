"""S010: a secret that would get out.

A card number, a PIN, or an `ask` with `secret: yes` can't be said, logged, stored,
sent, shown, looked up with, compared or given back by a flow. The one place where a
secret may go is a `verify:` of data.yaml. It is followed through `set` and into called
flows.

Wrong:

    prove:
      authenticate: people
      card: {ask: enter, digits: 4}
      pin: {ask: enter, digits: 4}
      save: who
      failed: hangup
    note: {log: {who: who.card}}

Right:

    prove:
      authenticate: people
      card: {ask: enter, digits: 4}
      pin: {ask: enter, digits: 4}
      save: who
      failed: hangup
    note: {log: {who: who.name}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._values import Use, extra_names, hides, uses, variables
from ivrflow.flow.kinds import Text
from ivrflow.flow.source import Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

SINKS = {
    "log": "logged",
    "store": "stored",
    "send": "sent",
    "say": "said",
    "lookup": "looked up with",
    "queue": "shown, or used to choose an agent",
}


def check(site: Site) -> Iterator[Problem]:
    known = variables(site)
    for use in uses(site):
        flow = use.found.flow
        if flow is None or _allowed(use):
            continue
        held = known[flow.name]
        for path, at in use.expression.places():
            if hides(path, held) and path[0] not in extra_names(use):
                name = ".".join(path)
                verb = use.found.node.verb if use.found.node else ""
                how = "said" if use.said else SINKS.get(verb, "used here")
                message = f"{name!r} is secret, or holds a secret: it can't be {how}"
                yield Problem(at, "S010", message)
    for flow in site.flows.values():
        for name in flow.gives:
            if hides((str(name),), known[flow.name]):
                message = f"{str(name)!r} is secret: a flow can't give it back"
                yield Problem(place_of(name), "S010", message)


def _allowed(use: Use) -> bool:
    """True where a secret only goes from one variable to another."""
    node, way = use.found.node, use.found.way
    if isinstance(use.found.kind, Text) and (way.startswith("set.") or ".set." in way):
        return True
    return node is not None and node.verb == "call" and way.startswith("with.")
