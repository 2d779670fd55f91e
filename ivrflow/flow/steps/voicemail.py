"""`voicemail`: let the caller leave a message."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.kinds import MailboxName, Outcome
from ivrflow.flow.message import leave_message
from ivrflow.flow.names import given_name
from ivrflow.flow.step import Goto, Step


class Voicemail(Step):
    """Let the caller leave a message in a mailbox.

    The mailbox's greeting, limits, review and notices stand in `mailboxes.yaml`. A
    caller who hangs up while recording or reviewing leaves the message all the same, if
    it is long enough.
    """

    verb: ClassVar[str] = "voicemail"

    mailbox: MailboxName = Field(alias="voicemail", description="The mailbox.")
    failed: Outcome | None = Field(None, description="No message was left.")

    async def run(self, call: Call) -> Goto:
        name = given_name(call, self.mailbox, call.site.mailboxes)
        if message := await leave_message(call, name):
            return Goto("then", f"message {message} was left in {name}")
        return Goto("failed", "nothing long enough was recorded")
