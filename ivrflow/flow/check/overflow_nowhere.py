"""Q021: an overflow that leads nowhere.

The queue's `overflow` in queues.yaml says when, and not where to: then each `queue`
step that waits there has to say it. This one does not, and its callers would hear an
apology.

Wrong:

    wait: {queue: desk}
                  ^
    # queues.yaml
    desk: {title: Desk, overflow: {after: 5m}}
    sales: {title: Sales}

Right:

    wait: {queue: desk, overflow: bye}
    bye: {hangup: hello}
    # queues.yaml
    desk: {title: Desk, overflow: {after: 5m}}
    sales: {title: Sales}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.source import Problem
from ivrflow.flow.steps.queue import Queue
from ivrflow.flow.steps.transfer import Transfer

if TYPE_CHECKING:
    from ivrflow.flow.kinds import QueueName
    from ivrflow.flow.site import Site
    from ivrflow.flow.step import Step


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            name = _waits_in(node.step)
            queue = site.queues.get(name) if name is not None else None
            if name is None or queue is None or queue.overflow is None:
                continue
            if queue.overflow.to is None:
                message = (
                    f"the overflow of queue {str(name)!r} in queues.yaml has no queue, "
                    "flow or number, and this step no `overflow`"
                )
                yield Problem(name.at, "Q021", message)


def _waits_in(step: Step) -> QueueName | None:
    """The queue in which *step* waits without a way for its overflow."""
    if isinstance(step, Queue) and step.overflow is None and step.on_error is None:
        return step.queue
    return step.to.queue if isinstance(step, Transfer) else None
