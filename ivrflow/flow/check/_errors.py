"""Tools of the rules: whether anybody has thought of what may go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivrflow.flow.check._human import entries, leads_to
from ivrflow.flow.check._site import once

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site


def caught(site: Site, flow: Flow, node: Node) -> bool:
    """True if an outcome that *node* does not write leads anywhere but the apology.

    That is its `on_error`, its flow's, or, in a flow that is called, the `error` of all
    the steps that call it.
    """
    return node.step.on_error is not None or flow.name in _catching(site)


@once
def _catching(site: Site) -> set[str]:
    """Flows in which no error ends with the apology.

    A flow to which nothing leads is one of them: nobody knows what its callers will
    write.
    """
    catching = set(site.flows) - {
        flow.name for flow in entries(site) if flow.on_error is None
    }
    # Of the callers of a flow that writes no `on_error`, each must write an `error`.
    leaves_it_to = [
        (flow.name, leads_to(node))
        for flow in site.flows.values()
        for node in flow.nodes.values()
        if node.verb == "call"
        and vars(node.step)["error"] is None
        and node.step.on_error is None
    ]
    changed = True
    while changed:
        lost = {
            called
            for caller, called in leaves_it_to
            if caller not in catching
            and called in catching
            and site.flows[called].on_error is None
        }
        catching -= lost
        changed = bool(lost)
    return catching
