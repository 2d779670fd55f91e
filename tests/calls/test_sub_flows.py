"""Whole calls through flows that call each other, on virtual time."""

import pytest

from ivrflow.flow.load import load_site
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse
from ivrflow.sim.rehearsal.verdict import told

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\nhosts: [weather.example.com]\n",
    "numbers.yaml": '"100": {flow: top}\n',
    "prompts/en.yaml": """
hello: Hello.
top_menu: {choices: {extras: For extras}}
extras_menu: {first: Extras., choices: {news: For news}}
deep_menu: {first: Deep., choices: {stay: To stay}}
the_news: No news.
a_person: A person.
sorry: Sorry.
bye: Bye.
""",
    "data.yaml": """
weather:
  get: https://weather.example.com/now
  gives: {sky: text}
  timeout: 2s
""",
    "flows/top.yaml": """
flow: top
always:
  0: person
  star: back
on_error: sorry
steps:
  hello: {say: hello}
  top_menu:
    menu: top_menu
    keys: {1: extras}
    failed: bye
  extras: {call: extras, then: top_menu}
  person: {hangup: a_person}
  sorry: {say: sorry, then: bye}
  bye: {hangup: bye}
""",
    "flows/extras.yaml": """
flow: extras
always:
  9: news
steps:
  extras_menu:
    menu: extras_menu
    keys:
      1: news
      2: deep
      3: weather
      4: return
    failed: return
  news: {say: the_news, then: extras_menu}
  deep: {call: deep, then: return}
  weather: {lookup: weather, save: weather, then: return}
""",
    "flows/deep.yaml": """
flow: deep
steps:
  deep_menu:
    menu: deep_menu
    keys: {1: {then: stay}, 5: return}
    failed: return
  stay: {say: the_news, then: deep_menu}
""",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return load_site(folder)


def plays(site, talk):
    found = read_test(f"tests: top\ntalk:\n{talk}", "talk.yaml", site)
    assert not found.problems
    (rehearsal,) = found.rehearsals
    verdict = rehearse(site, rehearsal)
    assert verdict.passed, "\n".join(told(verdict))


def test_always_key_of_the_top_flow_leaves_all_flows_in_between(site):
    plays(site, """
  talk:
    - keys: 1
    - hears: extras_menu
    - keys: 2
    - hears: deep_menu
    - keys: 0
    - hears: a_person
  ends in: person
""")  # fmt: skip


def test_always_key_of_a_flow_in_between_leaves_to_that_flow(site):
    plays(site, """
  talk:
    - keys: 1
    - keys: 2
    - hears: deep_menu
    - keys: 9
    - hears: the_news
    - hears: extras_menu
    - keys: 4
    - hears: top_menu
""")  # fmt: skip


def test_back_in_the_first_menu_of_a_sub_flow_repeats_it(site):
    plays(site, """
  talk:
    - keys: 1
    - hears: extras_menu
    - keys: star
    - hears: extras_menu
""")  # fmt: skip


def test_sub_flow_returns_when_its_tries_are_used_up(site):
    plays(site, """
  talk:
    - keys: 1
    - hears: extras_menu
    - hears: extras_menu
    - hears: extras_menu
    - hears: top_menu
""")  # fmt: skip


def test_error_in_a_sub_flow_takes_the_way_of_the_flow_that_called_it(site):
    plays(site, """
  data: {weather: error}
  talk:
    - keys: 1
    - keys: 3
    - hears: sorry
    - hears: bye
  ends in: bye
""")  # fmt: skip


def test_look_up_in_a_sub_flow_goes_on_and_returns(site):
    plays(site, """
  data: {weather: {sky: blue}}
  talk:
    - keys: 1
    - keys: 3
    - hears: top_menu
  never: {said: [sorry]}
""")  # fmt: skip
