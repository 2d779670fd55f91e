"""Talks that leave the flow: written as an author tests them, on virtual time."""

import pytest

from ivrflow.flow.load import load_site
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse
from ivrflow.sim.rehearsal.verdict import told

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": '"100": {flow: top}\n',
    "prompts/en.yaml": """
top_menu: {choices: {branch: For our branch, board: For the meeting}}
engaged: The branch is engaged.
nobody: Nobody answers there.
bye: Bye.
meeting_pin: The number of your meeting, please.
""",
    "flows/top.yaml": """
flow: top
steps:
  top_menu:
    menu: top_menu
    keys: {1: branch, 2: board}
    failed: bye
  branch:
    transfer: 0571-8888 0101
    ring: 20s
    then: bye
    busy: engaged
    no_answer: nobody
    failed: nobody
  engaged: {say: engaged, then: top_menu}
  nobody: {say: nobody, then: top_menu}
  board:
    record: all
  door:
    conference: board
    pin: {ask: meeting_pin, digits: 4, check: pin == 4711}
    full: bye
    failed: bye
  bye: {hangup: bye}
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


def test_caller_talks_with_the_branch_and_goes_on_when_it_hangs_up(site):
    plays(site, """
  talk:
    - keys: 1
    - phone: 057188880101 answers
    - waits: 40s
    - phone: 057188880101 hangs up
    - hears: bye
  ends in: bye
""")  # fmt: skip


def test_branch_that_declines_leads_back_to_the_menu(site):
    plays(site, """
  talk:
    - keys: 1
    - phone: 057188880101 rejects
    - hears: engaged
    - hears: top_menu
""")  # fmt: skip


def test_branch_where_nobody_answers_is_told(site):
    plays(site, """
  talk:
    - keys: 1
    - waits: 20s
    - hears: nobody
""")  # fmt: skip


def test_pin_of_a_meeting_stands_in_no_log_and_lets_the_caller_in(site):
    plays(site, """
  talk:
    - keys: 2
    - hears: meeting_pin
    - keys: 4711
    - waits: 5s
    - keys: hash
    - hears: bye
  never: {logged: ["4711"]}
  ends in: bye
""")  # fmt: skip


def test_who_has_no_pin_does_not_get_in(site):
    plays(site, """
  talk:
    - keys: 2
    - hears: meeting_pin
    - keys: 1111
    - hears: meeting_pin
    - keys: 2222
    - hears: meeting_pin
    - keys: 3333
    - hears: bye
""")  # fmt: skip
