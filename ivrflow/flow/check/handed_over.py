"""F035: a dialplan's flow has a step that joins channels (a note).

A flow with `agi: yes` is run on a call that stays in its dialplan, where nothing can be
joined to it. At a `queue`, `transfer`, `conference` or `record` step the call therefore
leaves the dialplan for ivrflow, by the context `ivrflow-script`, and goes back to it
when the flow ends. That works by itself; who writes the dialplan should know.

Told:

    # flows/balance.yaml
    flow: balance
    agi: yes
    steps:
      help: {transfer: {endpoint: PJSIP/1001}}
      ^

Not told:

    # flows/balance.yaml
    flow: balance
    agi: yes
    steps:
      bye: {hangup: "Good-bye."}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import note
from ivrflow.flow.kinds import FlowName
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    told: set[tuple[str, str]] = set()
    for flow in site.flows.values():
        if not flow.agi:
            continue
        for inner in _reached(site, flow):
            for node in inner.nodes.values():
                if node.step.needs_switch and (inner.name, node.name) not in told:
                    told.add((inner.name, node.name))
                    yield note(
                        node.at,
                        "F035",
                        f"{node.name!r} joins channels: a call that comes by AGI, to "
                        f"the flow {flow.name!r}, leaves its dialplan here until the "
                        "flow ends",
                    )


def _reached(site: Site, flow: Flow) -> Iterator[Flow]:
    """*flow*, and all that it calls, or leads to."""
    seen, todo = {flow.name}, [flow]
    for one in todo:  # grows while it is walked
        yield one
        for node in one.nodes.values():
            for _, kind in node.step.kinds:
                called = site.flows.get(str(kind))
                if isinstance(kind, FlowName) and called and called.name not in seen:
                    seen.add(called.name)
                    todo.append(called)
