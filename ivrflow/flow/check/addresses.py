"""D019: what is sent can't arrive.

A mail address or a number that is written out must look like one, in a step and in
mailboxes.yaml, and so must a phone that is to be called.

Wrong:

    tell: {send: {email: someone, subject: hello, text: hello}}
                         ^

Right:

    tell: {send: {email: someone@example.com, subject: hello, text: hello}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ivrflow.flow.letters import EMAIL, SMS
from ivrflow.flow.outbound import NUMBER as DIALLED
from ivrflow.flow.outbound import WRITTEN
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


MAIL = "a mail address: someone@example.com"
NUMBER = "a number for text messages: 13800138000, +8613..."
PHONE = "a phone of the house, PJSIP/2001, or a number"

ENDPOINT = re.compile(r"PJSIP/[A-Za-z0-9_.+-]{1,100}", re.ASCII)
"""One of the house: behind an `@` any address could stand, unseen by `outbound`."""


def check(site: Site) -> Iterator[Problem]:
    for tell in (tell for box in site.mailboxes.values() for tell in box.tell):
        for told, shape, what in ((tell.email, EMAIL, MAIL), (tell.sms, SMS, NUMBER)):
            if told is not None and not shape.fullmatch(told):
                yield Problem(told.at, "D019", f"{str(told)!r} is not {what}")
        if (call := tell.call) is not None and not _is_phone(call):
            yield Problem(call.at, "D019", f"{str(call)!r} is not {PHONE}")
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb != "send":
                continue
            send: Any = vars(node.step).get("send")
            for to, shape, what in (
                (send.email, EMAIL, MAIL),
                (send.sms, SMS, NUMBER),
            ):
                if to is not None and not to.slots and not shape.fullmatch(to):
                    yield Problem(to.at, "D019", f"{str(to)!r} is not {what}")


def _is_phone(to: str) -> bool:
    number = DIALLED.fullmatch(to.translate(WRITTEN))
    return bool(number or ENDPOINT.fullmatch(to))
