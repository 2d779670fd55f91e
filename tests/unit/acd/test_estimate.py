"""How long it will take."""

from math import sqrt

import pytest

from ivrflow.acd.estimate import FLOOR, Pace, Promise, range_of_wait

ENDLESS = 1e12


def test_without_impatience_it_is_one_departure_for_each_ahead_and_one_more():
    pace = Pace(handle=240, patience=ENDLESS)
    low, high = range_of_wait(pace, ahead=9, agents=4)

    assert (low + high) / 2 == pytest.approx(10 * 240 / 4)
    assert (high - low) / 2 == pytest.approx(sqrt(10) * 240 / 4)


def test_callers_ahead_who_lose_patience_shorten_it():
    # QL_m with s = 2, mu = 1/200, theta = 1/400, three ahead.
    rates = [2 / 200 + j / 400 for j in range(4)]
    low, high = range_of_wait(Pace(handle=200, patience=400), ahead=3, agents=2)

    assert (low + high) / 2 == pytest.approx(sum(1 / r for r in rates))


def test_it_is_a_minute_at_least_and_counts_on_one_agent_at_least():
    assert range_of_wait(Pace(handle=10, patience=99), ahead=0, agents=9) == (
        FLOOR,
        FLOOR,
    )
    pace = Pace(handle=240, patience=ENDLESS)
    assert range_of_wait(pace, ahead=0, agents=0) == range_of_wait(
        pace, ahead=0, agents=1
    )


def test_what_is_seen_takes_over_from_what_was_assumed():
    pace = Pace(handle=60, patience=60)
    for _ in range(400):
        pace.talked(300)
        pace.waited(100, lost=False)
        pace.waited(200, lost=True)

    assert pace.handle == pytest.approx(300, rel=0.01)
    assert pace.patience == pytest.approx(300, rel=0.01)


def test_it_does_not_rise_without_a_cause():
    pace, promise = Pace(handle=200, patience=ENDLESS), Promise()
    first = promise.renew(pace, ahead=3, agents=2)
    for _ in range(20):
        pace.talked(2000)

    assert promise.renew(pace, ahead=3, agents=2) == first
    assert promise.renew(pace, ahead=2, agents=2) <= first
    fewer = promise.renew(pace, ahead=2, agents=1)
    assert fewer > first
    assert promise.renew(pace, ahead=4, agents=1) > fewer
