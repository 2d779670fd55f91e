"""Talks with what lies outside a call: switches, and the telephone network."""

from pathlib import Path

import pytest

from ivrflow.flow.load import load_site
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse

SITE = load_site(Path(__file__).parents[3] / "flows" / "branches")
CODE = 'code: "101", name: Wulin, address: Wulin Road, phone: "057188880101"'
BRANCH = f"{{{CODE}, hours: street, desk: north, box: hangzhou}}"


def read(talk):
    head = "tests: branches\n\nit:\n  at: 2026-03-02 10:00\n"
    data = f"  data: {{branches: {BRANCH}}}\n"
    return read_test(head + data + talk, "t.yaml", SITE)


def verdict_of(talk):
    found = read(talk)
    assert not found.problems
    (rehearsal,) = found.rehearsals
    return rehearse(SITE, rehearsal)


def to_the_counter(*moves, then=""):
    talk = ["keys: 1", 'keys: "101"', *moves]
    return "  talk:\n" + "".join(f"    - {move}\n" for move in talk) + then


def test_switch_is_thrown_when_the_call_comes():
    talk = to_the_counter("hears: by_switch", then="  switches: all_closed\n")

    assert verdict_of(talk).passed


def test_unknown_switch_is_told_with_its_place():
    found = read("  switches: all_close\n  talk:\n    - keys: 1\n")

    assert [str(problem) for problem in found.problems] == [
        "t.yaml:6:13: R001 there is no switch 'all_close'; did you mean 'all_closed'?"
    ]


@pytest.mark.parametrize(
    ("does", "next_prompt"),
    [
        (["phone: 057188880101 rejects"], "counter_busy"),
        (["waits: 25s"], "counter_busy"),
        (
            [
                "phone: 057188880101 answers",
                "waits: 30s",
                "phone: 057188880101 hangs up",
            ],
            "after_branch",
        ),
    ],
)
def test_number_that_was_dialled_does_what_the_talk_says(does, next_prompt):
    assert verdict_of(to_the_counter(*does, f"hears: {next_prompt}")).passed


def test_phone_that_answers_twice_rings_once():
    answers = "phone: 057188880101 answers"

    assert not verdict_of(to_the_counter(answers, answers)).passed


def test_what_is_no_number_is_told_with_its_place():
    found = read("  talk:\n    - phone: 0571-88880101 answers\n")

    assert [problem.at.line for problem in found.problems] == [7]


def test_number_that_nobody_dialled_does_not_ring():
    verdict = verdict_of("  talk:\n    - phone: 057188880999 answers\n")

    assert [f.instead for f in verdict.failures] == [
        "the phone of 057188880999 does not ring; then the call ended"
    ]


def test_name_of_a_prompt_that_must_not_be_said_is_no_words():
    ending = "  never: {said: glasses}\n"
    words = verdict_of("  talk:\n    - keys: 3\n" + ending)
    prompt = verdict_of("  talk:\n    - keys: 3\n  never: {said: connect_me}\n")

    assert not words.passed  # "To hear whether your glasses are ready" was said
    assert prompt.passed
