"""Where mail, text messages and alarms go out."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from ivrflow.config.kinds import Port, SecretFile, SecretUrl, Url
from ivrflow.flow.kind import Part, bad
from ivrflow.flow.kinds import Duration, Name, Plain
from ivrflow.flow.letters import EMAIL


class SmtpAt(Part):
    """The mail server. Left out: mail stays in the outbox."""

    host: Plain = Field(description="Its name.", examples=["mail.example.com"])
    port: Port = Field(Port(587), description="Its port.")
    user: Plain | None = Field(
        None, description="Who we are; left out: no login.", examples=["ivr"]
    )
    password_file: SecretFile | None = Field(
        None,
        description="The file that holds the password.",
        examples=["/etc/ivrflow/secrets/smtp"],
    )
    sender: Plain = Field(
        alias="from",
        description="The address mail comes from.",
        examples=["ivr@example.com"],
    )
    tls: Literal["starttls", "yes", "no"] = Field(
        "starttls", description="`yes`: from the first byte."
    )


class SmsAt(Part):
    """The gateway for text messages. Left out: they stay in the outbox."""

    url: Url | None = Field(
        None,
        description="Where a message is posted as JSON.",
        examples=["https://sms.example.com/send"],
    )
    endpoint: Plain | None = Field(
        None,
        description="Instead of a url: where Asterisk sends a SIP MESSAGE to, with "
        "`{number}` in it.",
        examples=["pjsip:{number}@the-trunk"],
    )
    token_file: SecretFile | None = Field(
        None,
        description="The file that holds the bearer token.",
        examples=["/etc/ivrflow/secrets/sms"],
    )
    sender: Plain = Field(
        Plain(""),
        alias="from",
        description="The number or name they come from; with `endpoint` a SIP address.",
        examples=["ivrflow"],
    )


class AlarmsTo(Part):
    """Who is told of alarms beside the log, and which there are beside the queues'."""

    webhook: SecretUrl | None = Field(
        None,
        description="The url to which each is posted, in your own network too.",
        examples=["https://pager.example.com/in"],
    )
    mail: tuple[Plain, ...] = Field(
        (),
        description="Mail addresses; needs `smtp`.",
        examples=[["floor@example.com"]],
    )
    no_call: Duration | None = Field(
        None,
        description="For so long nobody has called, at a time when somebody should.",
        examples=["15m"],
    )
    hours: Name | None = Field(
        None,
        description="The timetable of the site in which somebody should call; left "
        "out: as long as any queue takes callers.",
        examples=["office"],
    )
    trunks: tuple[Plain, ...] = Field(
        (),
        description="Endpoints of Asterisk that must be there.",
        examples=[["PJSIP/the-trunk"]],
    )
    trunk_gone: Duration = Field(
        Duration(60), description="For how long one must be away to be told of."
    )

    @field_validator("webhook")
    @classmethod
    def _url(cls, url: SecretUrl | None) -> SecretUrl | None:
        if url is not None and not re.fullmatch(r"https?://[^\s/]\S*", url):
            raise bad("C001", f"{str(url)!r} is no url; write https://...")
        return url

    @field_validator("mail")
    @classmethod
    def _addresses(cls, mail: tuple[Plain, ...]) -> tuple[Plain, ...]:
        for address in mail:
            if not EMAIL.fullmatch(address):
                raise bad("C001", f"{str(address)!r} is no mail address")
        return mail

    @field_validator("trunks")
    @classmethod
    def _endpoints(cls, trunks: tuple[Plain, ...]) -> tuple[Plain, ...]:
        for trunk in trunks:
            if not re.fullmatch(r"[A-Za-z0-9]+/[^\s/]+", trunk):
                message = f"{str(trunk)!r} is no endpoint; write PJSIP/the-trunk"
                raise bad("C001", message)
        return trunks
