"""Q024: a key of voicemail that has a meaning already.

In `listen_keys` an act has one key wherever it is offered, so two acts that are offered
at the same moment need different ones. What is written there takes the place of a
digit of app_voicemail's, and whoever had that one needs another key. In a `voicemail`
step the keys work while the greeting is said, while the message is recorded and in the
review: 1 to 4 are the review's, and what ends a recording (`end_keys`) leads nowhere.

Wrong:

    # mailboxes.yaml
    listen_keys: {delete: 6}
                  ^
    box: {heard_by: [admin]}

Right:

    # mailboxes.yaml
    listen_keys: {delete: 6, next: 7}
    box: {heard_by: [admin]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.kinds import Key, MailboxName
from ivrflow.flow.source import Problem
from ivrflow.voicemail.rules import REVIEW_KEYS

if TYPE_CHECKING:
    from ivrflow.flow.model import Node
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.mailboxes import Mailbox

CODE = "Q024"


def check(site: Site) -> Iterator[Problem]:
    if site.written_keys is not None:
        for at, message in site.written_keys.wrong():
            yield Problem(at, CODE, message)
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb == "voicemail":
                yield from _in_step(site, node)


def _in_step(site: Site, node: Node) -> Iterator[Problem]:
    kinds = [kind for _, kind in node.step.kinds]
    boxes = {
        str(kind): site.mailboxes[str(kind)]
        for kind in kinds
        if isinstance(kind, MailboxName) and str(kind) in site.mailboxes
    }
    for kind in kinds:
        if isinstance(kind, Key) and (why := _taken(str(kind), boxes)):
            message = f"the key {kind.written} {why}; take another one"
            yield Problem(kind.at, CODE, message)


def _taken(key: str, boxes: dict[str, Mailbox]) -> str:
    """What this key means already where one of these is recorded; "": nothing."""
    for name, box in boxes.items():
        if box.review and key in REVIEW_KEYS:
            return f"is the review's of the mailbox {name!r}"
        if key in box.end_keys:
            return f"ends the recording of the mailbox {name!r}"
    return ""
