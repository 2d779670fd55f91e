"""Q013: a queue that no agent serves (a warning).

Every caller who comes there takes the way `no_agents`.

Wrong:

    # queues.yaml
    desk: {title: Desk}
    sales: {title: Sales}
    night: {title: Night}
    ^

Right:

    # queues.yaml
    desk: {title: Desk}
    sales: {title: Sales}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    if "agents.yaml" in site.unread:
        return
    served = {queue for agent in site.agents.values() for queue in agent.serves()}
    for name, queue in site.queues.items():
        if str(name) not in served:
            at = place_of(name)
            message = f"no agent of agents.yaml serves the queue {str(name)!r}"
            yield warning(at if at.line else queue.at, "Q013", message)
