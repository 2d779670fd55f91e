"""Reads the settings' file, and says of each error where it is and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ivrflow.config.asterisk import AmiAt, Ari, EventsFrom
from ivrflow.config.limits import LimitsOf
from ivrflow.config.outbound import OutboundTo
from ivrflow.config.sending import AlarmsTo, SmsAt, SmtpAt
from ivrflow.config.settings import ApiAt, BadConfig, Settings
from ivrflow.config.speech import SpeechAt
from ivrflow.config.transcripts import TranscriptsAt
from ivrflow.config.voicemail import VoicemailAt
from ivrflow.flow.kind import Part
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import Mark, Problem, Scalar, Table, read


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
    settings.lie_in(path.absolute().parent)
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
        "ami": AmiAt,
        "events": EventsFrom,
        "api": ApiAt,
        "outbound": OutboundTo,
        "smtp": SmtpAt,
        "sms": SmsAt,
        "alarms": AlarmsTo,
        "limits": LimitsOf,
        "speech": SpeechAt,
        "voicemail": VoicemailAt,
        "transcripts": TranscriptsAt,
    }
    fields = tables.get(".".join(way), Settings).model_fields
    return [info.alias or name for name, info in fields.items()]
