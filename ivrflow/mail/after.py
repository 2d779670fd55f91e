"""A mailbox that is heard by mail alone: messages are deleted once they were mailed.

Deleted, not gone: it can be undone for as long as others can, and what is on hold
stays. A message stays new where anything of it did not go out (its sound was too long,
or could not be found; a mail to somebody else was given up), where somebody is still to
be called who hears it by phone, and while an agent owes its caller something.

This comes after the mail was handed over and before that is noted. So who dies in
between sends the mail once more, as it may be anyway, and deletes then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivrflow.facts import MessageDeleted, Note

if TYPE_CHECKING:
    from ivrflow.flow.letters import Deliveries, Parcel
    from ivrflow.flow.site import Site
    from ivrflow.flow.world.boxes import Boxes

log = logging.getLogger(__name__)

BY = "mail"
"""Who deletes, in the audit log."""


@dataclass(frozen=True, kw_only=True)
class DeletedAfterMail:
    """Hears of mails that were handed over. *seconds* is a clock since 1970."""

    site: Callable[[], Site]
    outbox: Deliveries
    boxes: Boxes
    note: Note
    seconds: Callable[[], float]

    async def __call__(self, parcel: Parcel, whole: bool) -> None:
        """Delete the message of *parcel* if that was the last of its mails.

        *whole*: the mail had all the sound that it should have. Raises `Trouble`.
        """
        about = parcel.about
        box = self.site().mailboxes.get(about.mailbox) if about is not None else None
        if about is None or box is None or not box.delete_after_mail:
            return
        if box.work is not None:
            return  # out of sight, its promise would be broken without a word
        if not whole:
            log.warning(
                "message %s is not deleted after its mail, which lacks its sound",
                about.message,
            )
            return
        if not await self.outbox.last(parcel):
            return
        if await self.boxes.delete(about.message, by=BY):
            self.note(
                MessageDeleted(
                    at=self.seconds(),
                    call=parcel.call,
                    mailbox=about.mailbox,
                    message=about.message,
                    by=BY,
                    via=BY,
                )
            )
