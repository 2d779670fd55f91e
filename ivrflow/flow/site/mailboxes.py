"""mailboxes.yaml: where callers leave messages, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from ivrflow.flow.kind import Named, Part, bad
from ivrflow.flow.kinds import (
    Duration,
    DurationRange,
    Plain,
    PromptName,
    QueueName,
    YesNo,
)
from ivrflow.flow.site.settings import Title
from ivrflow.flow.source import Table
from ivrflow.voicemail import rules

CHANNELS = ("email", "call", "sms", "webhook")
"""The ways in which a person is told about a message."""


class Promise(Part):
    """A message that is also a piece of work for a queue."""

    queue: QueueName = Field(description="The queue whose agents get it.")
    within: Duration = Field(description="The promise: done within this.")


class Tell(Part):
    """Whom to tell about a message, and how."""

    email: Plain | None = Field(
        None, examples=["office@example.com"], description="An address."
    )
    call: Plain | None = Field(
        None,
        description="A phone that is called and plays the message after a PIN.",
        json_schema_extra={"later": "telling by a phone call"},
    )
    sms: Plain | None = Field(None, examples=["13800138000"], description="A number.")
    webhook: Plain | None = Field(
        None, examples=["https://crm.example.com/messages"], description="A URL."
    )
    attach: Literal["wav", "opus", "none"] = Field("none", description="The sound.")
    transcript: YesNo = Field(
        False,
        description="The message as text too.",
        json_schema_extra={"later": "transcripts of messages"},
    )
    when: Literal["always", "urgent"] = Field("always", description="For which ones.")

    @property
    def channel(self) -> str:
        """email, call, sms or webhook."""
        return next(c for c in CHANNELS if getattr(self, c) is not None)

    @property
    def to(self) -> str:
        """The address, number or URL."""
        return str(getattr(self, self.channel))

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        if isinstance(value, Table):
            ways = [key for key in value if key in CHANNELS]
            if len(ways) != 1:
                message = f"one of {', '.join(CHANNELS)} is wanted"
                raise bad("F012", message, (ways[1] if ways else value).at)
        return value


class Mailbox(Named):
    """One mailbox."""

    title: Title = Field(default_factory=dict, description="Its name.")
    heard_by: tuple[Plain, ...] = Field(
        (),
        examples=[["supervisor", "1001"]],
        description="Roles and agents who may hear.",
    )
    greeting: PromptName = Field(
        PromptName("voicemail_greeting"), description="Said before the tone."
    )
    length: DurationRange = Field(
        DurationRange.of(2, 180),
        description="Shorter ones are dropped, longer ones end.",
    )
    silence: Duration = Field(Duration(5), description="Silence that ends it.")
    review: YesNo = Field(
        False, description="1 keep, 2 listen, 3 record again, 4 urgent."
    )
    keep: Duration | None = Field(
        None,
        description="Messages are deleted after this.",
        json_schema_extra={"later": "deleting old messages"},
    )
    work: Promise | None = Field(
        None,
        description="Each message is also work for a queue.",
        json_schema_extra={"later": "messages as work"},
    )
    tell: tuple[Tell, ...] = Field((), description="Who is told about a message.")
    fallback: YesNo = Field(
        False,
        description="It takes what Asterisk's dialplan recorded while the service was "
        "away. The only mailbox does so anyway.",
    )

    @property
    def limits(self) -> rules.Limits:
        """How long a message may be, in seconds."""
        return rules.Limits(
            shortest=self.length.low,
            longest=self.length.high,
            silence=float(self.silence),
        )

    @property
    def tells(self) -> tuple[rules.Tell, ...]:
        """Who is told, as the rules of messages want it."""
        return tuple(
            rules.Tell(
                channel=tell.channel,
                to=tell.to,
                when=tell.when,
                attach="" if tell.attach == "none" else tell.attach,
            )
            for tell in self.tell
        )


def of_fallback(mailboxes: Mapping[str, Mailbox]) -> str:
    """The mailbox for what the dialplan recorded; "" where the site has none for it."""
    taking = [str(name) for name, box in mailboxes.items() if box.fallback]
    if taking:
        return taking[0]
    return str(next(iter(mailboxes))) if len(mailboxes) == 1 else ""
