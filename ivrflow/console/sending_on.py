"""A message is sent on by the API: who gets it, and what follows from it there.

Each of the mailboxes has a message of its own then, of the same sound; it is told and
is work there as one that was left there would be.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from ivrflow.acd.model import Need
from ivrflow.console.asking import Refused
from ivrflow.console.hearers import API, BoxStores
from ivrflow.facts import MessageForwarded, Notified
from ivrflow.flow.expression import Expression
from ivrflow.flow.left import notices_of, wanted_of, work_of
from ivrflow.flow.site.mailboxes import Mailbox
from ivrflow.flow.world.boxes import NewCopy, Stored
from ivrflow.flow.world.messages import NewMessage

MOST_COPIES = 20
"""Mailboxes that one message is sent on to at once."""

_BOX = re.compile("[a-z][a-z0-9_]{0,80}")


async def send_on(
    stores: BoxStores, stored: Stored, to: object, by: str
) -> dict[str, Any]:
    """Send *stored* on to the mailboxes *to*, as the body names them.

    Returns what the answer tells of it. Raises `Refused`.
    """
    boxes = _wanted(stores, to)
    copies = [_copy(stores, stored, name, box) for name, box in boxes.items()]
    there = await stores.boxes.forward(
        stored.message,
        copies,
        by=by,
        sender=stored.mailbox,
        most={name: int(box.most) for name, box in boxes.items()},
    )
    sent = [copy for copy in copies if copy.message in there]
    for copy in sent:
        _note(stores, stored, copy, by)
    gone_to = {copy.mailbox: copy.message for copy in sent}
    return {"sent": gone_to, "full": sorted(set(boxes) - set(gone_to))}


def _wanted(stores: BoxStores, to: object) -> dict[str, Mailbox]:
    """The mailboxes that a message goes to, by name."""
    known = stores.site().mailboxes
    if not isinstance(to, list) or not 1 <= len(to) <= MOST_COPIES:
        raise Refused(400, f"'to' must be a list of 1 to {MOST_COPIES} mailboxes")
    for name in to:
        if not isinstance(name, str) or not _BOX.fullmatch(name):
            raise Refused(400, "'to' has names of mailboxes, as in mailboxes.yaml")
        if name not in known:
            raise Refused(404, f"mailboxes.yaml has no mailbox {name!r}")
    return {name: known[name] for name in dict.fromkeys(to)}


def _copy(stores: BoxStores, stored: Stored, name: str, box: Mailbox) -> NewCopy:
    new = NewMessage(
        message=secrets.token_hex(16),
        sound=stored.speech.sound,
        mailbox=name,
        call=stored.call,
        caller=stored.caller,
        at=stores.clock(),
        number=stored.number,
        language=stored.language,
        sender=stored.mailbox,
        wanted=_needed(box, stored),
    )
    return NewCopy(
        message=new.message,
        mailbox=name,
        notices=notices_of(box, new, urgent=stored.urgent),
        work=work_of(box, new, urgent=stored.urgent),
    )


def _needed(box: Mailbox, stored: Stored) -> Need:
    """What an agent must be able to do who gets a copy for *box* as work.

    By the language alone: no call is here, and nobody knows more of who left it.
    """
    names = {"language": stored.language or None}

    def value(expression: Expression) -> object:
        return expression.evaluate(names)

    return wanted_of(box, value, of=f"message {stored.message}")


def _note(stores: BoxStores, stored: Stored, copy: NewCopy, by: str) -> None:
    """Note that it was sent, and who is told of it there."""
    about: Mapping[str, Any] = {"at": stores.clock().timestamp(), "call": stored.call}
    stores.note(
        MessageForwarded(
            mailbox=stored.mailbox,
            message=stored.message,
            to=copy.mailbox,
            copy=copy.message,
            how="forward",
            by=by,
            via=API,
            **about,
        )
    )
    for notice in copy.notices:
        stores.note(
            Notified(
                mailbox=notice.mailbox,
                message=notice.message,
                channel=notice.channel,
                to=notice.to,
                attach=notice.attach,
                **about,
            )
        )
