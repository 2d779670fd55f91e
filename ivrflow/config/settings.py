"""The settings as a whole, and what stands in the files that they name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import Field

from ivrflow.config.agi import AgiAt
from ivrflow.config.asterisk import AmiAt, Ari, EventsFrom
from ivrflow.config.keep import KeepOf
from ivrflow.config.kinds import Folder, Moment, Port, SecretFile, Url
from ivrflow.config.limits import LimitsOf
from ivrflow.config.logs import LogsAt
from ivrflow.config.metrics import MetricsAt
from ivrflow.config.outbound import OutboundTo
from ivrflow.config.sending import AlarmsTo, SmsAt, SmtpAt
from ivrflow.config.speech import SpeechAt
from ivrflow.config.synthetic import SyntheticTo
from ivrflow.config.traces import TracesAt
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
    token_file: SecretFile = Field(
        description="The file that holds the token, 20 characters at least.",
        examples=["/etc/ivrflow/secrets/api-token"],
    )


class Settings(Part):
    """The whole file."""

    site: Folder = Field(
        description="The folder of the site.", examples=["/etc/ivrflow/hotline"]
    )
    database: Url = Field(
        description="The url of the service's own database.",
        examples=["sqlite:////var/lib/ivrflow/ivrflow.db"],
    )
    pepper_file: SecretFile = Field(
        description="The key without which PINs can't be tried; `ivrflow secret "
        "pepper` makes it, once.",
        examples=["/etc/ivrflow/secrets/pepper"],
    )
    ari: Ari = Field(description=Ari.__doc__)
    ami: AmiAt | None = Field(None, description=AmiAt.__doc__)
    events: EventsFrom | None = Field(None, description=EventsFrom.__doc__)
    agi: AgiAt | None = Field(None, description=AgiAt.__doc__)
    api: ApiAt = Field(description=ApiAt.__doc__)
    sounds: Folder | None = Field(
        None,
        description="The folder of the recordings; left out: the shipped ones.",
        examples=["/usr/share/ivrflow/sounds"],
    )
    outbound: OutboundTo | None = Field(None, description=OutboundTo.__doc__)
    databases: dict[Name, Url] = Field(
        default_factory=dict,
        description="Name in data.yaml -> url of the database.",
        examples=[{"crm": "sqlite:////var/lib/ivrflow/crm.db"}],
    )
    secrets: dict[Name, SecretFile] = Field(
        default_factory=dict,
        description="Name in data.yaml -> file that holds it.",
        examples=[{"erp": "/etc/ivrflow/secrets/erp"}],
    )
    keys: dict[Name, SecretFile] = Field(
        default_factory=dict,
        description="Key that data.yaml seals PINs with -> file that holds it.",
        examples=[{"core": "/etc/ivrflow/secrets/core.pem"}],
    )
    smtp: SmtpAt | None = Field(None, description=SmtpAt.__doc__)
    sms: SmsAt | None = Field(None, description=SmsAt.__doc__)
    webhook_key_file: SecretFile | None = Field(
        None,
        description="The key that signs webhooks; left out: unsigned.",
        examples=["/etc/ivrflow/secrets/webhook"],
    )
    alarms: AlarmsTo | None = Field(None, description=AlarmsTo.__doc__)
    metrics: MetricsAt | None = Field(None, description=MetricsAt.__doc__)
    logs: LogsAt | None = Field(None, description=LogsAt.__doc__)
    traces: TracesAt | None = Field(None, description=TracesAt.__doc__)
    limits: LimitsOf | None = Field(None, description=LimitsOf.__doc__)
    keep: KeepOf | None = Field(None, description=KeepOf.__doc__)
    speech: SpeechAt | None = Field(None, description=SpeechAt.__doc__)
    transcripts: TranscriptsAt | None = Field(None, description=TranscriptsAt.__doc__)
    voicemail: VoicemailAt | None = Field(None, description=VoicemailAt.__doc__)
    synthetic: SyntheticTo | None = Field(None, description=SyntheticTo.__doc__)
    queue_log: Plain | None = Field(
        None,
        description=(
            "The file into which what happens in queues is written as Asterisk's "
            "queue_log; left out: none."
        ),
        examples=["/var/log/ivrflow/queue_log"],
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
        examples=[{"13800138000": "2026-03-02 10:00"}],
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
