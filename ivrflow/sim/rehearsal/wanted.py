"""What a talk may want at its end: the tables below `queued`, `email` and their like.

Of each only what the test names is compared.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ivrflow.flow.kind import Part
from ivrflow.flow.kinds import (
    MailboxName,
    Name,
    OneOrMore,
    Plain,
    QueueName,
    StepName,
    Whole,
    YesNo,
)
from ivrflow.flow.site.agents import AgentNumber


class Queued(Part):
    """A caller who joined a queue."""

    queue: QueueName | None = Field(None, description="The queue.")
    skills: dict[Name, Any] = Field(
        default_factory=dict,
        examples=[{"district": "north"}],
        description="Skills that were asked for.",
    )
    priority: Plain | None = Field(None, description="The caller's priority.")
    position: Whole | None = Field(None, description="The place in the line.")


class Served(Part):
    """An agent who answered the caller."""

    queue: QueueName | None = Field(None, description="The queue.")
    agent: AgentNumber | None = Field(None, description="The agent.")
    waited: Whole | None = Field(None, description="The seconds until then.")


class Left(Part):
    """The caller left a queue without an agent."""

    queue: QueueName | None = Field(None, description="The queue.")
    how: Plain | None = Field(
        None, description="key, timeout, full, no agents, closed or abandoned."
    )
    waited: Whole | None = Field(None, description="The seconds until then.")


class Wish(Part):
    """A callback that the caller asked for."""

    queue: QueueName | None = Field(None, description="The queue.")
    number: Plain | None = Field(None, description="The number.")
    due: Plain | None = Field(
        None, description="The time of the caller's choice: 2026-03-02 10:30; or none."
    )


class Message(Part):
    """A message that was left."""

    box: MailboxName | None = Field(None, description="The mailbox.")
    seconds: Whole | None = Field(None, description="Its length.")
    urgent: YesNo | None = Field(None, description="Whether it is urgent.")


class Mail(Part):
    """A mail that was put into the outbox."""

    to: Plain | None = Field(None, description="The address.")
    attach: Plain | None = Field(None, description="The format of the sound.")
    subject: Plain | None = Field(None, description="Its subject.")
    text: Plain | None = Field(None, description="Its words.")


class Sms(Part):
    """A text message that was sent."""

    to: Plain | None = Field(None, description="The number.")
    text: Plain | None = Field(None, description="Its words.")


class Posted(Part):
    """What was posted to another system."""

    to: Plain | None = Field(None, description="The URL.")
    text: Plain | None = Field(None, description="Its words.")
    data: dict[Name, Plain] | None = Field(
        None,
        description="Its values.",
    )


class Never(Part):
    """What must not happen."""

    logged: OneOrMore[Plain] = Field(
        (), description="Texts that stand in no log, fact or store."
    )
    said: OneOrMore[Plain] = Field((), description="Prompts, or words.")
    reached: OneOrMore[StepName] = Field((), description="Steps.")
    rings: OneOrMore[AgentNumber] = Field(
        (), description="Agents whose phone rings for the caller."
    )
