"""F029: a way on from a step after which nothing follows.

`hangup` and `reject` end the call, so their `then:` is never taken. What is to be said
first stands in a step above.

Wrong:

    greet: {hangup: hello, then: bye}
                                 ^
    bye: {hangup: yes}

Right:

    greet: {say: hello, then: bye}
    bye: {hangup: yes}
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
            if node.step.ends and node.step.then is not None:
                message = f"{node.verb!r} ends the call; take this `then:` out"
                yield Problem(node.step.then.at, "F029", message)
