"""F053: a call that is refused after it was answered.

`reject` is for a call that nobody has taken yet. A flow takes its calls at once, unless
its head says `answer: no`; then the step `{answer: yes}` takes those that are welcome.

Wrong:

    # flows/main.yaml
    flow: main
    steps:
      pick: {choose: [{if: call.from == none, then: out}, {else: greet}]}
      out: {reject: declined}
      ^
      greet: {say: hello}

Right:

    # flows/main.yaml
    flow: main
    answer: no
    steps:
      pick: {choose: [{if: call.from == none, then: out}, {else: take}]}
      out: {reject: declined}
      take: {answer: yes}
      greet: {say: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb == "reject" and flow.answer:
                message = (
                    f"the flow {flow.name!r} answers its calls before it can refuse "
                    "one; write `answer: no` in its head"
                )
                yield Problem(node.at, "F053", message)
