"""D019: what is sent can't arrive.

A mail address or a number that is written out must look like one.

Wrong:

    tell: {send: {email: someone, subject: hello, text: hello}}
                         ^

Right:

    tell: {send: {email: someone@example.com, subject: hello, text: hello}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ivrflow.flow.letters import EMAIL, SMS
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb != "send":
                continue
            send: Any = vars(node.step).get("send")
            for to, shape, what in (
                (send.email, EMAIL, "a mail address: someone@example.com"),
                (send.sms, SMS, "a number for text messages: 13800138000, +8613..."),
            ):
                if to is not None and not to.slots and not shape.fullmatch(to):
                    yield Problem(to.at, "D019", f"{str(to)!r} is not {what}")
