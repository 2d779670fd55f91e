"""What mailboxes.yaml says of hearing a mailbox, and of keeping its messages."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field

from ivrflow.flow.kind import BAD_VALUE, Or, Part, Written, bad
from ivrflow.flow.kinds import Duration, YesNo
from ivrflow.flow.source import Scalar, Table, place_of
from ivrflow.voicemail import menu, retention

DELETED_FOR = 7 * 86_400.0
"""Seconds for which a deleted message can be brought back, where nothing is said."""


class BoxNumber(Written):
    """What is entered to hear a mailbox."""

    what = "a mailbox's number"
    pattern = "[0-9]{1,15}"
    examples = ("800",)

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not re.fullmatch(cls.pattern, value, re.ASCII):
            message = f"{str(value)!r} is not {cls.what}: 1 to 15 digits"
            raise bad(BAD_VALUE, message)
        return cls(value, value.at)


class Lamp(Written):
    """A lamp as Asterisk calls it, in `mailboxes` of an endpoint: `800@ivrflow`."""

    what = "a lamp, as `mailboxes` of an endpoint has it"
    # It goes into a URL and a SIP message: nothing in it may end them.
    pattern = r"[A-Za-z0-9_.+-]{1,40}(?:@[A-Za-z0-9_.-]{1,40})?"
    examples = ("800@ivrflow",)

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not re.fullmatch(cls.pattern, value, re.ASCII):
            raise bad(BAD_VALUE, f"{str(value)!r} is no lamp; write 800@ivrflow")
        return cls(value, value.at)


class FromLength(Written):
    """From which length on it is said: a duration, or `no`."""

    what = "a duration, or no"
    pattern = f"no|{Duration.pattern}"
    examples = ("2m", "no")
    seconds: float | None = None
    """None: it is never said."""

    @classmethod
    def read(cls, value: Scalar) -> Self:
        self = cls(value, value.at)
        self.seconds = None if value == "no" else float(Duration.read(value))
        return self

    @classmethod
    def of(cls, seconds: float) -> Self:
        """From this many seconds on."""
        self = cls(f"{seconds:g}s")
        self.seconds = seconds
        return self


class Say(Part):
    """What is said before a message is played."""

    caller: YesNo = Field(True, description="The number it came from.")
    name: YesNo = Field(
        True,
        description="Of what another mailbox has sent, the name that its owner has "
        "recorded, instead of its number.",
    )
    when: YesNo = Field(True, description="The day and the time.")
    length: FromLength = Field(
        FromLength.of(120), description="Its length, if it is this long at least."
    )


class May(Part):
    """What may be done by those who hear the mailbox by phone."""

    delete: YesNo = Field(True, description="Delete messages.")
    forward: YesNo = Field(True, description="Send them on to another mailbox.")
    call_back: YesNo = Field(
        True, description="Call who left one, as the settings' `outbound` allows."
    )
    reply: YesNo = Field(True, description="Answer into the sender's mailbox.")
    send: YesNo = Field(True, description="Speak a new one to another mailbox.")
    greetings: YesNo = Field(True, description="Record the mailbox's greetings.")
    pin: YesNo = Field(True, description="Change its PIN.")

    def rules(self) -> menu.May:
        """The same, as the machine of hearing wants it."""
        return menu.May(
            delete=self.delete,
            send_on=self.forward,
            call_back=self.call_back,
            reply=self.reply,
            send_new=self.send,
            greetings=self.greetings,
            pin=self.pin,
        )


class Keep(Part):
    """For how long messages are kept; what is on hold stays."""

    short: ClassVar[str] = "new"

    new: Duration | None = Field(
        None, description="Those that nobody has heard; left out: for ever."
    )
    heard: Duration | None = Field(
        None, description="From the first hearing on; left out: for ever."
    )
    deleted: Duration = Field(
        Duration(DELETED_FOR),
        description="Until then they can be brought back.",
    )

    def rules(self) -> retention.Keep:
        """The same in seconds."""
        return retention.Keep(
            new=None if self.new is None else float(self.new),
            heard=None if self.heard is None else float(self.heard),
            deleted=float(self.deleted),
        )


def _for_both(value: object) -> object:
    """One duration: new messages and heard ones alike."""
    if not isinstance(value, Scalar):
        return value
    both = Table()
    both.at = place_of(value)
    for key in ("new", "heard"):
        both[Scalar(key, value.at)] = value
    return both


KeptFor = Annotated[Keep, BeforeValidator(_for_both), Or(Duration)]
"""`90d`: new ones and heard ones alike; or a table."""
