"""Days, hours and months by the clock of a zone, those with a change among them."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ivrflow.figures.period import BadPeriod, period_of
from ivrflow.figures.spans import Span, cut, day_span, quarters_and_days

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def at(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def local(span, zone):
    return datetime.fromtimestamp(span.start, zone).strftime("%d %H:%M")


@pytest.mark.parametrize(
    ("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 11, 22), 24)]
)
def test_a_day_has_as_many_hours_as_its_clock_shows(day, hours):
    assert day_span(day, BERLIN).seconds == hours * 3600
    assert len(list(cut(day, day, "1h", BERLIN))) == hours
    assert len(list(cut(day, day, "15m", BERLIN))) == 4 * hours


def test_the_hour_that_clocks_skip_is_not_there_and_the_repeated_one_is_there_twice():
    spring = [local(span, BERLIN)[3:] for span in cut(SPRING, SPRING, "1h", BERLIN)]
    autumn = [local(span, BERLIN)[3:] for span in cut(AUTUMN, AUTUMN, "30m", BERLIN)]

    assert "02:00" not in spring
    assert autumn.count("02:30") == 2


@pytest.mark.parametrize("by", ["15m", "30m", "1h", "day", "week", "month"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "America/Havana"])
def test_parts_follow_each_other_and_fill_the_whole(by, zone):
    zone = ZoneInfo(zone)
    first, last = date(2026, 3, 1), date(2026, 4, 30)
    spans = list(cut(first, last, by, zone))

    assert spans[0].start == day_span(first, zone).start
    assert spans[-1].end == day_span(last, zone).end
    assert all(a.end == b.start for a, b in pairwise(spans))


def test_weeks_begin_on_monday_and_only_have_the_days_that_were_asked_for():
    spans = list(cut(date(2026, 11, 18), date(2026, 11, 24), "week", SHANGHAI))

    assert [span.seconds // 86_400 for span in spans] == [5, 2]
    assert local(spans[1], SHANGHAI) == "23 00:00"


def test_a_moment_lies_in_its_quarter_and_its_day():
    spans = quarters_and_days(SHANGHAI)
    before = spans(at("2026-11-22 15:59:59.9"))
    after = spans(at("2026-11-22 16:00"))

    assert before == (
        Span(int(at("2026-11-22 15:45")), 900),
        day_span(date(2026, 11, 22), SHANGHAI),
    )
    assert after[1] == day_span(date(2026, 11, 23), SHANGHAI)
    assert spans(at("2026-11-22 15:59:59.9")) == before


def test_days_are_asked_for_in_words_of_the_site_s_clock():
    now = at("2026-11-22 17:00")  # the 23rd in Shanghai
    period = period_of("yesterday", "today", "day", now=now, zone=SHANGHAI)

    assert (period.first, period.last) == (date(2026, 11, 22), date(2026, 11, 23))
    assert len(period.spans) == 2


@pytest.mark.parametrize(
    ("first", "last", "by", "says"),
    [
        ("22.11.2026", None, None, "write 2026-11-22, today or yesterday"),
        ("today", "2026-11-01", None, "is before the first"),
        ("2020-01-01", "today", "15m", "cut it by day"),
        ("today", None, "2h", "15m, 30m, 1h, day, week, month"),
    ],
)
def test_a_period_that_can_t_be_asked_for_says_what_can(first, last, by, says):
    with pytest.raises(BadPeriod, match=says):
        period_of(first, last, by, now=at("2026-11-22 12:00"), zone=UTC)
