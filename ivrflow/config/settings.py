"""The settings as a whole, and what stands in the files that they name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import Field

from ivrflow.config.asterisk import AmiAt, Ari, EventsFrom
from ivrflow.config.kinds import Moment, Port
from ivrflow.config.limits import LimitsOf
from ivrflow.config.outbound import OutboundTo
from ivrflow.config.sending import AlarmsTo, SmsAt, SmtpAt
from ivrflow.config.speech import SpeechAt
from ivrflow.config.transcripts import TranscriptsAt
from ivrflow.config.voicemail import VoicemailAt
from ivrflow.credentials import BadCredential, located
from ivrflow.flow.kind import Part
from ivrflow.flow.kinds import Duration, Name, Plain, YesNo
from ivrflow.secret import Secret


class BadConfig(Exception):
    """The settings can't be used. Says where, what, and what to do, a line each."""


class ApiAt(Part):
    """The HTTP API for agents and supervisors."""

    host: Plain = Field(Plain("127.0.0.1"), description="The address we listen on.")
    port: Port = Field(Port(8090), description="The port; 0 takes a free one.")
    token_file: Plain = Field(description="The file that holds the token.")


class Settings(Part):
    """The whole file."""

    site: Plain = Field(description="The folder of the site.")
    database: Plain = Field(description="The url of the service's own database.")
    pepper_file: Plain = Field(description="The key without which PINs can't be tried.")
    ari: Ari
    ami: AmiAt | None = Field(None, description=AmiAt.__doc__)
    events: EventsFrom | None = Field(None, description=EventsFrom.__doc__)
    api: ApiAt
    sounds: Plain | None = Field(
        None, description="The folder of the recordings; left out: the shipped ones."
    )
    outbound: OutboundTo | None = Field(None, description=OutboundTo.__doc__)
    databases: dict[Name, Plain] = Field(
        default_factory=dict, description="Name in data.yaml -> url of the database."
    )
    secrets: dict[Name, Plain] = Field(
        default_factory=dict, description="Name in data.yaml -> file that holds it."
    )
    keys: dict[Name, Plain] = Field(
        default_factory=dict,
        description="Key that data.yaml seals PINs with -> file that holds it.",
    )
    smtp: SmtpAt | None = Field(None, description="The mail server.")
    sms: SmsAt | None = Field(None, description="The gateway for text messages.")
    webhook_key_file: Plain | None = Field(
        None, description="The key that signs webhooks; left out: unsigned."
    )
    alarms: AlarmsTo | None = Field(None, description=AlarmsTo.__doc__)
    limits: LimitsOf | None = Field(None, description=LimitsOf.__doc__)
    speech: SpeechAt | None = Field(None, description=SpeechAt.__doc__)
    transcripts: TranscriptsAt | None = Field(None, description=TranscriptsAt.__doc__)
    voicemail: VoicemailAt | None = Field(None, description=VoicemailAt.__doc__)
    queue_log: Plain | None = Field(
        None,
        description=(
            "The file into which what happens in queues is written as Asterisk's "
            "queue_log; left out: none."
        ),
    )
    drain: Duration = Field(
        Duration(5),
        description=(
            "Told to stop, the service waits so long for sentences and secret entries "
            "to end. Calls are never ended by it: the next service goes on with them."
        ),
    )
    upgrade: YesNo = Field(
        True, description="`no`: never change the database at the start."
    )
    rehearse: dict[Plain, Moment] = Field(
        default_factory=dict,
        description=(
            "Calling number -> the time that its flow believes it is. For rehearsals "
            "only: whoever forges that number chooses the time."
        ),
    )
    _folder: Path = Path()

    def lie_in(self, folder: Path) -> None:
        """Count paths that are not absolute from *folder*, where the file is."""
        self._folder = folder

    def path(self, written: str) -> Path:
        """The file or folder that *written* names; `credential:NAME` is systemd's.

        Raises `BadConfig` for a credential where the service was started without any.
        """
        try:
            return located(written, lambda file: self._folder / Path(file).expanduser())
        except BadCredential as bad:
            raise BadConfig(str(bad)) from None

    def url(self, written: str) -> str:
        """A database's url, its SQLite file counted from the settings' folder."""
        head = "sqlite:///"
        if written.startswith(head) and not written.startswith(head + "/"):
            return f"{head}{self.path(written.removeprefix(head)).absolute()}"
        return written

    def secret(self, written: str) -> Secret:
        """The secret in a file; raises `BadConfig`."""
        path = self.path(written)
        try:
            text = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise BadConfig(f"{path}: cannot read this secret: {why}") from None
        if not text:
            raise BadConfig(f"{path}: the file is empty; it must hold the secret")
        return Secret(text)

    def rehearsed(self) -> Mapping[str, datetime]:
        """Calling number -> given time, without a zone."""
        return {str(number): given.time for number, given in self.rehearse.items()}
