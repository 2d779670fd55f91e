"""F054: a question in a flow that never answers.

With `answer: no` in its head a flow leaves the call ringing. Before a call is answered
it can be heard in part, if at all, and a phone may send no keys. Put `{answer: yes}`
before the first question.

Wrong:

    # flows/main.yaml
    flow: main
    answer: no
    steps:
      pick: {menu: which, keys: {1: hangup}, failed: hangup}
      ^

Right:

    # flows/main.yaml
    flow: main
    answer: no
    steps:
      take: {answer: yes}
      pick: {menu: which, keys: {1: hangup}, failed: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        if flow.answer or any(n.verb == "answer" for n in flow.nodes.values()):
            continue
        for node in flow.nodes.values():
            if node.step.listens:
                message = (
                    f"the flow {flow.name!r} has `answer: no` and asks here; put a "
                    "step {answer: yes} before it"
                )
                yield Problem(node.at, "F054", message)
                break
