"""hours.yaml: timetables.

    office:
      mon-fri: 08:30-12:00, 13:30-17:30
      sat: 09:00-12:00
      holidays: CN
      except:
        2026-10-08: 09:00-15:00
        2027-02-05..2027-02-12: closed
      closed_by: office_closed
      who: supervisor               # may change the dates under `except` live

What the words mean over a year, with its holidays and clock changes, is worked out in
`ivrflow.flow.calendar`.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from pydantic import Field, model_validator

from ivrflow.flow.kind import BAD_VALUE, Named, bad
from ivrflow.flow.kinds import Plain, SwitchName
from ivrflow.flow.site.settings import ZoneName
from ivrflow.flow.source import Scalar, Table

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
"""Minutes of a day."""

KEYS = ("holidays", "make_up_days", "except", "closed_by", "timezone", "who")


_HOURS = r"\s*\d\d?:\d\d\s*-\s*\d\d?:\d\d\s*"


class Days(Plain):
    """Days of the week: `mon`, `mon-fri`, `sat, sun`. `.days`: Monday is 0."""

    what = "days of the week (mon, mon-fri, sat sun)"
    pattern = r"(?:(?:{0})(?:-(?:{0}))?(?:[, ]+|$))+".format("|".join(WEEKDAYS))
    examples = ("mon-fri", "sat")
    days: tuple[int, ...]

    @classmethod
    def read(cls, value: Scalar) -> Days:
        found: list[int] = []
        for part in value.replace(",", " ").split():
            first, dash, last = part.partition("-")
            if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
                raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")
            start = WEEKDAYS.index(first)
            length = (WEEKDAYS.index(last) - start) % 7 if dash else 0
            found += [(start + i) % 7 for i in range(length + 1)]
        self = cls(value, value.at)
        self.days = tuple(found)
        return self


class Ranges(Plain):
    """Opening hours of a day: `08:30-12:00, 13:30-17:30`, `closed`, `all day`.

    `.minutes` are pairs (from, to) in minutes since midnight, in order.
    """

    what = "opening hours"
    pattern = rf"closed|all day|{_HOURS}(?:,{_HOURS})*"
    examples = ("08:30-12:00, 13:30-17:30", "closed", "all day")
    minutes: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, value: Scalar) -> Ranges:
        self = cls(value, value.at)
        if value == "all day":
            self.minutes = ((0, DAY),)
        elif value != "closed":
            self.minutes = tuple(_range(value, part) for part in value.split(","))
        for earlier, later in zip(self.minutes, self.minutes[1:], strict=False):
            if later[0] < earlier[1]:
                message = f"{str(value)!r}: hours overlap, or are not in order"
                raise bad("T003", message)
        return self


def _range(value: Scalar, part: str) -> tuple[int, int]:
    times = re.fullmatch(r"\s*(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)\s*", part, re.ASCII)
    if times is None:
        message = f"{part.strip()!r} are no opening hours; write 08:30-12:00, or closed"
        raise bad(BAD_VALUE, message)
    h1, m1, h2, m2 = map(int, times.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if m1 > 59 or m2 > 59 or start >= DAY or end > DAY:
        raise bad(BAD_VALUE, f"{part.strip()!r}: there is no such time of day")
    if end <= start:
        message = f"{part.strip()!r} ends before it starts; over midnight write two"
        raise bad("T002", message)
    return start, end


class Dates(Plain):
    """A date, or dates: `2026-10-08`, `2027-02-05..2027-02-12`."""

    what = "a date (2026-10-08), or dates (2027-02-05..2027-02-12)"
    pattern = r"\s*\d{4}-\d\d-\d\d\s*(?:\.\.\s*\d{4}-\d\d-\d\d\s*)?"
    examples = ("2026-10-08", "2027-02-05..2027-02-12")
    first: date
    last: date

    @classmethod
    def read(cls, value: Scalar) -> Dates:
        begin, dots, end = value.partition("..")
        self = cls(value, value.at)
        try:
            self.first = _date(begin)
            self.last = _date(end) if dots else self.first
        except ValueError:
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}") from None
        if not timedelta(0) <= self.last - self.first <= timedelta(days=366):
            message = f"{str(value)!r}: the last day comes first, or it is over a year"
            raise bad("T002", message)
        return self


def _date(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip(), re.ASCII):
        raise ValueError(text)
    return date.fromisoformat(text.strip())


class MakeUp(Plain):
    """The hours of make-up working days: `as mon-fri` (the first of them counts)."""

    what = "`as mon`, or closed"
    pattern = f"closed|as {Days.pattern}"
    examples = ("as mon-fri", "closed")
    day: int | None = 0

    @classmethod
    def read(cls, value: Scalar) -> MakeUp:
        self = cls(value, value.at)
        if value == "closed":
            self.day = None
        elif value.startswith("as "):
            self.day = Days.read(Scalar(value[3:], value.at)).days[0]
        else:
            raise bad(BAD_VALUE, f"{str(value)!r}: write {cls.what}")
        return self


class Country(Plain):
    """A country, or a part of it, whose public holidays are closed: CN, DE-BY."""

    what = "a country (CN), or a part of it (DE-BY)"
    pattern = "[A-Z]{2}(?:-[A-Z0-9]{1,3})?"
    examples = ("CN", "DE-BY")

    @classmethod
    def read(cls, value: Scalar) -> Country:
        if not re.fullmatch(cls.pattern, value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")
        return cls(value, value.at)


class Hours(Named):
    """One timetable, as it is written."""

    days: dict[Days, Ranges] = Field(
        default_factory=dict,
        description="Days of the week -> opening hours.",
        json_schema_extra={"beside": True},
    )
    holidays: Country | None = Field(None, description="Closed on its holidays.")
    make_up_days: MakeUp = Field(
        MakeUp("as mon"), description="Hours of make-up working days."
    )
    except_: dict[Dates, Ranges] = Field(
        default_factory=dict, alias="except", description="Dates that win."
    )
    closed_by: SwitchName | None = Field(
        None, description="A switch that closes at once."
    )
    timezone: ZoneName | None = Field(None, description="If not the site's.")
    who: Plain | None = Field(
        None,
        description="Who may change its dates live: a role, or an agent; else nobody.",
    )

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, value: Any) -> Any:
        """The days are keys beside the others: `mon-fri: ...`."""
        if not isinstance(value, Table) or "days" in value:
            return value
        days, rest = Table(), Table()
        days.at, rest.at = value.at, value.at
        for key, inside in value.items():
            is_day = key[:3] in WEEKDAYS and key not in KEYS
            (days if is_day else rest)[key] = inside
        rest[Scalar("days", value.at)] = days
        return rest
