"""The keys of an agent in a talk, where they lead, and who may listen: all pure."""

import pytest

from ivrflow.flow.conversation.inbox import NotNow
from ivrflow.flow.conversation.keys import BETWEEN, TalkKeys
from ivrflow.flow.conversation.rights import leads_somebody, may_monitor
from ivrflow.flow.conversation.targets import Target, dialled, named
from ivrflow.flow.load import BadSite
from tests.calls.talk_rig import AGENTS, NUMBER, QUEUES, site

ACTS = {"*1": "hold", "*2": "transfer", "##": "end"}


def acts(keys, *, every=0.2):
    found = TalkKeys(ACTS)
    return [
        act for n, key in enumerate(keys) if (act := found.press(key, 100 + n * every))
    ]


@pytest.mark.parametrize(
    ("keys", "done"),
    [
        ("*1", ["hold"]),
        ("*1*2", ["hold", "transfer"]),
        ("5*19", ["hold"]),
        ("**1", ["hold"]),
        ("*#*1", ["hold"]),
        ("###", ["end"]),
        ("*3", []),
        ("1*", []),
    ],
)
def test_sequences_are_found_among_other_keys(keys, done):
    assert acts(keys) == done


def test_keys_that_come_slowly_are_no_sequence():
    assert acts("*1", every=BETWEEN) == ["hold"]
    assert acts("*1", every=BETWEEN + 0.1) == []


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    queues = QUEUES.replace(
        '"82": {flow: pin}',
        f'"82": {{flow: pin}}, "83": {{number: "{NUMBER}"}}, "84": {{agent: "3"}}',
    )
    return site(
        tmp_path_factory.mktemp("site"),
        queues=queues,
        agents=AGENTS.replace('["9"]', '["9", "2"]')
        + '  "10": {name: Top, role: admin}\n',
        numbers='"300": {flow: pin}\n"301": {flow: "${call.to}"}\n',
    )


@pytest.mark.parametrize(
    ("digits", "target"),
    [
        ("2", Target("agent", "2")),
        ("81", Target("queue", "back")),
        ("82", Target("flow", "pin")),
        ("83", Target("number", NUMBER)),
        ("84", Target("agent", "3")),
        ("300", Target("flow", "pin")),
        ("301", Target("number", "301")),
        (NUMBER, Target("number", NUMBER)),
    ],
)
def test_digits_mean_an_agent_a_short_number_a_flow_or_a_number(here, digits, target):
    assert dialled(here, digits) == target


@pytest.mark.parametrize("digits", ["7", "", "12*3", "1" * 21])
def test_other_digits_mean_nothing(here, digits):
    with pytest.raises(NotNow):
        dialled(here, digits)


def test_a_target_is_written_as_the_facts_write_it(here):
    given = [{"agent": "2"}, {"queue": "back"}, {"flow": "pin"}, {"number": "05 71-8"}]

    assert [str(named(here, one)) for one in given] == [
        "agent 2",
        "queue back",
        "flow pin",
        "05718",
    ]


@pytest.mark.parametrize(
    ("supervisor", "agent", "may"),
    [
        ("9", "1", True),
        ("9", "2", False),
        ("9", "9", False),
        ("9", "77", False),
        ("1", "2", False),
        ("2", "1", False),  # in supervised_by, but with role agent
        ("77", "1", False),
        ("10", "2", True),
        ("10", "10", False),
    ],
)
def test_teams_say_who_may_listen_to_whom(here, supervisor, agent, may):
    assert may_monitor(here, supervisor, agent) is may


def test_who_leads_nobody_need_not_ask_for_an_agent(here):
    assert [n for n in ("1", "2", "9", "10", "77") if leads_somebody(here, n)] == [
        "9",
        "10",
    ]


MISTAKES = [
    ('talk_keys: {hold: "*2"}\n', "of transfer and \\*2 of hold begin alike"),
    ('talk_keys: {hold: "*21"}\n', "begin alike"),
    ("talk_keys: {hold: star}\n", "is not keys like"),
    ("talk_keys: {holt: none}\n", "did you mean 'hold'"),
    ('short_numbers: {"81": {}}\n', "write one of agent, queue, flow and number"),
    ('short_numbers: {"81": {queue: nowhere}}\n', "queues.yaml has no queue 'nowhere'"),
    ('short_numbers: {"81": {agent: "77"}}\n', "there is no agent '77'"),
    ('short_numbers: {"81": {flow: "${call.to}"}}\n', "without `\\$\\{...\\}`"),
    ("short_numbers: {abc: {queue: back}}\n", "is not digits"),
]


@pytest.mark.parametrize(("wrong", "told"), MISTAKES)
def test_mistakes_in_queues_yaml_are_named(tmp_path, wrong, told):
    queues = "\n".join(QUEUES.splitlines()[:-1]) + "\n" + wrong

    with pytest.raises(BadSite, match=told):
        site(tmp_path, queues=queues)


def test_a_key_may_be_taken_out_of_use(tmp_path):
    there = site(tmp_path, queues=QUEUES + "talk_keys: {hold: none, blind: '*1'}\n")

    assert there.talk_keys["*1"] == "blind"
    assert "hold" not in there.talk_keys.values()
