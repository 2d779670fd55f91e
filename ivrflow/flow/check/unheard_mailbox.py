"""Q026: a mailbox that nobody can hear (a warning).

Messages are heard by the mailbox's `number` and PIN, by those of `heard_by`, by the
agent who has one as his mailbox or gets its messages as work, or from a mail with the
sound attached. Where there is none of these, they are kept for nobody.

Wrong:

    # mailboxes.yaml
    box: {title: Box, greeting: hello}
    ^

Right:

    # mailboxes.yaml
    box: {title: Box, greeting: hello, number: "800"}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.mailboxes import Mailbox


def check(site: Site) -> Iterator[Problem]:
    own = {str(getattr(agent, "mailbox", None)) for agent in site.agents.values()}
    for name, box in site.mailboxes.items():
        # One that holds nothing only greets.
        if box.most and str(name) not in own and not _reaches_somebody(box):
            message = (
                f"nobody can hear the mailbox {str(name)!r}; give it a `number`, or "
                "say who may in `heard_by`"
            )
            yield warning(place_of(name), "Q026", message)


def _reaches_somebody(box: Mailbox) -> bool:
    told = any(tell.attach != "none" or tell.call is not None for tell in box.tell)
    return bool(box.number or box.heard_by or box.work or told)
