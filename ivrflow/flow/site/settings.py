"""site.yaml: what holds for the whole site."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ivrflow.flow.kind import BAD_VALUE, Or, Part, bad
from ivrflow.flow.kinds import Duration, Plain, Whole, did_you_mean
from ivrflow.flow.source import Scalar


def _by_language(value: object) -> object:
    return {"": value} if isinstance(value, str) else value


Title = Annotated[dict[Plain, Plain], BeforeValidator(_by_language), Or(Plain)]
"""A title in each language: `{en: Service, zh-CN: ...}`; one text alone is for all."""


class ZoneName(Plain):
    """A time zone, as the IANA database calls it: `Asia/Shanghai`."""

    what = "a time zone"
    examples = ("Asia/Shanghai", "Europe/Berlin")

    @classmethod
    def read(cls, value: Scalar) -> ZoneName:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            hint = did_you_mean(value, zoneinfo.available_timezones())
            message = f"{str(value)!r} is no time zone{hint or '; e.g. Asia/Shanghai'}"
            raise bad("T001", message) from None
        return cls(value, value.at)


class Language(Plain):
    """A language by its tag: `en`, `zh-CN`. Its prompts are prompts/<language>.yaml."""

    what = "a language"
    pattern = "[A-Za-z0-9]{2,3}(?:-[A-Za-z0-9]+)*"
    examples = ("en", "zh-CN")

    @classmethod
    def read(cls, value: Scalar) -> Language:
        parts = value.split("-")
        if not (2 <= len(parts[0]) <= 3 and all(p.isalnum() for p in parts)):
            raise bad(BAD_VALUE, f"{str(value)!r} is no language; write en or zh-CN")
        return cls(value, value.at)


class Human(Part):
    """How soon a caller reaches a person on every path; the checker proves it."""

    seconds: Whole = Field(description="Seconds from answer to a person, at most.")
    keys: Whole = Field(description="Keys to press until then, at most.")


class Settings(Part):
    """site.yaml."""

    title: Title = Field(
        default_factory=dict,
        examples=["Customer service", {"en": "Service", "zh-CN": "客服"}],
        description="The site's name.",
    )
    languages: tuple[Language, ...] = Field(
        min_length=1, description="The languages; the first is the default."
    )
    timezone: ZoneName = Field(description="The site's time zone, as Asia/Shanghai.")
    currency: Plain = Field(
        Plain("CNY"), examples=["EUR"], description="The currency, as ISO 4217."
    )
    human: Human | None = Field(None, description=Human.__doc__)
    longest_call: Duration | None = Field(
        None, description="A call ends after this, whatever it does."
    )
    hosts: tuple[Plain, ...] = Field(
        (), examples=[["api.example.com"]], description="Hosts that look-ups may ask."
    )

    @cached_property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)


def title_in(title: Mapping[Any, str], language: str, default: str) -> str:
    """The title in *language*, else the one for all, else the first, else *default*."""
    return title.get(language) or title.get("") or next(iter(title.values()), default)
