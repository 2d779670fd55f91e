"""The requests of ARI about mailboxes.

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

from __future__ import annotations

import builtins

from ivrflow.asterisk.ari.wire import models
from ivrflow.asterisk.ari.wire.base import Operations, quoted


class Mailboxes(Operations):
    """What `client.mailboxes` can do."""

    async def list(self) -> builtins.list[models.Mailbox]:
        """List all mailboxes."""
        return await self._call(
            "GET", "/mailboxes", answer=builtins.list[models.Mailbox]
        )

    async def get(self, mailbox_name: str) -> models.Mailbox:
        """Retrieve the current state of a mailbox."""
        return await self._call(
            "GET", f"/mailboxes/{quoted(mailbox_name)}", answer=models.Mailbox
        )

    async def update(
        self, mailbox_name: str, old_messages: int, new_messages: int
    ) -> None:
        """Change the state of a mailbox. (Note - implicitly creates the mailbox)."""
        await self._call(
            "PUT",
            f"/mailboxes/{quoted(mailbox_name)}",
            parameters={"oldMessages": old_messages, "newMessages": new_messages},
            answer=type(None),
        )

    async def delete(self, mailbox_name: str) -> None:
        """Destroy a mailbox."""
        await self._call(
            "DELETE", f"/mailboxes/{quoted(mailbox_name)}", answer=type(None)
        )
