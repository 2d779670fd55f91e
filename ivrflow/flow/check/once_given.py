"""D020: a store that gives the column itself which `once` fills.

That column gets the call and the step: two values for one column can't be stored.

Wrong:

    keep: {store: marks, with: {id: 5, call_step: call.id}, error: hangup}
                                       ^
    # data.yaml
    marks: {database: crm, insert: marks, once: call_step, timeout: 2s}

Right:

    keep: {store: marks, with: {id: 5, call: call.id}, error: hangup}
    # data.yaml
    marks: {database: crm, insert: marks, once: call_step, timeout: 2s}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.source import Problem
from ivrflow.flow.steps.store import Store

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if not isinstance(node.step, Store):
                continue
            source = site.data.get(str(node.step.source))
            if source is None or source.once is None:
                continue
            for name in node.step.with_:
                if str(name) == str(source.once):
                    message = f"{str(name)!r} is filled by `once`: leave it out here"
                    yield Problem(name.at, "D020", message)
