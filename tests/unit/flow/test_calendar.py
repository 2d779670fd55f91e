"""When a timetable is open: breaks, holidays, exceptions, switches, clock changes."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivrflow.flow.calendar import Timetable, public_holidays
from ivrflow.flow.site.hours import Hours
from ivrflow.flow.source import read

SAMPLE = Path(__file__).parents[3] / "flows/hotline/hours.yaml"


def timetable(text, zone="Asia/Shanghai"):
    value, problems = read(text, "hours.yaml")
    assert problems == []
    return Timetable(Hours.model_validate(value), ZoneInfo(zone))


@pytest.fixture(scope="module")
def office():
    value, _ = read(SAMPLE.read_text("utf-8"), "hours.yaml")
    return Timetable(Hours.model_validate(value["office"]), ZoneInfo("Asia/Shanghai"))


def state(table, text, thrown=False):
    at = datetime.fromisoformat(text)
    return table.at(at.replace(tzinfo=at.tzinfo or table.zone), thrown)


def shown(moment):
    return f"{moment:%Y-%m-%d %H:%M}"


# The sample -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "why", "closes"),
    [
        ("2026-03-02 10:00", "hours", "2026-03-02 12:00"),
        ("2026-03-02 08:30", "hours", "2026-03-02 12:00"),
        ("2026-03-02 17:29", "hours", "2026-03-02 17:30"),
        ("2026-03-07 11:59", "hours", "2026-03-07 12:00"),  # an ordinary Saturday
        ("2026-02-14 14:30", "hours", "2026-02-14 17:30"),  # a make-up working one
        ("2026-02-28 09:00", "hours", "2026-02-28 12:00"),
        ("2026-10-08 12:30", "except", "2026-10-08 15:00"),  # no break on that day
    ],
)
def test_the_office_is_open(office, when, why, closes):
    found = state(office, when)

    assert (found.open, found.why, found.opens) == (True, why, None)
    assert shown(found.closes) == closes


@pytest.mark.parametrize(
    ("when", "why", "opens"),
    [
        ("2026-03-02 12:00", "break", "2026-03-02 13:30"),
        ("2026-03-02 08:29", "hours", "2026-03-02 08:30"),
        ("2026-03-02 17:30", "hours", "2026-03-03 08:30"),
        ("2026-03-07 14:30", "hours", "2026-03-09 08:30"),  # Saturday -> Monday
        ("2026-03-08 10:00", "hours", "2026-03-09 08:30"),
        ("2026-02-17 10:00", "holiday", "2026-02-24 08:30"),  # Spring Festival
        ("2026-02-21 10:00", "holiday", "2026-02-24 08:30"),  # its Saturday too
        ("2026-10-01 10:00", "holiday", "2026-10-08 09:00"),
        ("2026-10-08 15:00", "except", "2026-10-09 08:30"),
        ("2027-02-08 10:00", "except", "2027-02-13 09:00"),
    ],
)
def test_the_office_is_closed(office, when, why, opens):
    found = state(office, when)

    assert (found.open, found.why, found.closes) == (False, why, None)
    assert shown(found.opens) == opens


def test_a_thrown_switch_closes_at_once_until_the_next_regular_opening(office):
    found = state(office, "2026-03-02 10:00", thrown=True)

    assert (found.open, found.why) == (False, "switched")
    assert shown(found.opens) == "2026-03-02 13:30"


def test_the_switch_that_closes_it_is_known(office):
    assert office.closed_by == "office_closed"
    assert timetable("mon: 09:00-10:00").closed_by is None


def test_the_same_moment_is_the_same_in_every_zone(office):
    assert state(office, "2026-03-02T02:00+00:00").open
    assert not state(office, "2026-03-02T10:00+00:00").open


# What the words mean --------------------------------------------------------------


def test_exceptions_win_over_holidays_and_make_up_days():
    table = timetable(
        "mon-fri: 09:00-17:00\nholidays: CN\n"
        "except: {2026-10-01: 10:00-11:00, 2026-02-14: closed}"
    )

    assert state(table, "2026-10-01 10:30").why == "except"
    assert state(table, "2026-10-01 10:30").open
    assert not state(table, "2026-02-14 10:00").open


def test_make_up_days_may_have_other_hours_or_none():
    saturday = timetable("mon: 09:00-10:00\nholidays: CN\nmake_up_days: closed")
    like_friday = timetable(
        "mon: 09:00-10:00\nfri: 11:00-12:00\nholidays: CN\nmake_up_days: as fri"
    )

    assert not state(saturday, "2026-02-14 09:30").open
    assert state(like_friday, "2026-02-14 11:30").open


def test_hours_over_midnight_are_one_stretch():
    table = timetable("sat: 20:00-24:00\nsun: 00:00-02:00")

    found = state(table, "2026-03-07 23:00")

    assert found.open
    assert shown(found.closes) == "2026-03-08 02:00"


def test_a_timetable_without_hours_never_opens_and_one_without_end_never_closes():
    assert state(timetable("mon-sun: closed"), "2026-03-02 10:00").opens is None
    assert state(timetable("mon-sun: all day"), "2026-03-02 10:00").closes is None


def test_the_next_opening_is_found_up_to_a_year_ahead():
    table = timetable("except: {2027-03-01: 09:00-10:00}")

    assert shown(state(table, "2026-03-02 10:00").opens) == "2027-03-01 09:00"
    assert state(table, "2026-02-02 10:00").opens is None


def test_days_may_go_round_the_end_of_the_week():
    table = timetable("sat-mon: 09:00-10:00")

    days = [d for d in range(2, 9) if state(table, f"2026-03-0{d} 09:30").open]
    assert days == [2, 7, 8]  # Monday, Saturday, Sunday


def test_the_last_day_of_february_in_a_leap_year_is_a_day():
    table = timetable("except: {2028-02-29: 09:00-10:00}")

    assert state(table, "2028-02-29 09:30").open
    assert state(table, "2028-02-29 10:30").opens is None
    assert state(table, "2027-03-01 09:30").opens == datetime(
        2028, 2, 29, 9, tzinfo=table.zone
    )


# Clock changes --------------------------------------------------------------------

BERLIN = "Europe/Berlin"  # 2026-03-29 02:00 -> 03:00 and 2026-10-25 03:00 -> 02:00


def test_a_time_that_does_not_exist_is_the_moment_of_the_change():
    table = timetable("sun: 02:30-05:00", BERLIN)

    assert not state(table, "2026-03-29T00:59:59+00:00").open
    found = state(table, "2026-03-29T01:00:00+00:00")  # 03:00 on the wall
    assert found.open
    assert found.closes.astimezone(UTC) == datetime(2026, 3, 29, 3, tzinfo=UTC)


def test_a_range_that_ends_in_the_gap_ends_with_the_change():
    table = timetable("sun: 01:00-02:30", BERLIN)

    assert state(table, "2026-03-29T00:59:59+00:00").open
    assert not state(table, "2026-03-29T01:00:00+00:00").open


def test_a_range_lasts_through_an_hour_that_comes_twice():
    table = timetable("sun: 02:15-02:45", BERLIN)

    openness = [
        state(table, f"2026-10-25T{time}+00:00").open
        for time in ("00:14", "00:15", "00:50", "01:10", "01:44", "01:45")
    ]
    assert openness == [False, True, True, True, True, False]


def test_the_hour_after_the_change_opens_at_its_time_on_the_wall():
    table = timetable("mon-sun: 08:00-09:00", BERLIN)

    saturday, sunday = (
        state(table, "2026-10-24 09:30"),
        state(table, "2026-10-25 09:30"),
    )
    assert shown(saturday.opens) == "2026-10-25 08:00"
    assert (saturday.opens.astimezone(UTC) - datetime(2026, 10, 24, 6, tzinfo=UTC)).days
    assert shown(sunday.opens) == "2026-10-26 08:00"


# Holidays -------------------------------------------------------------------------


def test_the_library_knows_chinas_days_off_and_make_up_days():
    off, make_up = public_holidays("CN", 2026)

    assert date(2026, 2, 14) in make_up
    assert date(2026, 2, 14) not in off
    assert {date(2026, 2, 16), date(2026, 10, 1), date(2026, 10, 7)} <= off
    assert all(day.year == 2026 for day in make_up)


def test_weekends_between_holidays_are_free_only_where_days_are_made_up():
    assert date(2026, 2, 21) in public_holidays("CN", 2026)[0]
    # Good Friday and Easter Monday: shops open on the Saturday between them.
    assert date(2026, 4, 4) not in public_holidays("GB", 2026)[0]


def test_of_the_library_only_the_country_that_is_asked_for_is_imported():
    asked = "from ivrflow.flow.calendar import public_holidays as ask; import sys; "
    # The second is made of another country, which the library imports by itself.
    asked += "ask('CN', 2026); print(len(ask('GP', 2026)[0])); print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    days, modules = told.stdout.splitlines()
    countries = {
        one for one in modules.split() if one.startswith("holidays.countries.")
    }

    assert int(days) > 8
    assert countries == {
        f"holidays.countries.{name}" for name in ("china", "guadeloupe", "france")
    }


def test_an_unknown_country_is_a_lookup_error():
    with pytest.raises(LookupError):
        public_holidays("XX", 2026)
