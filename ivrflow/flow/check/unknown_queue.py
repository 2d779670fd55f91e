"""Q010: a queue that queues.yaml does not have.

Mend the name, or describe the queue in queues.yaml.

Wrong:

    wait: {queue: desc}
                  ^

Right:

    wait: {queue: desk}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import unknown
from ivrflow.flow.kinds import QueueName
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for name, hint in unknown(site, QueueName, "queues.yaml", site.queues):
        yield Problem(name.at, "Q010", f"queues.yaml has no queue {str(name)!r}{hint}")
