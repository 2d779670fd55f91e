"""Scenarios: how they are read, and what is wrong with them."""

import pytest

from ivrflow.sim.queue.run import BadScenario, prepare
from ivrflow.sim.queue.scenario import read_scenario

GOOD = """\
calls: 1000
arrivals: {a: 24/h, b: {"08:00": 30/h, "17:00": 5/h}}
handle: {a: 240s, b: {mean: 5m, as: lognormal, cv: 0.5}}
patience: {b: 2m}
room: none
needs: {a: {billing: 3}, b: {district: north, any: [{a: 1}, {b: 2}], not: {c: 1}}}
priority: {a: 1}
ageing: 60s
widen: {b: [{after: 60s, drop: district}]}
agents:
  - count: 2
    skills: {billing: 5, district: {north: 5}, a: 1}
    shift: 08:00..16:30
    breaks: [{at: 12:00, for: 30m}]
  - {skills: {billing: 3, district: {north: 5}, b: 2}}
choose: best_skill
wrap_up: 15s
"""


def problems_of(text):
    scenario, problems = read_scenario(text, "s.yaml")
    if scenario is not None:
        with pytest.raises(BadScenario) as bad:
            prepare(scenario)
        problems = bad.value.problems
    return [str(problem) for problem in problems]


def test_a_scenario_with_all_keys_is_read():
    scenario, problems = read_scenario(GOOD, "s.yaml")

    assert problems == []
    setting = prepare(scenario)
    a, b = setting.classes
    assert str(a.need) == "billing at 3"
    assert str(b.need) == "district=north, any of (a; b at 2), not c"
    assert [w.after for w in b.widening] == [60.0]
    assert len(setting.staff.agents) == 3
    (rules,) = setting.rules.values()
    assert (rules.choose, rules.wrap_up, rules.ageing) == ("best_skill", 15.0, 60.0)
    assert scenario.warming() == 1000


SHORT = "arrivals: {a: 24/h}\nhandle: 240s\nagents: [{count: 1}]\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a", "s.yaml:1:1: F013 a scenario is a table"),
        ("arrivals: {a: 24/h}\n", "F012 a scenario needs the key 'handle'"),
        (SHORT + "patiance: 2m\n", "s.yaml:4:1: F011 a scenario has no key 'patiance'"),
        (SHORT.replace("24/h", "24"), "s.yaml:1:15: F014 '24' is not a rate; write"),
        (SHORT.replace("24/h", "0/h"), "s.yaml:1:12: R002 nobody of 'a' ever calls"),
        (SHORT.replace("240s", "{b: 240s}"), "2:10: R001 `handle` names 'b', and no"),
        (SHORT.replace("240s", "0s"), "s.yaml:2:9: R002 a mean of nothing"),
        (SHORT + "priority: {b: 1}\n", "s.yaml:4:12: R001 `priority` names 'b'"),
        (SHORT + "calls: 0\n", "s.yaml:4:8: R002 0 calls: write 1 to 100,000,000"),
        (SHORT + "ring: 0s\n", "s.yaml:4:7: R002 a ring of no time"),
        (SHORT + "room: few\n", "s.yaml:4:7: F014 'few' is not a whole number or none"),
        (SHORT + "choose: any\n", "s.yaml:4:9: F014"),
        (SHORT.replace("count: 1", "count: 0"), "R002 nobody answers"),
        (SHORT.replace("count: 1", "count: 999999"), "R002 more than 100,000 agents"),
        (SHORT.replace("count: 1", "shift: 9..8"), "is not a shift; write 08:00..16"),
        (SHORT + "needs: {a: {x: 1}}\n", "1:12: R002 no agent can ever serve 'a'"),
        (SHORT.replace("count: 1", "agents: ['1']"), "`agents:` of a group needs --s"),
        (SHORT.replace("count: 1", "queues: [q]"), "R001 there is no queue 'q'"),
        (SHORT + "queue: {a: q}\n", "s.yaml:4:12: R001 there is no queue 'q'"),
        (SHORT + "queues: {x: {}, y: {}}\n", "R002 which queue is for 'a'?"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_cure(text, problem):
    assert problem in "\n".join(problems_of(text))


def test_classes_that_hang_up_may_need_what_nobody_can():
    scenario, problems = read_scenario(
        SHORT + "needs: {a: {x: 1}}\npatience: 1m\n", "s.yaml"
    )

    assert problems == []
    assert prepare(scenario).classes
