"""mailboxes.yaml: where callers leave messages, who hears them, and who is told.

    listen_keys: {delete: 7}              # for all mailboxes; left out: app_voicemail's
    service:
      number: "800"                       # entered, with a PIN, to hear it by phone
      title: {en: Service, zh-CN: 服务}
      heard_by: [supervisor, "1001"]      # by their own number and PIN
      greetings:
        - {if: "not hours.office.open", say: we_are_closed}
        - {busy: lines_are_busy, unavailable: nobody_is_there}
      keep: {new: 90d, heard: 30d, deleted: 7d}
      work: {queue: service, within: 4h}
      tell:
        - {email: duty@example.com, attach: opus, transcript: yes}

What callers, those who hear and workers do with it stands in rooms of their own; the
rules of quota, retention and keys in `ivrflow.voicemail`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from ivrflow.flow.kind import BAD_VALUE, Named, Part, bad
from ivrflow.flow.kinds import (
    Duration,
    DurationRange,
    Expression,
    Keys,
    MailboxName,
    Number,
    Plain,
    PromptName,
    QueueName,
    Whole,
    YesNo,
)
from ivrflow.flow.needs import Needs
from ivrflow.flow.site.box_parts import BoxNumber, Keep, KeptFor, Lamp, May, Say
from ivrflow.flow.site.listen_keys import ListenKeys
from ivrflow.flow.site.settings import Language, Title
from ivrflow.flow.source import Scalar, Table
from ivrflow.voicemail import pins, rules

CHANNELS = ("email", "call", "sms", "webhook")
"""The ways in which a person is told about a message."""

LONGEST = 3600.0
"""Seconds of a message at most: a line that is not hung up must not fill the disk."""

Kind = Literal["busy", "unavailable"]
"""Why somebody comes to a mailbox: whom he called talks, or does not answer."""


class Greeting(Part):
    """A greeting, and when it is said. `say` is for any kind of caller."""

    if_: Expression | None = Field(
        None,
        alias="if",
        examples=["not hours.office.open"],
        description="When it is said, by time, language or caller; left out: always.",
    )
    say: PromptName | None = Field(None, description="Whatever brought the caller.")
    busy: PromptName | None = Field(
        None, description="To who was brought by `kind: busy`."
    )
    unavailable: PromptName | None = Field(
        None, description="To who was brought by `kind: unavailable`."
    )

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.say is self.busy is self.unavailable is None:
            raise bad("F012", "write one of say, busy and unavailable")
        return self

    def prompt(self, kind: str) -> PromptName | None:
        """What is said to who comes for this reason; None: this is not for him."""
        own = {"busy": self.busy, "unavailable": self.unavailable}.get(kind)
        return own or self.say


class NumberAsked(Part):
    """The caller is asked where to be called back."""

    offer: Expression | None = Field(
        None, description="The number that is offered first, mostly call.from."
    )
    ask: PromptName = Field(
        PromptName("callback_number"), description="The question for another number."
    )
    confirm: PromptName = Field(
        PromptName("message_number"),
        description="Says `number`: 1 takes it, 2 asks for another one.",
    )


class Promise(Part):
    """A message that is also a piece of work for a queue."""

    queue: QueueName = Field(description="The queue whose agents get it.")
    within: Duration = Field(description="The promise: done within this.")
    urgent: Duration | None = Field(
        None, description="The promise for urgent ones; left out: the same."
    )
    skills: Needs = Field(
        default_factory=lambda: Needs(),
        examples=[{"language": "language"}],
        description="Skill -> its value, or least level, as in a `queue` step.",
    )
    priority: Number = Field(
        Number(-10),
        description="Below 0 it comes after the callers of the queue. At 3/4 of the "
        "promise it counts as 0.",
    )
    late_priority: Number = Field(
        Number(10), description="What it counts as when the promise is broken."
    )

    @model_validator(mode="after")
    def _by_name(self) -> Self:
        if self.queue.text is not None:
            message = "a queue of messages is written by its name, without `${...}`"
            raise bad(BAD_VALUE, message, self.queue.at)
        if self.within <= 0 or (self.urgent is not None and self.urgent <= 0):
            raise bad(BAD_VALUE, "a promise is for some time: 30m, 4h", self.within.at)
        return self

    def promised(self, *, urgent: bool) -> float:
        """Seconds until it is to be done."""
        own = self.urgent if urgent else None
        return float(self.within if own is None else own)


class Tell(Part):
    """Whom to tell about a message, and how."""

    email: Plain | None = Field(
        None, examples=["office@example.com"], description="An address."
    )
    call: Plain | None = Field(
        None,
        examples=["PJSIP/2001", "13800138000"],
        description="A phone that is called and plays the message after the mailbox's "
        "PIN; a number as the settings' `outbound` allows.",
    )
    sms: Plain | None = Field(None, examples=["13800138000"], description="A number.")
    webhook: Plain | None = Field(
        None, examples=["https://crm.example.com/messages"], description="A URL."
    )
    attach: Literal["wav", "opus", "none"] = Field("none", description="The sound.")
    transcript: YesNo = Field(False, description="The message as text too.")
    words: PromptName | None = Field(
        None,
        description="What the mail or text says: a prompt that may say `who`, "
        "`title`, `seconds`, `at` and `transcript`; its first line is the subject.",
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

    number: BoxNumber | None = Field(
        None,
        description="What is entered, with the mailbox's PIN, to hear it by phone.",
    )
    title: Title = Field(default_factory=dict, description="Its name.")
    heard_by: tuple[Plain, ...] = Field(
        (),
        examples=[["supervisor", "1001"]],
        description="Roles and agents who may hear it too, with their own number and "
        "PIN, and by the API.",
    )
    greeting: PromptName = Field(
        PromptName("voicemail_greeting"),
        description="Said before the tone, where nobody has recorded a greeting.",
    )
    greetings: tuple[Greeting, ...] = Field(
        (),
        description="The first one that is for the caller is said instead of "
        "`greeting`.",
    )
    instructions: YesNo = Field(
        True,
        description="After a greeting that somebody has recorded, say the prompt "
        "`voicemail_greeting`; a # skips it.",
    )
    length: DurationRange = Field(
        DurationRange.of(2, 180),
        description="Shorter ones are dropped, longer ones end.",
    )
    silence: Duration = Field(
        Duration(5),
        description="Silence that ends it, and is cut off; `0s`: none does.",
    )
    end_keys: Keys = Field(Keys("#"), description="Keys that end the recording.")
    review: YesNo = Field(
        False, description="1 keep, 2 listen, 3 record again, 4 urgent."
    )
    urgent: YesNo = Field(
        True, description="The review offers 4: urgent, and not urgent again."
    )
    number_asked: NumberAsked | None = Field(
        None, description="Ask for the number to call back; left out: the caller's."
    )
    language: Language | None = Field(
        None,
        description="Of mails, texts and transcripts; left out: the caller's.",
    )
    most: Whole = Field(
        Whole(100),
        description="Messages that it holds, deleted ones not counted; then `full`. "
        "0: it greets only.",
    )
    keep: KeptFor = Field(
        default_factory=lambda: Keep(),
        examples=["90d", {"new": "90d", "heard": "30d", "deleted": "7d"}],
        description="For how long; `90d`: new ones and heard ones alike.",
    )
    work: Promise | None = Field(
        None, description="Each message is also work for a queue."
    )
    say: Say = Field(
        default_factory=lambda: Say(),
        examples=[{"length": "2m"}],
        description="What is said before a message.",
    )
    may: May = Field(
        default_factory=lambda: May(),
        examples=[{"delete": "no"}],
        description="What those may do who hear it by phone.",
    )
    next_after: YesNo = Field(
        True, description="Who deletes or saves goes on to the next one."
    )
    wrap: YesNo = Field(
        False, description="After the last message comes the first one again."
    )
    min_pin: Whole = Field(
        Whole(pins.SHORTEST), description="Digits that its PIN has at least."
    )
    lamp: Lamp | None = Field(
        None,
        description="Its message-waiting lamp, as Asterisk calls it; left out: "
        "NUMBER@ivrflow.",
    )
    tell: tuple[Tell, ...] = Field((), description="Who is told about a message.")
    delete_after_mail: YesNo = Field(
        False,
        description="A message is deleted once its mails were handed over. It can be "
        "brought back as others can.",
    )
    fallback: YesNo = Field(
        False,
        description="It takes what Asterisk's dialplan recorded while the service was "
        "away. The only mailbox does so anyway.",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.length.high > LONGEST:
            message = f"a message lasts {LONGEST:g} s at most"
            raise bad(BAD_VALUE, message, self.length.at)
        if not pins.SHORTEST <= self.min_pin <= pins.LONGEST:
            message = f"a PIN has {pins.SHORTEST} to {pins.LONGEST} digits"
            raise bad(BAD_VALUE, message, self.min_pin.at)
        if self.delete_after_mail and not any(tell.email for tell in self.tell):
            message = "delete_after_mail: nobody gets a mail; write `tell: [{email: }]`"
            raise bad(BAD_VALUE, message)
        return self

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

    @property
    def lamp_of(self) -> str:
        """Its lamp; "" where it has neither `lamp` nor `number`."""
        return str(self.lamp or (f"{self.number}@ivrflow" if self.number else ""))


BESIDE = ("listen_keys",)
"""Keys of mailboxes.yaml that are no mailbox."""


class Mailboxes(Part):
    """mailboxes.yaml: mailboxes by name, beside what holds for all of them."""

    mailboxes: dict[MailboxName, Mailbox] = Field(
        default_factory=dict,
        description="Name -> mailbox; at the top of the file.",
        json_schema_extra={"beside": True},
    )
    listen_keys: ListenKeys = Field(
        default_factory=lambda: ListenKeys(),
        examples=[{"delete": 7, "next": 6}],
        description=ListenKeys.__doc__,
    )

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, value: Any) -> Any:
        if not isinstance(value, Table) or "mailboxes" in value:
            return value
        boxes, rest = Table(), Table()
        boxes.at, rest.at = value.at, value.at
        for key, inside in value.items():
            (rest if key in BESIDE else boxes)[key] = inside
        rest[Scalar("mailboxes", value.at)] = boxes
        return rest


def of_fallback(mailboxes: Mapping[str, Mailbox]) -> str:
    """The mailbox for what the dialplan recorded; "" where the site has none for it."""
    taking = [str(name) for name, box in mailboxes.items() if box.fallback]
    if taking:
        return taking[0]
    return str(next(iter(mailboxes))) if len(mailboxes) == 1 else ""


def by_number(mailboxes: Mapping[str, Mailbox], number: str) -> str:
    """The name of the mailbox whose number somebody has entered; "": none has it."""
    having = (str(name) for name, box in mailboxes.items() if box.number == number)
    return next(having, "")
