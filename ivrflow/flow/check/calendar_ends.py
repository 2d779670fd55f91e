"""T015: holidays that are known for less than 60 days more (a warning).

Some countries decree each year's holidays and make-up working days late in the year
before: China does. The package `holidays` knows them up to a year, and behind it only
what can be reckoned, so that the line would be open on days off, and closed on working
Saturdays. Bring the package up to date (`pip install -U holidays`), or list the days
under `except:`.

Wrong:

    # hours.yaml
    office: {mon-fri: 09:00-17:00, holidays: CN}
                                             ^

Right:

    # hours.yaml
    office: {mon-fri: 09:00-17:00}
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ivrflow.flow.calendar import public_holidays
from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

AHEAD = timedelta(days=60)

IN_A_ROW = 3
"""Years with make-up days one after the other: then they are decreed every year."""


def check(site: Site) -> Iterator[Problem]:
    for timetable in site.hours.values():
        country = timetable.hours.holidays
        if country is None:
            continue
        until = decreed_until(str(country), site.today)
        if until is not None and until - site.today < AHEAD:
            message = (
                f"the holidays of {country} are known up to {until}; bring the package "
                "`holidays` up to date, or list the days under `except:`"
            )
            yield warning(country.at, "T015", message)


def decreed_until(country: str, today: date) -> date | None:
    """The last day whose holidays are decreed; None where they can be reckoned."""
    years = range(today.year + 1, today.year - 2, -1)
    for last in years:
        if all(public_holidays(country, last - n)[1] for n in range(IN_A_ROW)):
            return date(last, 12, 31)
    return None
