"""How long it will take."""

from math import sqrt

import pytest

from ivrflow.acd.engine import Engine
from ivrflow.acd.estimate import FLOOR, Guess, Pace, Promise, guess
from ivrflow.acd.model import Agent, Presence, QueueRules, Waiting

ENDLESS = 1e12


def range_of_wait(pace, *, ahead, agents):
    """What a caller is told at first."""
    return Promise().renew(pace, ahead=ahead, agents=agents, now=0)


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


@pytest.mark.parametrize("patience", [60, 600, ENDLESS])
@pytest.mark.parametrize("agents", [1, 20])
def test_a_long_line_is_the_sum_of_its_departures(patience, agents):
    found = guess(Pace(handle=200, patience=patience), ahead=400, agents=agents)
    rates = [agents / 200 + j / patience for j in range(401)]

    assert found.mean == pytest.approx(sum(1 / r for r in rates), rel=0.001)
    assert found.spread == pytest.approx(sqrt(sum(1 / r**2 for r in rates)), rel=0.001)


def test_half_a_caller_ahead_counts_as_half_of_one():
    pace = Pace(handle=200, patience=400)
    one, half, two = (guess(pace, ahead=n, agents=2).mean for n in (1, 1.5, 2))

    assert half == pytest.approx((one + two) / 2, rel=0.01)


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
    for _ in range(8000):
        pace.talked(300)
        pace.waited(100, lost=False)
        pace.waited(200, lost=True)

    assert pace.handle == pytest.approx(300, rel=0.01)
    assert pace.patience == pytest.approx(300, rel=0.01)


def test_a_queue_that_is_overtaken_all_day_says_so():
    pace, said = Pace(handle=200, patience=400), Guess(100, 30)
    for _ in range(300):
        pace.came(said, 250)

    assert pace.mean(said) == pytest.approx(250, rel=0.15)


def test_errors_that_are_chance_change_nothing():
    pace, said = Pace(handle=200, patience=400), Guess(100, 30)
    for number in range(300):
        pace.came(said, 70 if number % 2 else 140)

    assert pace.mean(said) == 100


def test_waits_that_spread_more_than_the_model_widen_the_range():
    pace, said = Pace(handle=200, patience=400), Guess(100, 10)
    for number in range(300):
        pace.came(said, 70 if number % 2 else 130)

    assert pace.spread(said) == pytest.approx(30, rel=0.05)


def test_one_wrong_estimate_changes_little():
    pace, said = Pace(handle=200, patience=400), Guess(100, 30)
    pace.came(said, 1000)

    assert pace.mean(said) < 200


def test_it_does_not_rise_without_a_cause():
    pace, promise = Pace(handle=200, patience=ENDLESS), Promise()

    def renew(ahead, agents):
        return promise.renew(pace, ahead=ahead, agents=agents, now=0.0)

    first = renew(3, 2)
    for _ in range(20):
        pace.talked(2000)

    assert renew(3, 2) == first
    assert renew(2, 2) <= first
    fewer = renew(2, 1)
    assert fewer > first
    assert renew(4, 1) > fewer


def test_what_a_caller_was_told_first_is_compared_with_what_came():
    pace, promise = Pace(handle=200, patience=400), Promise()
    promise.renew(pace, ahead=3, agents=2, now=1000.0)
    promise.renew(pace, ahead=1, agents=2, now=1100.0)
    told = guess(Pace(handle=200, patience=400), ahead=3, agents=2)
    promise.kept(pace, 1000.0 + 9 * told.mean)

    assert pace.mean(told) > told.mean


def test_who_was_told_nothing_teaches_nothing():
    pace = Pace(handle=200, patience=400)
    Promise().kept(pace, 5000.0)

    assert pace.mean(Guess(100, 30)) == 100


# Rivals -------------------------------------------------------------------------------


def line(agents, callers):
    """An engine with agents (number -> queues) who are busy, and callers who wait."""
    queues = {q for its in agents.values() for q in its}
    engine = Engine({q: QueueRules(name=q) for q in queues})
    engine.see(
        [
            Agent(
                number=number,
                queues=frozenset(its),
                presence=Presence.READY,
                free_at=10_000,
            )
            for number, its in agents.items()
        ],
        0,
    )
    for at, (call, queue) in enumerate(callers.items()):
        engine.join(Waiting(call=call, queue=queue, joined=at), at)
        engine.listen(call, at)
    return engine


def test_callers_of_another_queue_who_come_first_are_rivals():
    engine = line({"1": "ab", "2": "ab"}, {"x": "b", "y": "a", "z": "b"})

    assert [engine.rivals(call) for call in "xyz"] == [0, 1, 1]


def test_who_has_other_agents_too_is_less_of_a_rival():
    engine = line({"1": "ab", "2": "b", "3": "b", "4": "b"}, {"x": "b", "y": "a"})

    assert engine.rivals("y") == 0.25


def test_queues_that_share_no_agent_are_no_rivals():
    engine = line({"1": "a", "2": "b"}, {"x": "b", "y": "a"})

    assert engine.rivals("y") == 0
