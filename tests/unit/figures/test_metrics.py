"""The figures, on counts whose answers are known."""

import pytest

from ivrflow.figures.metrics import AgentFigures, QueueFigures, percentile
from ivrflow.figures.sums import AgentSum, QueueSum, total


def test_seventy_answered_and_ten_abandoned_in_time_of_a_hundred():
    """The example of the table of metrics: 77.8, 70 and 80 %."""
    sums = QueueSum(
        offered=100,
        answered=80,
        abandoned=20,
        waits={5: 70, 60: 10},
        lost_waits={15: 10, 90: 10},
    )
    figures = QueueFigures(sums, within=20, short=10)

    assert figures.service_level == pytest.approx(70 / 90)
    assert figures.service_level_negative == 0.70
    assert figures.service_level_positive == 0.80
    assert figures.asterisk_sl == 70 / 80
    assert figures.asterisk_sl2 == 80 / 100
    assert figures.abandonment_raw == 0.20


def test_nothing_to_divide_by_is_none_and_no_zero():
    figures = QueueFigures(QueueSum())
    names = [
        "service_level", "service_level_negative", "service_level_positive",
        "asterisk_sl", "asterisk_sl2", "asa", "median_wait", "p90_wait",
        "mean_lost_wait", "abandonment", "abandonment_raw", "mean_talk", "aht",
        "rona_rate", "repeated_share", "estimate_bias", "estimate_rmse",
        "promise_kept",
    ]  # fmt: skip

    assert [getattr(figures, name) for name in names] == [None] * len(names)
    assert AgentFigures(AgentSum()).occupancy is None


def test_a_percentile_is_a_wait_that_was():
    waits = {1: 5, 7: 4, 30: 1}

    assert percentile(waits, 0.5) == 1
    assert percentile(waits, 0.51) == 7
    assert percentile(waits, 0.9) == 7
    assert percentile(waits, 1.0) == 30


def test_sums_of_four_quarters_are_those_of_the_hour():
    quarters = [
        QueueSum(offered=n, waits={n: 2}, wait=1.5, longest=float(n), flowed={"key": 1})
        for n in range(1, 5)
    ]
    hour = total(quarters, QueueSum)

    assert (hour.offered, hour.wait, hour.longest) == (10, 6.0, 4.0)
    assert hour.waits == {1: 2, 2: 2, 3: 2, 4: 2}
    assert hour.flowed == {"key": 4}
    assert quarters[0].waits == {1: 2}


def test_pauses_are_neither_busy_nor_idle():
    sums = AgentSum(
        ready=30, ring=5, talk=60, hold=10, wrap_up=15, paused={"lunch": 900}
    )
    figures = AgentFigures(sums)

    assert figures.occupancy == 90 / 120
    assert figures.signed_in == 1020
