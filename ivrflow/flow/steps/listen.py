"""`listen`: hear the messages of a mailbox."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from ivrflow.flow.call import Call
from ivrflow.flow.hearing.talk import THEN, hear
from ivrflow.flow.kind import Or
from ivrflow.flow.kinds import MailboxName, Outcome
from ivrflow.flow.names import given_name
from ivrflow.flow.step import Goto, Step
from ivrflow.voicemail.order import INBOX

ANY = "any"

Folder = Literal["new", "old", "work", "family", "friends"]
"""Those of `order.FOLDERS` that have a name; the others a caller may choose."""


def _any_is_none(value: object) -> object:
    return None if isinstance(value, str) and value == ANY else value


class Listen(Step):
    """Let the caller hear a mailbox, after its number and its PIN.

    With a mailbox's name its PIN alone is asked; `any` asks for the number first. That
    may be an agent's own: with the agent's PIN he hears what names him in `heard_by`.
    The keys are those of `listen_keys` in mailboxes.yaml, `always:` does not hold here.
    Nothing of it is recorded. Who is cut off while a message plays goes on there when
    he calls again within an hour.
    """

    verb: ClassVar[str] = "listen"
    listens: ClassVar[bool] = True

    mailbox: Annotated[
        MailboxName | None, BeforeValidator(_any_is_none), Or(Literal["any"])
    ] = Field(
        alias="listen",
        examples=["any", "office"],
        description="The mailbox; `any`: the one whose number is entered.",
    )
    folder: Folder | None = Field(
        None,
        description="What is heard first; left out: new messages, then old ones.",
    )
    failed: Outcome | None = Field(
        None, description="No right PIN was entered, or star instead of one."
    )

    async def run(self, call: Call) -> Goto:
        name = ""
        if self.mailbox is not None:
            name = given_name(call, self.mailbox, call.site.mailboxes)
        way = await hear(call, name, folder=self.folder or INBOX)
        if way == THEN:
            return Goto(THEN, "the caller has left the mailbox")
        return Goto("failed", "nobody has proved that he may hear it")
