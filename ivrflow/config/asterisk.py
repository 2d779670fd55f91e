"""Where Asterisk is, and how the service and it reach each other."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from ivrflow.config.kinds import Port, SecretFile, Url
from ivrflow.flow.kind import Part, bad
from ivrflow.flow.kinds import Duration, Plain
from ivrflow.flow.source import Table

SHORTEST_DEAD_MAN = 3.0
"""Seconds of `ami: {dead_man: ...}`: shorter is good for tests alone."""


class Ari(Part):
    """Asterisk's REST interface, as its http.conf and ari.conf have it."""

    url: Url = Field(Url("http://127.0.0.1:8088/ari"), description="Its address.")
    user: Plain = Field(Plain("ivrflow"), description="The user of ari.conf.")
    password_file: SecretFile = Field(
        description="The file that holds the password.",
        examples=["/etc/ivrflow/secrets/ari"],
    )
    app: Plain = Field(Plain("ivrflow"), description="The Stasis application.")


class QualityBy(Part):
    """Who hears from AMI how calls sound (RTCP). Left out: nobody.

    A user of manager.conf of its own, with `read = reporting` and `write =`.
    """

    user: Plain = Field(
        Plain("ivrflow-quality"), description="The user of manager.conf."
    )
    password_file: SecretFile = Field(
        description="The file that holds the password.",
        examples=["/etc/ivrflow/secrets/ami-quality"],
    )


class AmiAt(Part):
    """Asterisk's manager interface. Left out: no fallback for a call that hangs."""

    host: Plain = Field(Plain("127.0.0.1"), description="Its address.")
    port: Port = Field(Port(5038), description="Its port.")
    user: Plain = Field(Plain("ivrflow"), description="The user of manager.conf.")
    password_file: SecretFile = Field(
        description="The file that holds the password.",
        examples=["/etc/ivrflow/secrets/ami"],
    )
    dead_man: Duration = Field(
        Duration(45),
        description="A caller for whom the service has done nothing for so long gets "
        "the fallback of the dialplan.",
    )
    quality: QualityBy | None = Field(None, description=QualityBy.__doc__)

    @field_validator("dead_man")
    @classmethod
    def _not_too_short(cls, dead_man: Duration) -> Duration:
        if float(dead_man) < SHORTEST_DEAD_MAN:
            hint = "a restart of the service must fit in"
            message = f"dead_man is {SHORTEST_DEAD_MAN:.0f} s at least: {hint}"
            raise bad("C001", message)
        return dead_man


class EventsFrom(Part):
    """Where Asterisk brings its events, as its websocket_client.conf has it.

    Left out: the service connects to Asterisk for them, by `ari:` alone.
    """

    host: Plain = Field(Plain("127.0.0.1"), description="The address we listen on.")
    port: Port = Field(Port(8089), description="The port we listen on.")
    user: Plain = Field(Plain("asterisk"), description="Who Asterisk says it is.")
    password_file: SecretFile = Field(
        description="The file that holds the password.",
        examples=["/etc/ivrflow/secrets/events"],
    )

    @model_validator(mode="before")
    @classmethod
    def _has_no_mode(cls, value: Any) -> Any:
        """Before, `mode` said who connects; now it is whether events: is written."""
        key = value.key("mode") if isinstance(value, Table) else None
        if key is not None:
            hint = "take `mode` out; Asterisk connects to us where events: is written"
            if value[key] == "inbound":
                hint = "take events: out; without it, we connect to Asterisk"
            raise bad("C001", f"there is no setting 'mode' any more: {hint}", key.at)
        return value
