"""Q025: messages are work that nobody takes (a warning).

A mailbox with `work:` makes each message a piece of work for a queue. Of the agents who
serve that queue, one at least must take it: `takes:` names `voicemail`, or is left out.

Wrong:

    # mailboxes.yaml
    box: {heard_by: [admin], work: {queue: desk, within: 4h}}
                                           ^
    # agents.yaml
    agents:
      "1": {name: Li, queues: [desk, sales], takes: [call], skills: {mail: 3}}

Right:

    # mailboxes.yaml
    box: {heard_by: [admin], work: {queue: desk, within: 4h}}
    # agents.yaml
    agents:
      "1": {name: Li, queues: [desk, sales], takes: [call, voicemail]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    if "agents.yaml" in site.unread:
        return
    for box in site.mailboxes.values():
        if box.work is None:
            continue
        queue = box.work.queue
        serving = [one for one in site.agents.values() if str(queue) in one.serves()]
        takes = any(not agent.takes or "voicemail" in agent.takes for agent in serving)
        # A queue that nobody serves at all has a warning of its own.
        if serving and not takes:
            message = f"no agent of the queue {str(queue)!r} takes `voicemail`"
            yield warning(queue.at, "Q025", message)
