"""How long agents have been on their breaks today."""

from ivrflow.acd.breaks import ALARM, Breaks, Taken, Used
from ivrflow.acd.model import Agent, Presence
from ivrflow.facts import AgentChanged, AlarmCleared, AlarmRaised

DAY = 86_400.0
NINE = 9 * 3600.0
LIMITS = {"lunch": 3600.0, "training": None}


def breaks(limits=LIMITS):
    return Breaks(lambda: limits, lambda at: at // DAY * DAY)


def changed(at, presence="not ready", reason="", agent="1001"):
    return AgentChanged(
        at=at,
        call="",
        agent=agent,
        presence=presence,
        work="idle",
        why="",
        reason=reason,
    )


def away(reason, since, number="1001"):
    return Agent(
        number=number,
        presence=Presence.NOT_READY,
        reason=reason,
        presence_since=since,
    )


def test_pauses_of_one_reason_add_up_over_the_day():
    day = breaks()
    for at, reason in ((0, "lunch"), (600, "training"), (900, "lunch")):
        day.hear(changed(NINE + at, reason=reason))
    day.hear(changed(NINE + 1200, "ready"))

    assert day.used("1001", "lunch", NINE + 2000) == Used("lunch", 900.0, 3600.0)
    assert day.used("1001", "training", NINE + 2000) == Used("training", 300.0, None)
    assert day.all_of(["1002"], NINE)["1002"] == [
        Used("lunch", 0.0, 3600.0),
        Used("training", 0.0, None),
    ]


def test_a_pause_that_lasts_counts_up_to_now_whatever_else_changes_meanwhile():
    day = breaks()
    day.hear(changed(NINE, reason="lunch"))
    day.hear(changed(NINE + 60, reason="lunch"))  # a wrap-up that ran out, say

    assert day.used("1001", "lunch", NINE + 100).seconds == 100.0


def test_the_alarm_comes_when_the_time_is_over_once_and_ends_with_the_pause():
    day = breaks()
    day.hear(changed(NINE, reason="lunch"))

    assert day.next_due(NINE + 10) == NINE + 3600
    assert day.tick(NINE + 3599) == []
    [raised] = day.tick(NINE + 3600)
    assert isinstance(raised, AlarmRaised)
    assert (raised.alarm, raised.agent, raised.limit) == (ALARM, "1001", 3600.0)
    assert day.tick(NINE + 3700) == []
    [cleared] = day.hear(changed(NINE + 4200, "ready"))
    assert isinstance(cleared, AlarmCleared)
    assert cleared.seconds == 600.0
    day.hear(changed(NINE + 5000, reason="lunch"))
    assert day.tick(NINE + 5001) == []
    assert day.used("1001", "lunch", NINE + 5001).over


def test_midnight_gives_everybody_a_new_lunch_also_one_who_is_away_then():
    day = breaks()
    day.hear(changed(DAY - 1800, reason="lunch"))

    assert day.used("1001", "lunch", DAY - 1).seconds == 1799.0
    assert day.used("1001", "lunch", DAY + 60).seconds == 60.0
    assert day.next_due(DAY + 60) == DAY + 3600
    day.hear(changed(DAY + 100, "ready"))
    assert day.used("1001", "lunch", DAY + 200).seconds == 100.0


def test_a_restart_gives_nobody_a_second_lunch_and_no_alarm_twice():
    before = [
        Taken("1001", "lunch", NINE, NINE + 3000),
        Taken("1002", "lunch", NINE, NINE + 3700),
        # A part of the pause that lasts still: the board has its begin.
        Taken("1003", "lunch", NINE + 100, NINE + 200),
    ]
    day = breaks()
    day.begin(
        [Agent(number="1001"), Agent(number="1002"), away("lunch", NINE + 100, "1003")],
        before,
        [("1002", NINE + 3600), ("1003", NINE + 3700)],
        NINE + 4000,
    )

    assert day.used("1001", "lunch", NINE + 4000).seconds == 3000.0
    assert day.used("1003", "lunch", NINE + 4000).seconds == 3900.0
    day.hear(changed(NINE + 4000, reason="lunch", agent="1002"))
    assert day.tick(NINE + 4100) == []
    [cleared] = day.hear(changed(NINE + 4200, "ready", agent="1003"))
    assert cleared.seconds == 500.0


def test_what_has_no_limit_never_rings_a_bell():
    day = breaks()
    day.hear(changed(NINE, reason="training"))
    day.hear(changed(NINE, reason="signed in", agent="1002"))

    assert day.next_due(NINE) == float("inf")
    assert day.tick(NINE + 20_000) == []
