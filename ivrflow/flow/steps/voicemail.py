"""`voicemail`: let the caller leave a message."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.kinds import Expression, MailboxName, Name, OneOrMore, Outcome, YesNo
from ivrflow.flow.leaving import Leaving, Left, Way, leave_message
from ivrflow.flow.names import given_name
from ivrflow.flow.shown import shown_value
from ivrflow.flow.site.mailboxes import Kind
from ivrflow.flow.step import Goto, Keys, Step


class Voicemail(Step):
    """Let the caller leave a message in a mailbox, or the same one in several.

    The greeting, limits, review and notices stand in `mailboxes.yaml`; of several
    mailboxes the first one's greeting, limits and review are taken. A caller who hangs
    up while recording or reviewing leaves the message all the same, if it is one:
    silence, a busy tone and what is too short are none. The `keys` work from the
    greeting to the end of the review, but for 1 to 4, which are the review's own. Who
    presses one while recording is asked whether the message is to be kept.
    """

    verb: ClassVar[str] = "voicemail"

    mailboxes: OneOrMore[MailboxName] = Field(
        alias="voicemail",
        examples=["office", ["service", "sales"]],
        description="The mailbox, or a list of them.",
    )
    kind: Kind = Field(
        "unavailable", description="Why the caller is here, for the greeting."
    )
    urgent: YesNo = Field(False, description="Whether it is urgent from the beginning.")
    instructions: YesNo = Field(
        True,
        description="Whether `voicemail_greeting` follows a greeting that somebody has "
        "recorded.",
    )
    keys: Keys = Field(
        default_factory=dict,
        examples=[{"0": "operator"}],
        description="Key -> step: 0, 5 to 9, star or hash.",
    )
    show: dict[Name, Expression] = Field(
        default_factory=dict,
        description="What goes with the message, besides the variables of the flow.",
    )
    failed: Outcome | None = Field(None, description="No message was left.")
    full: Outcome | None = Field(
        None,
        description="No mailbox has room. Without it the caller hears that, and goes "
        "to `failed`.",
    )
    error: Outcome | None = Field(
        None,
        description="It could not be recorded, or not be kept. Without it, `on_error`.",
    )

    async def run(self, call: Call) -> Goto:
        boxes = [given_name(call, b, call.site.mailboxes) for b in self.mailboxes]
        keys = {
            str(key): choice
            for key, choice in self.keys.items()
            if choice.when is None or call.holds(choice.when)
        }
        leaving = Leaving(
            boxes=tuple(dict.fromkeys(boxes)),
            kind=self.kind,
            urgent=self.urgent,
            keys={key: str(choice.then) for key, choice in keys.items()},
            instructions=self.instructions,
            card=self._card(call),
        )
        left = await leave_message(call, leaving)
        if left.key:
            return self._follow(call, left)
        match left.way:
            case Way.LEFT:
                names = ", ".join(leaving.boxes)
                return Goto("then", f"message {left.message} was left in {names}")
            case Way.GREETED:
                return Goto("then", f"{leaving.boxes[0]} greets only")
            case Way.FULL:
                return await self._full(call, leaving)
            case _:
                return Goto("failed", f"nothing was left: {left.why or 'no recording'}")

    async def _full(self, call: Call, leaving: Leaving) -> Goto:
        why = f"there is no room for a message in {', '.join(leaving.boxes)}"
        if self.full is not None:
            return Goto("full", why)
        await call.say("mailbox_full")
        return Goto("failed", why)

    def _card(self, call: Call) -> dict[str, str]:
        """What goes with the message."""
        return {
            str(field): str(shown_value(value))
            for field, e in self.show.items()
            if (value := call.value(e)) is not None
        }

    def _follow(self, call: Call, left: Left) -> Goto:
        """Go where the key leads that the caller has pressed: it did so then, whatever
        holds now."""
        choice = next(c for key, c in self.keys.items() if key == left.key)
        if choice.values:
            call.set_all(choice.values)
        told = f"; message {left.message} was left" if left.message else ""
        why = f"the caller pressed {left.key}{told}"
        return Goto(f"key {left.key}", why, choice.then)
