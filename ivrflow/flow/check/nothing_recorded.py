"""F041: a recording is paused or ended that no flow begins (a warning).

`record: pause`, `resume` and `off` do nothing unless `record: all` or `share` stands
somewhere before them, in this flow or in one that calls it.

Wrong:

    hold: {record: pause}
                   ^
    greet: {say: hello}

Right:

    begin: {record: all}
    hold: {record: pause}
    greet: {say: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

LATER = ("pause", "resume", "off")


def check(site: Site) -> Iterator[Problem]:
    acts = [
        getattr(node.step, "what")  # noqa: B009  only this verb has it
        for flow in site.flows.values()
        for node in flow.nodes.values()
        if node.verb == "record"
    ]
    if any(act not in LATER for act in acts):
        return
    for act in acts:
        message = f"{str(act)!r} does nothing: no step of the site begins a recording"
        yield warning(act.at, "F041", message)
