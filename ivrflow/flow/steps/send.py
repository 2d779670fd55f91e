"""`send`: write to someone, or to another system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator

from ivrflow.facts import LetterPosted
from ivrflow.flow.call import Call
from ivrflow.flow.kinds import (
    Expression,
    Name,
    Outcome,
    Part,
    Plain,
    Sayable,
    Text,
    bad,
)
from ivrflow.flow.letters import EMAIL, SMS, json_value, plain, written
from ivrflow.flow.source import Table
from ivrflow.flow.step import Goto, Step
from ivrflow.flow.world import Letter, Trouble

NEEDED: Mapping[str, tuple[str, ...]] = {
    "email": ("subject", "text"),
    "sms": ("text",),
    "webhook": (),
}
"""The channels, each with the keys that it can't do without."""

POSSIBLE: Mapping[str, tuple[str, ...]] = {
    "email": ("subject", "text"),
    "sms": ("text",),
    "webhook": ("text", "with"),
}

KNOWN_BY: Mapping[str, Callable[[str], object]] = {
    "email": EMAIL.fullmatch,
    "sms": SMS.fullmatch,
}
"""What an address of a channel looks like."""


class Sending(Part):
    """What is sent: one of email, sms, webhook, and its words."""

    email: Text | None = Field(
        None,
        examples=["office@example.com", "${customer.email}"],
        description="A mail address.",
    )
    sms: Text | None = Field(
        None, examples=["${call.from}"], description="A number for a text message."
    )
    webhook: Plain | None = Field(
        None,
        examples=["https://crm.example.com/calls"],
        description="A URL, at one of the `hosts` of site.yaml.",
    )
    subject: Sayable | None = Field(None, description="A mail's subject, in one line.")
    text: Sayable | None = Field(
        None, description="The words: a prompt, or a text; values are written out."
    )
    with_: dict[Name, Expression] = Field(
        default_factory=dict,
        alias="with",
        description="Name -> value: what a webhook gets.",
    )

    @property
    def channel(self) -> str:
        """email, sms or webhook."""
        return next(name for name in NEEDED if getattr(self, name) is not None)

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        if not isinstance(value, Table):
            return value
        ways = [key for key in value if key in NEEDED]
        if len(ways) != 1:
            message = f"one of {', '.join(NEEDED)} is wanted"
            raise bad("F012", message, (ways[1] if ways else value).at)
        way = str(ways[0])
        for key in NEEDED[way]:
            if key not in value:
                raise bad("F012", f"{way!r} needs {key!r}", ways[0].at)
        for key in value:
            if key in ("subject", "text", "with") and key not in POSSIBLE[way]:
                raise bad("F011", f"{way!r} has no {str(key)!r}", key.at)
        return value


class Send(Step):
    """Send a mail, a text message, or values to another system's webhook.

    It goes into the outbox and the call goes on: it is delivered soon, and tried again
    for about two days if need be. The step ends in `error` when it can't even be kept,
    when a value is not set, or when the address can't be one. A secret is never sent.
    """

    verb: ClassVar[str] = "send"
    after_the_end: ClassVar[bool] = True

    send: Sending = Field(description="To whom, and what.")
    error: Outcome | None = Field(None, description="It could not be kept.")

    async def run(self, call: Call) -> Goto:
        world = call.world
        try:
            letter = self._letter(call)
            if world.outbox is None:
                raise Trouble("there is no outbox here: nothing is sent")
            await world.outbox.put([letter])
        except Trouble as trouble:
            return Goto("error", str(trouble))
        call.note(
            LetterPosted, step=call.step_name, channel=letter.channel, to=letter.to
        )
        return Goto("then", f"{letter.channel} is in the outbox")

    def _letter(self, call: Call) -> Letter:
        """The whole letter; raise `Trouble` for what can't be sent."""
        send, channel = self.send, self.send.channel
        to = getattr(send, channel)
        if isinstance(to, Text):
            to = plain(channel, to.value(call.names()))
            if not KNOWN_BY[channel](to):
                raise Trouble(f"{channel}: what it is sent to can't be an address")
        return Letter(
            # The same when the step is run again after a crash: it is one letter.
            key=call.deed,
            channel=channel,
            to=str(to),
            subject=written(call, send.subject) if send.subject else "",
            text=written(call, send.text) if send.text else "",
            data={
                str(name): json_value(str(name), call.value(expression))
                for name, expression in send.with_.items()
            },
            call=call.id,
        )
