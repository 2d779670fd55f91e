"""The service's settings: what differs from machine to machine, and nothing else.

What callers hear and where they are led stands in the site's folder and is the same
everywhere; here stand addresses, folders and the files that hold secrets. Passwords are
in files of their own, so that this one can be shown and kept in a repository.

    site: /etc/ivrflow/hotline
    database: sqlite:////var/lib/ivrflow/ivrflow.db
    pepper_file: /etc/ivrflow/pepper
    ari: {url: http://127.0.0.1:8088/ari, user: ivrflow, password_file: /etc/...}
    events: {port: 8089, user: asterisk, password_file: /etc/ivrflow/events}
    api: {port: 8090, token_file: /etc/ivrflow/token}
    sounds: /usr/share/ivrflow/sounds
    databases: {crm: sqlite:////var/lib/ivrflow/crm.db}
    secrets: {erp: /etc/ivrflow/erp}
    keys: {core: /etc/ivrflow/core.pem}
    smtp: {host: mail.example.com, from: ivr@example.com, user: ivr,
           password_file: /etc/ivrflow/smtp}
    sms: {url: https://sms.example.com/send, token_file: /etc/ivrflow/sms}
    webhook_key_file: /etc/ivrflow/webhook
    alarms: {webhook: https://pager.example.com/in, mail: [floor@example.com]}
    limits: {caller: {after: 10, within: 1h, for: 1h}}
    speech: {cache: /var/cache/ivrflow/speech, voices: {en: {with: espeak-ng}}}

A path that is not absolute counts from the settings' own folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from ivrflow.flow.kind import Part, bad
from ivrflow.flow.kinds import (
    Duration,
    Name,
    Number,
    Plain,
    Whole,
    YesNo,
    did_you_mean,
)
from ivrflow.flow.letters import EMAIL
from ivrflow.flow.source import Mark, Problem, Scalar, Table, read
from ivrflow.secret import Secret


class BadConfig(Exception):
    """The settings can't be used. Says where, what, and what to do, a line each."""


class Port(Whole):
    """A TCP port."""

    what = "a port"

    @classmethod
    def read(cls, value: Scalar) -> Self:
        port = super().read(value)
        if port > 65_535:
            raise bad("C001", f"{port} is no port: 0 to 65535")
        return port


class Moment(Plain):
    """A date and a time, in the zone of the site."""

    what = "a time"
    time: datetime

    @classmethod
    def read(cls, value: Scalar) -> Self:
        self = cls(value, value.at)
        try:
            self.time = datetime.fromisoformat(value)
        except ValueError:
            message = f"{str(value)!r} is not a time; write 2026-03-02 10:00"
            raise bad("C001", message) from None
        if self.time.tzinfo is not None:
            raise bad("C001", "a time in the site's own time zone: leave out the zone")
        return self


class Ari(Part):
    """Asterisk's REST interface, as its http.conf and ari.conf have it."""

    url: Plain = Field(Plain("http://127.0.0.1:8088/ari"), description="Its address.")
    user: Plain = Field(Plain("ivrflow"), description="The user of ari.conf.")
    password_file: Plain = Field(description="The file that holds the password.")
    app: Plain = Field(Plain("ivrflow"), description="The Stasis application.")


class EventsFrom(Part):
    """Where Asterisk brings its events, as its websocket_client.conf has it."""

    host: Plain = Field(Plain("127.0.0.1"), description="The address we listen on.")
    port: Port = Field(Port(8089), description="The port we listen on.")
    user: Plain = Field(Plain("asterisk"), description="Who Asterisk says it is.")
    password_file: Plain = Field(description="The file that holds the password.")


class ApiAt(Part):
    """The HTTP API for agents and supervisors."""

    host: Plain = Field(Plain("127.0.0.1"), description="The address we listen on.")
    port: Port = Field(Port(8090), description="The port; 0 takes a free one.")
    token_file: Plain = Field(description="The file that holds the token.")


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


class WrongPins(Part):
    """How many wrong PINs lock something, and for how long."""

    after: Whole = Field(description="Wrong PINs that lock it.")
    within: Duration = Field(description="The time in which they are counted.")
    lasting: Duration = Field(alias="for", description="How long it stays locked.")


class LimitsOfPins(Part):
    """Wrong PINs in all calls, whatever cards they are for."""

    caller: WrongPins | None = Field(None, description="From one calling number.")
    dialled: WrongPins | None = Field(None, description="To one dialled number.")
    all: WrongPins | None = Field(None, description="In all calls together.")


class NumberTemplate(Plain):
    """What Asterisk dials for a number: `{number}` stands in it once."""

    what = "an endpoint with {number} in it"

    @classmethod
    def read(cls, value: Scalar) -> Self:
        filled = value.replace("{number}", "1")
        right = re.fullmatch(r"[A-Za-z][A-Za-z0-9]*/[A-Za-z0-9_.+:;=@-]+", filled)
        if value.count("{number}") != 1 or not right:
            hint = "write PJSIP/{number}@the-trunk"
            raise bad("C001", f"{str(value)!r} is not {cls.what}; {hint}")
        return cls(value, value.at)


class Prefix(Plain):
    """How numbers begin: digits, perhaps with a + before them."""

    what = "the beginning of a number"

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not re.fullmatch(r"\+?[0-9]{1,15}", value):
            raise bad("C001", f"{str(value)!r} is not {cls.what}; write 010 or +8610")
        return cls(value, value.at)


class OutboundTo(Part):
    """Which numbers flows may dial. Left out: none at all."""

    endpoint: NumberTemplate = Field(
        description="What Asterisk dials: `PJSIP/{number}@trunk`."
    )
    prefixes: tuple[Prefix, ...] = Field(
        min_length=1, description="How the numbers that may be dialled begin."
    )
    hand_over: NumberTemplate | None = Field(
        None,
        description=(
            "What a blind transfer names: `PJSIP/sip:{number}@host`; left out: none."
        ),
    )
    at_once: Whole = Field(Whole(2), description="Calls to numbers at once, at most.")
    per_minute: Whole = Field(Whole(6), description="Numbers dialled in a minute.")
    hours: Name | None = Field(
        None, description="The timetable of the site in which they may be dialled."
    )
    longest: Duration = Field(Duration(3600), description="Such a call lasts so long.")


class VoiceOf(Part):
    """Who speaks one language."""

    provider: Literal["espeak-ng", "kokoro", "command", "http"] = Field(
        alias="with", description="What speaks."
    )
    voice: Plain = Field(
        Plain(""), description="Its own name for the voice; left out: its usual one."
    )
    speed: Number = Field(Number(1), description="How fast: 0.5 to 2; 1 is usual.")
    command: tuple[Plain, ...] = Field(
        (),
        description=(
            "Of `command`: the program and its arguments, run without a shell. The "
            "text comes by standard input, or in `{text_file}`; the WAV goes to "
            "standard output, or to `{out}`. Also `{voice}` `{language}` `{speed}`."
        ),
    )
    url: Plain = Field(Plain(""), description="Of `http`: where a text is posted.")
    token_file: Plain | None = Field(
        None, description="Of `http`: the file that holds the bearer token."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needs = {"command": bool(self.command), "http": bool(self.url)}
        for provider, given in needs.items():
            if (self.provider == provider) is not given:
                key = "command" if provider == "command" else "url"
                how = "needs" if self.provider == provider else "takes no"
                raise ValueError(f"with: {self.provider} {how} {key}:")
        if not 0.5 <= float(self.speed) <= 2:
            raise ValueError("speed: is 0.5 to 2")
        return self


class SpeechAt(Part):
    """What speaks a text that nobody has recorded. Left out: such texts are silent."""

    voices: dict[Plain, VoiceOf] = Field(
        min_length=1, description="Language, such as `en` or `zh-CN` -> its voice."
    )
    cache: Plain = Field(
        description="The folder of what was spoken; Asterisk must be able to read it."
    )
    most: Whole = Field(Whole(500), description="Megabytes that are kept there.")
    within: Duration = Field(
        Duration(3), description="A caller waits so long for a text to be spoken."
    )
    processes: Whole = Field(
        Whole(1),
        description="Programs that speak at once; kokoro takes 400 MB in each.",
    )


class Settings(Part):
    """The whole file."""

    site: Plain = Field(description="The folder of the site.")
    database: Plain = Field(description="The url of the service's own database.")
    pepper_file: Plain = Field(description="The key without which PINs can't be tried.")
    ari: Ari
    events: EventsFrom
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
    limits: LimitsOfPins | None = Field(None, description="Wrong PINs in all calls.")
    speech: SpeechAt | None = Field(None, description=SpeechAt.__doc__)
    queue_log: Plain | None = Field(
        None,
        description=(
            "The file into which what happens in queues is written as Asterisk's "
            "queue_log; left out: none."
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

    def path(self, written: str) -> Path:
        """The file or folder that *written* names."""
        return self._folder / Path(written).expanduser()

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


def read_settings(path: Path) -> Settings:
    """Read and check the settings in *path*; raises `BadConfig` with all errors."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadConfig(
            f"{path}: cannot read the settings: {error.strerror}; name the file with "
            "--config (`ivrflow new` makes run/ivrflow.yaml), or write one as "
            "docs/settings.md shows"
        ) from None
    value, problems = read(text, str(path))
    if problems or not isinstance(value, Table):
        lines = [str(p) for p in problems] or [f"{path}:1:1: the settings are a table"]
        raise BadConfig("\n".join(lines))
    try:
        settings = Settings.model_validate(value)
    except ValidationError as invalid:
        found = sorted(_problem(value, error) for error in invalid.errors())
        raise BadConfig("\n".join(map(str, found))) from None
    settings._folder = path.absolute().parent
    return settings


def _problem(value: Table, error: Any) -> Problem:
    """One error of pydantic with its place, in our words."""
    at, inside = value.at, value
    way = [str(part) for part in error["loc"]]
    for part in way:
        if not isinstance(inside, Table):
            break
        key = inside.key(part)
        if key is None:
            break
        at, inside = key.at, inside[key]
    name = ".".join(way)
    said = {
        "missing": f"{name!r} is missing",
        "extra_forbidden": f"there is no setting {name!r}"
        + did_you_mean(way[-1], _known(way[:-1])),
    }
    message = said.get(error["type"], f"{name}: {error['msg']}")
    if error["type"] not in said and isinstance(inside, Scalar):
        at = inside.at
    placed: Mark = (error.get("ctx") or {}).get("at") or at
    return Problem(placed, "C001", message)


def _known(way: list[str]) -> list[str]:
    """The settings of the table that *way* leads to."""
    tables: dict[str, type[Part]] = {
        "ari": Ari,
        "events": EventsFrom,
        "api": ApiAt,
        "outbound": OutboundTo,
        "smtp": SmtpAt,
        "sms": SmsAt,
        "alarms": AlarmsTo,
        "limits": LimitsOfPins,
        "speech": SpeechAt,
    }
    fields = tables.get(".".join(way), Settings).model_fields
    return [info.alias or name for name, info in fields.items()]
