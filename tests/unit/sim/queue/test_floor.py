"""A run on the engine: agents who come and go, rooms that are full, the same twice."""

from dataclasses import replace
from itertools import islice

import pytest
from msgspec import structs

from ivrflow.facts import Connected, TalkEnded
from ivrflow.figures.fold import Fold
from ivrflow.figures.metrics import QueueFigures
from ivrflow.sim.queue.chance import Coming
from ivrflow.sim.queue.floor import Floor
from ivrflow.sim.queue.run import coming, play, prepare
from ivrflow.sim.queue.scenario import read_scenario
from ivrflow.sim.queue.staff import Staff, worker

HOUR = 3600.0
INF = float("inf")


def setting_of(text, calls="arrivals: {a: 1/h}\nhandle: 60s\n"):
    scenario, problems = read_scenario(calls + text, "s.yaml")
    assert problems == []
    return scenario, prepare(scenario)


def played(text, calls, note=None, **more):
    """The result of exactly these calls: (at, handle, patience)."""
    _, setting = setting_of(text)
    setting = replace(setting, warm_up=0, counted=None, **more)
    floor = Floor(setting, iter([Coming(at, 0, h, p) for at, h, p in calls]), note)
    return floor.play().all


def test_a_call_that_finds_nobody_waits_until_the_first_talk_ends():
    figures = played("agents: [{count: 1}]\n", [(0, 60, INF), (10, 60, INF)])

    assert figures["answered"] == 2
    assert figures["mean_wait_served"] == (0 + 50) / 2
    assert figures["p_wait"] == 0.5
    assert figures["sl20"] == 0.5


def test_who_has_no_patience_hangs_up_before_the_talk_ends():
    figures = played("agents: [{count: 1}]\n", [(0, 60, INF), (10, 60, 30)])

    assert (figures["answered"], figures["abandoned"]) == (1, 1)
    assert figures["mean_wait_all"] == 15


def test_who_finds_the_room_full_is_blocked():
    calls = [(0, 60, INF), (1, 60, INF), (2, 60, INF), (3, 60, INF)]
    figures = played("agents: [{count: 1}]\nroom: 2\n", calls)

    assert (figures["offered"], figures["blocked"], figures["answered"]) == (4, 1, 3)


def test_a_wrap_up_keeps_the_agent_from_the_next_call():
    figures = played(
        "agents: [{count: 1}]\nwrap_up: 15s\n", [(0, 60, INF), (10, 60, INF)]
    )

    assert figures["mean_wait_served"] == (0 + 65) / 2


def test_an_agents_own_wrap_up_wins_over_the_queues():
    text = "agents: [{count: 1}]\nwrap_up: 15s\n"
    [slow] = setting_of(text)[1].staff.agents
    staff = Staff([structs.replace(slow, wrap_up=40.0)])
    figures = played(text, [(0, 60, INF), (10, 60, INF)], staff=staff)

    assert figures["mean_wait_served"] == (0 + 90) / 2


def test_an_agent_works_in_the_shift_only_and_ends_the_talk_first():
    text = "agents: [{shift: 08:00..09:00}]\n"
    calls = [(7 * HOUR, 60, INF), (9 * HOUR - 30, 60, INF), (9 * HOUR, 60, INF)]
    figures = played(text, calls)

    # The first waits for eight o'clock; the last one for eight o'clock of the next day.
    assert figures["mean_wait_served"] == pytest.approx((HOUR + 0 + 23 * HOUR) / 3)


def test_a_break_is_taken_when_the_talk_is_over():
    text = "agents: [{breaks: [{at: 12:00, for: 30m}]}]\n"
    figures = played(text, [(12 * HOUR - 30, 60, INF), (12 * HOUR + 10, 60, INF)])

    assert figures["mean_wait_served"] == (0 + 30 * 60 - 10) / 2


def test_breaks_outside_the_shift_are_none():
    _, setting = setting_of("agents: [{count: 1}]\n")
    agent = setting.staff.agents[0]

    _, turns = worker(agent, (8 * HOUR, 16 * HOUR), [(7 * HOUR, 8 * HOUR - 1)])

    assert [turn.at for turn in turns] == [8 * HOUR, 16 * HOUR]


def test_occupancy_counts_time_at_work_only():
    text = "agents: [{shift: 08:00..10:00}]\n"
    calls = [(8 * HOUR, HOUR, INF), (10 * HOUR - 1, 1, INF)]
    figures = played(text, calls)

    assert figures["occupancy"] == pytest.approx(HOUR / (2 * HOUR - 1))


def test_where_all_ring_one_answers_and_the_others_stay_free():
    facts = []
    calls = [(0, 60, INF), (1, 60, INF), (2, 60, INF), (3, 60, INF)]
    figures = played("agents: [{count: 3}]\nchoose: ring_all\n", calls, facts.append)

    assert figures["answered"] == 4
    agents = [fact.agent for fact in facts if isinstance(fact, Connected)]
    assert len(set(agents[:3])) == 3
    assert figures["mean_wait_served"] == 57 / 4


@pytest.mark.parametrize(
    "choose",
    [
        "longest_idle",
        "best_skill",
        "fewest_calls",
        "least_busy",
        "round_robin",
        "in_order",
        "random",
        "weighted_random",
        "ring_all",
        "ring_progressively",
    ],
)
def test_the_choice_of_the_agent_changes_no_wait_where_all_can_do_all(choose):
    calls = "calls: 300\narrivals: {a: 120/h}\nhandle: 240s\n"
    scenario, setting = setting_of(f"agents: [{{count: 9}}]\nchoose: {choose}\n", calls)
    plain, as_ever = setting_of("agents: [{count: 9}]\n", calls)

    assert play(scenario, setting, seed=3) == play(plain, as_ever, seed=3)


def test_the_same_seed_gives_the_same_figures_to_the_last_bit():
    text = "agents: [{count: 9}]\npatience: 2m\nwrap_up: 20s\n"
    scenario, setting = setting_of(
        text, "calls: 500\narrivals: {a: 120/h}\nhandle: 4m\n"
    )

    assert play(scenario, setting, seed=5) == play(scenario, setting, seed=5)
    assert play(scenario, setting, seed=5) != play(scenario, setting, seed=6)
    assert play(scenario, setting, seed=5, number=1) != play(scenario, setting, seed=5)


def test_other_agents_meet_the_same_calls():
    few, _ = setting_of("agents: [{count: 1}]\n")
    many, _ = setting_of("agents: [{count: 9}]\n")
    first, second = coming(few, "1"), coming(many, "1")

    assert [next(first) for _ in range(50)] == [next(second) for _ in range(50)]


def test_rates_follow_the_time_of_day():
    text = 'arrivals: {a: {"08:00": 360/h, "10:00": 36/h, "12:00": 0/h}}\nhandle: 1s\n'
    scenario, _ = setting_of("agents: [{count: 1}]\n", text)
    calls = coming(scenario, "1")
    hours = [int(next(calls).at // HOUR) for _ in range(3000)]

    assert {hour % 24 for hour in hours} == {8, 9, 10, 11}


def test_laws_have_the_mean_that_they_say():
    from ivrflow.sim.queue.chance import durations, stream
    from ivrflow.sim.queue.values import Law

    for shape, cv in (("exponential", 1), ("fixed", 0), ("lognormal", 0.5)):
        law = Law.model_validate({"mean": "60s", "as": shape, "cv": str(cv)})
        drawn = durations(law, stream("1", shape))
        values = [next(drawn) for _ in range(4000)]
        mean = sum(values) / 4000
        spread = (sum((v - mean) ** 2 for v in values) / 4000) ** 0.5
        assert mean == pytest.approx(60, rel=0.06)
        assert spread / mean == pytest.approx(cv, abs=0.06)


def test_facts_tell_each_talk_once():
    facts = []
    played("agents: [{count: 1}]\n", [(0, 60, INF), (10, 60, INF)], facts.append)

    talks = [fact for fact in facts if isinstance(fact, TalkEnded)]
    assert [(talk.at, talk.seconds) for talk in talks] == [(60, 60), (120, 60)]
    assert [fact.at for fact in facts] == sorted(fact.at for fact in facts)


def test_what_is_counted_and_what_the_facts_come_to_is_the_same():
    _, setting = setting_of(
        "agents: [{count: 3}]\nroom: 2\nwrap_up: 9s\n",
        "arrivals: {a: 60/h}\nhandle: 3m\npatience: 90s\n",
    )
    scenario, _ = setting_of(
        "agents: [{count: 3}]\n", "arrivals: {a: 60/h}\nhandle: 3m\npatience: 90s\n"
    )
    fold = Fold()
    calls = islice(coming(scenario, "1"), 800)
    setting = replace(setting, warm_up=0, counted=None)
    counted = Floor(setting, calls, fold.note).play().all

    figures = QueueFigures(fold.total(queue=None), within=20.0, short=5.0)
    assert counted["blocked"] > 20
    assert counted["abandoned"] > 20
    assert figures.offered == counted["offered"] == 800
    assert figures.answered == counted["answered"]
    assert figures.abandoned == counted["abandoned"]
    assert figures.flowed_out == counted["blocked"]
    assert figures.waiting == 0
    assert figures.asa == pytest.approx(counted["mean_wait_served"])
    assert figures.service_level_negative == pytest.approx(counted["sl20"], abs=0.01)


def test_callers_whom_nobody_can_serve_any_more_end_the_run():
    figures = played("agents: [{shift: 08:00..09:00}]\n", [(0, 60, 30)])
    assert figures["abandoned"] == 1

    scenario, setting = setting_of(
        "agents: [{count: 1}]\n", "calls: 50\narrivals: {a: 120/h}\nhandle: 10h\n"
    )
    result = play(scenario, setting, seed=1)
    assert result.all["answered"] + result.waiting == 50


MIXED = "arrivals: {a: 1/h, b: 1/h}\nhandle: 60s\n"


def answered(text, calls):
    """At which second each call was answered: (at, class) -> a list in their order."""
    _, setting = setting_of(text, MIXED)
    setting = replace(setting, warm_up=0, counted=None)
    facts = []
    coming = iter([Coming(at, klass, 60, INF) for at, klass in calls])
    Floor(setting, coming, facts.append).play()
    at = {fact.call: fact.at for fact in facts if isinstance(fact, Connected)}
    return [at[str(number)] for number in range(len(calls))]


A, B = 0, 1


def test_higher_priority_goes_first_unless_others_have_aged():
    calls = [(0, B), (1, B), (30, A)]
    one = "agents: [{count: 1}]\npriority: {a: 1}\n"

    assert answered(one, calls) == [0, 120, 60]
    assert answered(one + "ageing: 20s\n", calls) == [0, 60, 120]
    assert answered(one + "ageing: 40s\n", calls) == [0, 120, 60]


def test_a_class_that_widens_is_served_by_others_after_its_time():
    text = "needs: {b: {expert: 5}}\nagents: [{count: 1}, {skills: {expert: 5}}]\n"
    calls = [(0, B), (10, B)]

    assert answered(text, calls) == [0, 60]
    drop = "widen: {b: [{after: 20s, drop: expert}]}\n"
    assert answered(text + drop, calls) == [0, 30]
    lower = "widen: {b: [{after: 20s, lower: {expert: 3}}]}\n"
    assert answered(text + lower, calls) == [0, 60]


def test_who_must_not_have_a_skill_is_not_asked():
    text = (
        "needs: {a: {not: {trainee: 1}}, b: {any: [{x: 1}, {trainee: 1}]}}\n"
        "agents: [{skills: {trainee: 1}}, {count: 1}]\n"
    )

    assert answered(text, [(0, A), (1, A), (2, B)]) == [0, 60, 2]


def test_the_heavier_queue_goes_first_and_no_agent_is_idle_for_it():
    text = "queues: {light: {}, heavy: {weight: 5}}\nqueue: {a: light, b: heavy}\n"
    one = "agents: [{count: 1}]\n"
    two = "agents: [{queues: [heavy]}, {queues: [light]}]\n"

    assert answered(text + one, [(0, A), (1, A), (2, B)]) == [0, 120, 60]
    # The agent of the light queue is not kept from it by the heavier one's callers.
    assert answered(text + two, [(0, B), (1, B), (2, A)]) == [0, 60, 2]


def test_the_reserve_serves_only_what_others_can_not():
    facts = []
    text = "agents: [{count: 1, reserve: yes}, {count: 1}]\n"
    played(text, [(0, 60, INF), (1, 60, INF), (200, 60, INF)], facts.append)

    agents = [fact.agent for fact in facts if isinstance(fact, Connected)]
    assert agents == ["2", "1", "2"]


def rung(text, calls, ring=10):
    """The same figures where phones ring for ten seconds, and the facts."""
    facts = []
    _, setting = setting_of(text)
    setting = replace(setting, warm_up=0, counted=None)
    coming = iter([Coming(at, 0, h, p, ring) for at, h, p in calls])
    return Floor(setting, coming, facts.append).play().all, facts


def test_a_phone_that_rings_is_part_of_the_wait_and_of_the_agents_time():
    figures, facts = rung("agents: [{count: 1}]\n", [(0, 60, INF), (65, 5, INF)])

    assert figures["mean_wait_served"] == (10 + 15) / 2
    assert figures["p_wait"] == 0.5
    talks = [fact for fact in facts if isinstance(fact, TalkEnded)]
    assert [(talk.at, talk.seconds) for talk in talks] == [(70, 60), (85, 5)]
    assert figures["occupancy"] == 1.0


def test_who_hangs_up_while_it_rings_leaves_the_agent_to_the_next_one():
    figures, facts = rung("agents: [{count: 1}]\n", [(0, 60, 4), (1, 60, INF)])

    assert (figures["abandoned"], figures["answered"]) == (1, 1)
    assert [fact.at for fact in facts if isinstance(fact, Connected)] == [14]


def test_where_all_ring_the_others_are_silent_when_one_has_answered():
    text = "agents: [{count: 2}]\nchoose: ring_all\n"
    figures, facts = rung(text, [(0, 60, INF), (1, 60, INF)])

    assert figures["answered"] == 2
    assert [fact.at for fact in facts if isinstance(fact, Connected)] == [10, 20]


def test_a_caller_whose_agent_rings_needs_no_place_in_a_full_room():
    figures, _ = rung("agents: [{count: 1}]\nroom: 1\n", [(0, 60, INF)])
    assert figures["blocked"] == 0

    text = "agents: [{shift: 08:00..09:00}]\n"
    late = [(9 * HOUR - 5, 60, INF), (9 * HOUR - 4, 60, 30)]
    figures, _ = rung(text, late)
    assert (figures["answered"], figures["abandoned"]) == (1, 1)


def test_ctrl_c_gives_what_there_is_so_far():
    scenario, setting = setting_of(
        "agents: [{count: 9}]\n", "calls: 9000\narrivals: {a: 120/h}\nhandle: 4m\n"
    )

    def stop(calls):
        if calls:
            raise KeyboardInterrupt

    result = play(scenario, setting, seed=1, tell=stop)
    nothing = play(scenario, replace(setting, warm_up=9000), seed=1, tell=stop)

    assert nothing.all["offered"] == 0
    assert nothing.all["occupancy"] is None
    assert 1000 < result.calls < 9000
    assert result.all["offered"] == result.calls - 1000
    assert result.all["answered"] + result.waiting == result.all["offered"]
    assert 0.5 < result.all["occupancy"] < 1
