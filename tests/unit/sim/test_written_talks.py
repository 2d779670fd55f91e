"""Talks made of past calls: what in them happened at its own time, or in secret."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ivrflow.facts import (
    CallEnded,
    CallerQueued,
    CallResumed,
    CallStarted,
    DigitsCollected,
)
from ivrflow.flow.load import load_site
from ivrflow.flow.yaml_text import flow, scalar
from ivrflow.sim.rehearsal.made_up import hidden_questions
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse, steps_of
from ivrflow.sim.rehearsal.verdict import told
from ivrflow.sim.rehearsal.write import CannotWrite, joined, talk_of

FLOWS = Path(__file__).parents[3] / "flows"
SITE = load_site(FLOWS / "hotline")

AT_THE_QUEUE = """\
  at: 2026-03-02 10:00
  given: {step: wait_for_agent}
"""


def facts_of(talk, site=SITE, tests="hotline"):
    """The facts of a talk that is written as in a test file."""
    found = read_test(f"tests: {tests}\ntalk:\n{talk}", "t.yaml", site)
    assert not found.problems, found.problems
    facts = []
    verdict = rehearse(site, found.rehearsals[0], note=facts.append)
    assert verdict.passed, "\n".join(told(verdict))
    return facts


def again(facts, site=SITE, more=""):
    """The test made of *facts*, which must go through the same steps; its lines."""
    written = talk_of(facts, site)
    text = written.file.replace("  talk:\n", f"{more}  talk:\n", 1)
    found = read_test(text, "saved.test.yaml", site)
    assert not found.problems, f"{found.problems}\n{text}"
    verdict = rehearse(site, found.rehearsals[0])
    assert verdict.passed, f"{text}\n" + "\n".join(told(verdict))
    assert verdict.steps == steps_of(facts), text
    assert not written.notes
    return [line.strip().removeprefix("- ") for line in text.splitlines()]


def in_line(*moves, head=""):
    """The lines of the test made of a call that begins in the queue."""
    talk = AT_THE_QUEUE + head + "  talk:\n" + "".join(f"    - {m}\n" for m in moves)
    # A past call has no `given`: it comes to the queue on its own.
    return again(facts_of(talk), more="  given: {step: wait_for_agent}\n")


def test_who_is_free_at_once_is_ready_when_the_call_comes():
    lines = in_line(
        "agent: 1001 answers",
        "waits: 40s",
        "agent: 1001 hangs up",
        head='  agents: {"1001": ready}\n',
    )

    assert 'agents: {"1001": ready}' in lines
    assert lines[lines.index("agent: 1001 answers") + 1] == "waits: 40s"


def test_what_the_agents_were_doing_is_kept_of_who_joins_a_line():
    talk = AT_THE_QUEUE + "  talk: [{waits: 5s}, {hangs up: caller}]\n"

    [queued] = [f for f in facts_of(talk) if isinstance(f, CallerQueued)]

    assert queued.agents == {"wrap-up": 3}


def test_who_gets_free_while_the_caller_waits_does_so_in_the_test():
    lines = in_line(
        "waits: 45s", "agent: 1003 ready", "waits: 5s", "agent: 1003 answers"
    )

    assert lines[lines.index("agent: 1003 ready") - 1] == "waits: 45s"
    assert "agents:" not in "".join(lines)


def test_one_lets_it_ring_one_rejects_and_the_third_answers():
    lines = in_line(
        "waits: 21s",
        "agent: 1002 ready",
        "agent: 1002 rejects",
        "agent: 1002 busy",
        "agent: 1003 ready",
        "waits: 3s",
        "agent: 1003 answers",
        head='  agents: {"1001": ready}\n',
    )

    assert 'agents: {"1001": ready}' in lines
    assert "agent: 1002 rejects" in lines
    assert "agent: 1003 answers" in lines


def test_the_time_in_which_an_agent_lets_it_ring_passes_too():
    lines = in_line(
        "waits: 45s",
        "agent: 1003 ready",
        "agent: 1003 answers",
        head='  agents: {"1001": ready}\n',
    )

    assert 'agents: {"1001": ready}' in lines
    assert lines[lines.index("agent: 1003 ready") - 1] == "waits: 45s"


def test_a_key_while_waiting_is_pressed_at_its_time():
    lines = in_line("waits: 30s", "keys: 1", "speaks: 12s", "hangs up: caller")

    assert lines[lines.index("keys: 1") - 1] == "waits: 30s"
    assert "speaks: 12s" in lines
    assert "voicemail: {box: service}" in lines


def test_who_gives_up_hangs_up_after_as_long():
    lines = in_line("waits: 70s", "hangs up: caller")

    assert lines[-4:-2] == ["waits: 70s", "hangs up: caller"]


def test_the_longest_wait_passes_by_itself():
    lines = in_line("hears: nobody_free", "keys: 2", "hears: confirm_number", "keys: 1")

    assert "hears: nobody_free" in lines
    assert not any(line.startswith("waits") for line in lines)


def test_nobody_signed_in_and_a_full_line_are_there_again():
    out = '  agents: {"1001": out, "1002": out, "1003": out}\n'
    assert any(
        "1001" in line and "out" in line
        for line in in_line("hears: nobody_free", head=out)
    )
    full = in_line("hears: nobody_free", head="  waiting: {service: 200}\n")
    assert "waiting: {service: 200}" in full


def test_others_stand_before_the_caller():
    lines = in_line("waits: 15s", "hangs up: caller", head="  waiting: {service: 3}\n")

    assert "waiting: {service: 3}" in lines


def test_answers_that_differ_come_in_turn():
    lines = again(
        facts_of("""\
  data:
    retailers: {in turn: [wrong, {id: 7, name: Li, district: north, level: 1}]}
    balance: {in turn: [error, {amount: 12.50, due: 2026-03-15}, not found]}
  talk:
    - keys: 2
    - keys: "330106123459"
    - keys: "111111"
    - keys: "222222"
    - hears: main_menu
    - hangs up: caller
""")
    )

    row = "{id: 7, name: Li, district: north, level: 1}"
    assert f"data: {{retailers: {{in turn: [wrong, {row}]}}}}" in lines


def test_a_locked_card_is_locked_again():
    lines = again(
        facts_of("""\
  data: {retailers: locked}
  talk:
    - keys: 2
    - keys: "330106123459"
    - keys: "111111"
    - hears: card_locked
    - hangs up: caller
""")
    )

    assert "data: {retailers: locked}" in lines


def test_what_was_too_short_is_too_short_again_and_silence_is_silence():
    lines = again(
        facts_of("""\
  data: {retailers: wrong}
  talk:
    - keys: 2
    - waits: 20s
    - keys: "33010"
    - waits: 6s
    - hangs up: caller
""")
    )

    assert any(line.startswith("hears: enter_card") for line in lines)
    assert 'keys: "33010"' not in lines


@pytest.mark.parametrize(
    ("step", "part", "length"), [("identify", "card", 12), ("identify", "pin", 6)]
)
def test_made_up_keys_are_taken_where_the_secret_ones_were(step, part, length):
    node = SITE.flows["hotline"].nodes[step]
    today = date(2026, 3, 2)

    [question] = [q for q in hidden_questions(node) if q.part == part]

    assert len(question.right(today)) == length
    assert question.right(today) != question.wrong("the check luhn", today)
    assert len(question.wrong("too short, no further key for 3 s", today)) < length


def test_a_talk_that_is_no_flow_of_the_site_can_not_be_written():
    facts = facts_of("  talk: [{hangs up: caller}]\n")
    [started] = [f for f in facts if isinstance(f, CallStarted)]

    with pytest.raises(CannotWrite, match="'sign in' is no flow of this site"):
        talk_of([replace(started, flow="sign in"), *facts[1:]], SITE)
    with pytest.raises(CannotWrite, match="beginning was not recorded"):
        talk_of(facts[1:], SITE)


def test_facts_of_an_older_version_become_a_test_too():
    facts = [
        replace(fact, ended_by="", key="")
        if isinstance(fact, DigitsCollected)
        else replace(fact, local="", switches=())
        if isinstance(fact, CallStarted)
        else fact
        for fact in facts_of("  talk: [{keys: 2}, {hangs up: caller}]\n")
    ]

    assert "keys: 2" in again(facts)


def test_that_a_call_outlived_a_service_is_noted():
    facts = facts_of("  talk: [{keys: 2}, {hangs up: caller}]\n")
    back = CallResumed(
        at=facts[-1].at, call=facts[0].call, flow="a", step="b", number=3, away=2.0
    )

    (note,) = talk_of([*facts[:-1], back, facts[-1]], SITE).notes
    assert "started anew in b" in note


def test_an_end_that_no_test_can_bring_about_is_noted():
    facts = [
        replace(fact, by="shutdown") if isinstance(fact, CallEnded) else fact
        for fact in facts_of("  talk: [{keys: 2}, {hangs up: caller}]\n")
    ]

    assert talk_of(facts, SITE).notes == ("the call was ended by shutdown",)


def test_a_second_talk_in_a_file_gets_a_name_of_its_own():
    written = talk_of(facts_of("  talk: [{keys: 2}, {hangs up: caller}]\n"), SITE)

    twice = joined(written.file, written, [written.name])

    found = read_test(twice, "t.yaml", SITE)
    assert [str(r.talk.name) for r in found.rehearsals] == [
        written.name,
        f"{written.name} (2)",
    ]


def test_numbers_whose_type_nobody_says_stay_numbers(tmp_path):
    for name, text in {
        "site.yaml": "languages: [en]\ntimezone: UTC\nhosts: [erp.example.com]\n",
        "numbers.yaml": '"100": {flow: top}\n',
        "prompts/en.yaml": "much: Much.\nlittle: Little.\n",
        "data.yaml": "rate: {get: 'https://erp.example.com/rate', timeout: 1s}\n",
        "flows/top.yaml": (
            "flow: top\nsteps:\n  find: {lookup: rate, save: rate, not_found: low}\n"
            "  by_rate:\n    choose:\n      - {if: rate.now > 1.25, then: high}\n"
            "      - {else: low}\n  high: {hangup: much}\n  low: {hangup: little}\n"
        ),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    site = load_site(tmp_path)
    talk = '  data: {rate: {now: 1.5, name: "1.5"}}\n  talk: [{hears: much}]\n'

    lines = again(facts_of(talk, site, "top"), site)

    assert 'data: {rate: {now: 1.5, name: "1.5"}}' in lines


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Li", "Li"),
        ("7", '"7"'),
        (7, "7"),
        ("yes", '"yes"'),
        (True, "yes"),
        (None, "none"),
        ("a: b", '"a: b"'),
        ("# no comment", '"# no comment"'),
        ("", '""'),
        ("two\nlines", '"two\\nlines"'),
        ("李", "李"),
        ("a\x85b\x9b\x7f", r'"a\u0085b\u009b\u007f"'),
    ],
)
def test_values_are_written_so_that_they_are_read_again(value, written):
    assert scalar(value) == written
    assert flow({"a": [value]}) == f"{{a: [{written}]}}"
