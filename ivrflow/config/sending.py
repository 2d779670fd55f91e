"""Where mail, text messages and alarms go out."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from ivrflow.config.kinds import Port
from ivrflow.flow.kind import Part, bad
from ivrflow.flow.kinds import Plain
from ivrflow.flow.letters import EMAIL


class SmtpAt(Part):
    """The mail server. Left out: mail stays in the outbox."""

    host: Plain = Field(description="Its name.")
    port: Port = Field(Port(587), description="Its port.")
    user: Plain | None = Field(None, description="Who we are; left out: no login.")
    password_file: Plain | None = Field(
        None, description="The file that holds the password."
    )
    sender: Plain = Field(alias="from", description="The address mail comes from.")
    tls: Literal["starttls", "yes", "no"] = Field(
        "starttls", description="`yes`: from the first byte."
    )


class SmsAt(Part):
    """The gateway for text messages. Left out: they stay in the outbox."""

    url: Plain | None = Field(None, description="Where a message is posted as JSON.")
    endpoint: Plain | None = Field(
        None,
        description="Instead of a url: where Asterisk sends a SIP MESSAGE to, with "
        "`{number}` in it.",
    )
    token_file: Plain | None = Field(
        None, description="The file that holds the bearer token."
    )
    sender: Plain = Field(
        Plain(""),
        alias="from",
        description="The number or name they come from; with `endpoint` a SIP address.",
    )


class AlarmsTo(Part):
    """Who is told of alarms. Left out: the log alone."""

    webhook: Plain | None = Field(
        None, description="The url to which each is posted, in your own network too."
    )
    mail: tuple[Plain, ...] = Field((), description="Mail addresses; needs `smtp`.")

    @field_validator("webhook")
    @classmethod
    def _url(cls, url: Plain | None) -> Plain | None:
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
