"""F027: a step that can't run when the caller has gone.

`on_end` runs when the call has ended, whoever ended it: only `log`, `store`, `lookup`,
`send` and `set` make sense there.

Wrong:

    # flows/main.yaml
    flow: main
    on_end: last
    steps:
      greet: {say: hello, then: hangup}
      last: {say: hello}
      ^

Right:

    # flows/main.yaml
    flow: main
    on_end: last
    steps:
      greet: {say: hello, then: hangup}
      last: {log: {ended_in: call.step}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.graph import edges
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        name = str(flow.on_end) if flow.on_end else None
        seen: set[str] = set()
        todo = [name] if name else []
        while todo:
            step = todo.pop()
            if step in seen or step not in flow.nodes:
                continue
            seen.add(step)
            node = flow.nodes[step]
            if not node.step.after_the_end:
                message = f"{node.verb!r} can't run in `on_end`: the caller has gone"
                yield Problem(node.at, "F027", message)
                continue
            todo += [edge.target for edge in edges(flow, node)]
