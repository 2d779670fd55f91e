"""What a queue step asks for, and the files say of queues and agents, as the ACD gets
it."""

import pytest

from ivrflow.acd.model import QueueRules, Widening, need
from ivrflow.flow.load import BadSite, load_site
from ivrflow.flow.site.roster import agents_of, queue_rules

FILES = {
    "site.yaml": "languages: [en]\ntimezone: Asia/Shanghai\n",
    "numbers.yaml": '"100": {flow: main}\n',
    "queues.yaml": """\
ageing: 30s
line_order: target
desk: {title: Desk, answer_within: 15s, weight: 2, on_demand: {wait: 60s, waiting: 4}}
night:
  title: Night
  choose: ring_progressively
  ring_next: 5s
  after_busy: 1s
  after_reject: 2s
  after_unreachable: 0s
  after_not_accepted: 4s
  accept_within: 6s
""",
    "agents.yaml": """\
teams: {north: {title: North}}
agents:
  "2":
    name: Li
    team: north
    queues: [desk]
    skills: {mail: 3, french: 1, lang: {en: 4}}
  "1":
    name: Wu
    queues: [night]
    reserve: [desk]
    takes: [call, callback]
    weight: 2
    wrap_up: 45s
    skills: {trainee: 1}
  "3": {name: Bo, on_demand: [desk]}
""",
    "prompts/en.yaml": "{}\n",
    "flows/main.yaml": """\
flow: main
steps:
  wait:
    queue: desk
    skills:
      mail: 2
      any: [french, {lang: {is: "'en'", level: 3}}]
      not: trainee
    widen:
      - {after: 30s, drop: mail, priority: +1}
      - {after: 60s, agents: [north, "3"]}
      - {after: 90s, queue: night}
    then: over
    no_agents: over
  over: {hangup: yes}
""",
}


def site(folder, **changes):
    for name, text in {**FILES, **changes}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return load_site(folder)


def step_of(found):
    return found.flows["main"].nodes["wait"].step


def value(expression):
    """As a call would work it out, for the few expressions here."""
    source = expression.source.strip("'")
    return int(source) if source.isdigit() else source


def test_a_step_asks_for_all_for_any_of_some_and_not_for_others(tmp_path):
    asked = step_of(site(tmp_path)).skills.need(value)

    assert asked == need(
        {"mail": 2}, any=[{"french": 1}, {"lang=en": 3}], none={"trainee": 1}
    )


def test_what_is_not_set_is_left_out_of_each_part(tmp_path):
    skills = step_of(site(tmp_path)).skills

    def unset(expression):
        return None if expression.source == "'en'" else value(expression)

    assert skills.need(unset).any == (((("french", 1),),),)
    assert skills.need(lambda expression: None) == need({})


def test_a_call_widens_to_teams_agents_and_queues(tmp_path):
    steps = [step.widening() for step in step_of(site(tmp_path)).widen]

    assert steps == [
        Widening(after=30, drop=("mail",), priority=1),
        Widening(after=60, agents=("3",), teams=("north",)),
        Widening(after=90, queues=("night",)),
    ]


def test_the_rules_of_queues_reach_the_engine(tmp_path):
    rules = queue_rules(site(tmp_path))

    desk, night = rules["desk"], rules["night"]
    assert (desk.weight, desk.demand_wait, desk.demand_waiting) == (2, 60, 4)
    assert (desk.ageing, desk.by_target, desk.answer_within) == (30, True, 15)
    assert (night.choose, night.ring_next, night.demand_wait) == (
        "ring_progressively",
        5,
        None,
    )
    assert pauses_of(night) == [1, 2, 0, 4, 6]
    assert pauses_of(desk) == pauses_of(QueueRules(name="desk"))


def pauses_of(rules):
    return [
        rules.after_busy,
        rules.after_reject,
        rules.after_unreachable,
        rules.after_not_accepted,
        rules.accept_within,
    ]


def test_an_agent_must_have_time_to_press_1(tmp_path):
    queues = FILES["queues.yaml"].replace("accept_within: 6s", "accept_within: 0s")
    with pytest.raises(BadSite, match="1 s at least to press 1, not 0 s"):
        site(tmp_path, **{"queues.yaml": queues})


def test_agents_reach_the_engine_in_the_order_of_the_file(tmp_path):
    agents = {a.number: a for a in agents_of(site(tmp_path))}

    assert sorted(agents, key=lambda n: agents[n].order) == ["2", "1", "3"]
    wu = agents["1"]
    assert wu.queues == {"night", "desk"}
    assert (wu.reserve, wu.weight, wu.wrap_up) == ({"desk"}, 2, 45)
    assert agents["2"].wrap_up is None
    assert wu.takes("callback")
    assert not wu.takes("voicemail")
    assert agents["3"].on_demand == {"desk"} == agents["3"].queues


def test_a_widening_to_a_team_that_is_not_there_is_told(tmp_path):
    flow = FILES["flows/main.yaml"].replace("[north,", "[noth,")

    with pytest.raises(BadSite, match="'noth' is neither a team nor an agent"):
        site(tmp_path, **{"flows/main.yaml": flow})


@pytest.mark.parametrize("given_up", ["drop: mial", "lower: {mial: 1}"])
def test_a_widening_that_gives_up_what_was_never_asked_for_is_told(tmp_path, given_up):
    flow = FILES["flows/main.yaml"].replace("drop: mail", given_up)

    with pytest.raises(BadSite, match=r"'mial'; did you mean 'mail'\?"):
        site(tmp_path, **{"flows/main.yaml": flow})


def test_a_word_without_its_quotes_is_told_how_to_write_it(tmp_path):
    flow = FILES["flows/main.yaml"].replace("\"'en'\"", "en")

    with pytest.raises(BadSite, match=r"nothing sets 'en' .* quotes of its own"):
        site(tmp_path, **{"flows/main.yaml": flow})
