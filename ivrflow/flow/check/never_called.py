"""Q017: agents on demand whom the queue never calls (a warning).

Agents serve the queue `on_demand`, and it does not say when it calls for them: they are
never rung for it.

Wrong:

    # queues.yaml
    desk: {title: Desk}
    ^
    sales: {title: Sales}
    # agents.yaml
    agents:
      "1": {name: Li, queues: [desk, sales], skills: {mail: 3}}
      "2": {name: Wu, on_demand: [desk]}

Right:

    # queues.yaml
    desk: {title: Desk, on_demand: {wait: 60s}}
    sales: {title: Sales}
    # agents.yaml
    agents:
      "1": {name: Li, queues: [desk, sales], skills: {mail: 3}}
      "2": {name: Wu, on_demand: [desk]}
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
    helpers = {str(queue) for a in site.agents.values() for queue in a.on_demand}
    for name, queue in site.queues.items():
        wanted = queue.on_demand
        calls = wanted is not None and (wanted.wait or wanted.waiting)
        if str(name) in helpers and not calls:
            at = place_of(name)
            message = (
                f"{str(name)!r} never calls for its agents on demand: write when, as "
                "on_demand: {wait: 60s}"
            )
            yield warning(at if at.line else queue.at, "Q017", message)
