"""Public holidays: whether the coming ones are known.

Some countries decree each year's holidays and make-up working days late in the year
before: China does. The package `holidays` knows them up to a year; behind it the line
would be open on days off, and closed on working Saturdays.

Cure: `pip install -U holidays` in the service's environment and restart it, or list the
days under `except:` in hours.yaml.
"""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.flow.check.calendar_ends import AHEAD, decreed_until

AREA = Area.DATA

BACK = 6
"""Years for which a package may have been left as it is."""

CURE = (
    "pip install -U holidays in the service's environment, then restart it; or list "
    "the days under `except:` in hours.yaml"
)


async def look(patient: Patient) -> Findings:
    site = await patient.site()
    today = patient.host.now().astimezone(site.settings.zone).date()
    countries = {
        str(timetable.hours.holidays): str(name)
        for name, timetable in site.hours.items()
        if timetable.hours.holidays is not None
    }
    for country, timetable in countries.items():
        until = await asyncio.to_thread(_known_until, country, today)
        if until is None:
            yield ok(f"the holidays of {country} can be reckoned")
        elif until < today:
            yield error(
                f"the holidays of {country} ({timetable}) are known up to {until} only",
                CURE,
            )
        elif until - today < AHEAD:
            yield warning(
                f"the holidays of {country} ({timetable}) are known up to {until}: "
                f"{_days(until - today)} more",
                CURE,
            )
        else:
            yield ok(f"the holidays of {country} are known up to {until}")
    if not countries:
        yield ok("no timetable names a country's holidays")


def _known_until(country: str, today: date) -> date | None:
    """The last day whose holidays are decreed; None: they can be reckoned.

    A package that is years old counts too: for *today* alone it knows no decree at all.
    """
    for years in range(BACK):
        then = today.replace(year=today.year - years, day=1)
        if (until := decreed_until(country, then)) is not None:
            return until
    return None


def _days(time: timedelta) -> str:
    return f"{time.days} day{'s' if time.days != 1 else ''}"
