"""F056: a question without a way for callers who say nothing (a warning).

Not every caller can press keys: old phones, a hand that is not free. When the tries are
used up and no `failed:` is written, and no `on_error:` of the step, the flow or the
step that calls the flow, the caller hears an apology and the call is over. Lead to a
person, or on with what is likely.

Wrong:

    pick: {menu: which, keys: {1: bye}}
    ^
    bye: {hangup: hello}

Right:

    pick: {menu: which, keys: {1: bye}, failed: bye}
    bye: {hangup: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._errors import caught
from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            step = node.step
            if not step.listens or vars(step).get("failed", step) is not None:
                continue
            if not caught(site, flow, node):
                message = (
                    f"{node.verb!r} has no `failed:`: who says nothing hears an "
                    "apology, and the call ends"
                )
                yield warning(node.at, "F056", message)
