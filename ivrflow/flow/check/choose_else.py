"""F052: a `choose` that may find nothing (a warning).

When none of its conditions holds, the call goes the way of an error. Let the last one
be `{else: STEP}`, which takes all that is left.

Wrong:

    pick: {choose: [{if: now.hour < 12, then: greet}]}
                                              ^
    greet: {say: hello}

Right:

    pick: {choose: [{if: now.hour < 12, then: greet}, {else: hangup}]}
    greet: {say: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem
from ivrflow.flow.steps.choose import Choose

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            step = node.step
            if not isinstance(step, Choose) or step.then is not None:
                continue
            last = step.choices[-1]
            if last.when is not None:
                message = "nothing is said for when no condition holds; add {else}"
                yield warning(last.target.at, "F052", message)
