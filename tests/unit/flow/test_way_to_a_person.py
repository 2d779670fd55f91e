"""The way to a person: its length, worked out by hand, and what must always hold."""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_site import write

from ivrflow.flow.graph import knots
from ivrflow.flow.load import check_site

TWO = "x" * 29
"""Words of two seconds: 14.5 characters a second."""

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\nhosts: [erp.example.com]\n"
    "human: {seconds: 100000, keys: 10000}\n",
    "numbers.yaml": '"100": {flow: main}\n',
    "hours.yaml": "office: {mon-fri: 09:00-17:00}\n",
    "data.yaml": """\
people:
  database: crm
  sql: select id, pin_hash from person where card = :card
  gives: {id: number}
  verify: {pin: pin_hash}
  timeout: 2s
order: {get: "https://erp.example.com/${id}", gives: {due: date}, timeout: 2s, retry: 1}
""",
    "queues.yaml": "desk: {title: Desk}\n",
    "agents.yaml": 'agents:\n  "1": {name: Li, queues: [desk]}\n',
    "mailboxes.yaml": "box: {title: Box, greeting: two}\n",
    "prompts/en.yaml": f"two: {TWO}\n",
}


def most(folder, steps, *more, sounds=None):
    """(seconds, keys) of the longest way, as the checker tells them."""
    files = {**FILES, "flows/main.yaml": f"flow: main\n{steps}", **dict(more)}
    report = check_site(write(folder, files), sounds=sounds)
    told = [p.message for p in report.problems if p.code == "H013"]
    if not told:
        return None
    found = re.search(r"takes (\d+) s .* and (\d+) keys", told[0])
    return int(found[1]), int(found[2])


KNOWN = {
    "prompts are heard to their end": (
        "steps:\n  a: {say: two}\n  b: {say: [two, two]}\n  p: {queue: desk}\n",
        (2 + 4, 0),
    ),
    "a menu: all tries fail, each with its prompt and its wait": (
        "steps:\n  m: {menu: two, keys: {1: p}, failed: p}\n  p: {queue: desk}\n",
        (3 * (2 + 6), 3),
    ),
    "a menu whose only way there is its key: two tries fail, the third is right": (
        "steps:\n  m: {menu: two, keys: {1: p}, failed: hangup}\n  p: {queue: desk}\n",
        (2 * (2 + 6) + 2 + 1, 3),
    ),
    "a key that begins a longer one has to wait": (
        "steps:\n  m: {menu: two, keys: {1: p, 10: p}, failed: hangup}\n"
        "  p: {queue: desk}\n",
        (2 * (2 + 6) + 2 + 2 + 3, 6),
    ),
    "an entry takes a second for a key": (
        "steps:\n  a: {ask: two, digits: 10, save: x, failed: hangup}\n"
        "  p: {queue: desk}\n",
        (3 * (2 + 10), 30),
    ),
    "an entry of varying length has an end key": (
        "steps:\n  a: {ask: two, digits: 4..10, tries: 1, save: x, failed: p}\n"
        "  p: {queue: desk}\n",
        (2 + 10 + 1, 11),
    ),
    "what is entered is read back": (
        "steps:\n  a: {ask: two, digits: 4, tries: 2, save: x, confirm: two, "
        "failed: hangup}\n  p: {queue: desk}\n",
        (2 * (2 + 4 + 2 + 1), 2 * 5),
    ),
    "three wrong pairs of card and PIN: the card is asked twice, the PIN three times": (
        "steps:\n  a:\n    authenticate: people\n    card: {ask: two, digits: 12}\n"
        "    pin: {ask: two, digits: 6}\n    failed: p\n    error: hangup\n"
        "  p: {queue: desk}\n",
        (2 * (2 + 12) + 3 * (2 + 6) + 3 * 2, 2 * 12 + 3 * 6),
    ),
    "where a wrong PIN asks for both, the card is asked three times": (
        "steps:\n  a:\n    authenticate: people\n    card: {ask: two, digits: 12}\n"
        "    pin: {ask: two, digits: 6}\n    again: both\n    failed: p\n"
        "    error: hangup\n  p: {queue: desk}\n",
        (3 * (2 + 12) + 3 * (2 + 6) + 3 * 2, 3 * 18),
    ),
    "a look-up takes its timeout, once more for each retry": (
        "steps:\n  a: {lookup: order, with: {id: 5}, error: p}\n  p: {queue: desk}\n",
        (2 * 2, 0),
    ),
    "a wait is waited for": (
        "steps:\n  a: {wait: 7s, say: two}\n  p: {queue: desk}\n",
        (2 + 7, 0),
    ),
    "of two ways the longer one counts": (
        "steps:\n"
        "  a: {choose: [{if: now.hour > 1, then: long}, {else: p}]}\n"
        "  long: {wait: 50s}\n  p: {queue: desk}\n",
        (50, 0),
    ),
    "who goes round hears each step once": (
        "steps:\n  m: {menu: two, keys: {1: b, 2: p}, failed: p}\n"
        "  b: {say: two, then: m}\n  p: {queue: desk}\n",
        (3 * (2 + 6) + 2, 3),
    ),
    "an always-key is a way from every question": (
        "always: {0: p}\nsteps:\n  a: {ask: two, digits: 9, tries: 1, clear_key: none,"
        " save: x, failed: hangup}\n  b: {hangup: two}\n  p: {wait: 3s}\n"
        "  q: {queue: desk}\n",
        # Nine digits never come to be: 0 belongs to the entry, but the way is there.
        (2 + 1 + 3, 1),
    ),
    "the way of errors is a way": (
        "on_error: w\nsteps:\n  a: {lookup: order, with: {id: 5}, not_found: hangup}\n"
        "  b: {hangup: two}\n  w: {wait: 9s}\n  p: {queue: desk}\n",
        (4 + 9, 0),
    ),
    "what comes after a person does not count": (
        "steps:\n  p: {queue: desk, timeout: w}\n  w: {wait: 50s, then: p}\n",
        (0, 0),
    ),
    "a voicemail behind a closed timetable is an end": (
        "steps:\n  o: {open: office, yes: p, no: w}\n  w: {wait: 5s}\n"
        "  v: {voicemail: box, then: hangup}\n  p: {queue: desk, then: hangup}\n",
        (5, 0),
    ),
    "another voicemail is none, and nothing goes on behind it": (
        "steps:\n  m: {menu: two, keys: {1: w, 2: p}, tries: 1, failed: hangup}\n"
        "  w: {wait: 50s}\n  v: {voicemail: box, then: p, failed: p}\n"
        "  p: {queue: desk, then: hangup}\n",
        (2 + 1, 1),
    ),
    "a transfer is a person": (
        "steps:\n  w: {wait: 5s}\n  t: {transfer: PJSIP/1001, failed: w2}\n"
        "  w2: {wait: 50s, then: t}\n",
        (5, 0),
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_longest_way_is_as_reckoned_by_hand(tmp_path, name):
    steps, expected = KNOWN[name]

    assert most(tmp_path, steps) == expected


SUB = "flow: sub\nsteps:\n  w: {wait: 30s}\n"

CALLS = "steps:\n  c: {call: sub, error: hangup}\n  p: {queue: desk}\n"


def test_a_called_flow_counts_like_the_steps_that_it_has(tmp_path):
    assert most(tmp_path, CALLS, ("flows/sub.yaml", SUB)) == (30, 0)


def test_a_called_flow_that_finds_a_person_is_an_end(tmp_path):
    sub = f"{SUB}  q: {{queue: desk, then: return}}\n"
    calls = "steps:\n  b: {wait: 4s}\n  c: {call: sub, error: hangup}\n"

    assert most(tmp_path, calls, ("flows/sub.yaml", sub)) == (34, 0)


def test_what_a_flow_does_before_it_fails_counts_on_the_way_of_its_error(tmp_path):
    calls = "steps:\n  c: {call: sub, then: hangup, error: p}\n  p: {queue: desk}\n"

    assert most(tmp_path, calls, ("flows/sub.yaml", SUB)) == (30, 0)


def test_a_flow_that_takes_the_place_of_another_goes_on_counting(tmp_path):
    moves = "steps:\n  w: {wait: 8s}\n  t: {transfer: {flow: sub}}\n"
    sub = f"{SUB}  q: {{queue: desk}}\n"

    assert most(tmp_path, moves, ("flows/sub.yaml", sub)) == (38, 0)


def test_a_flow_that_calls_itself_is_measured_once(tmp_path):
    again = (
        "steps:\n  w: {wait: 6s}\n"
        "  m: {menu: two, keys: {1: c, 2: p}, tries: 1, failed: p}\n"
        "  c: {call: main, error: hangup}\n  p: {queue: desk}\n"
    )

    assert most(tmp_path, again) == (6 + 2 + 6, 1)


def test_a_long_chain_of_flows_is_no_trouble(tmp_path):
    chain = {
        f"flows/f{n}.yaml": f"flow: f{n}\nsteps:\n  w: {{wait: 1s}}\n"
        f"  c: {{call: f{n + 1}, error: hangup}}\n"
        for n in range(300)
    }
    chain["flows/f300.yaml"] = "flow: f300\nsteps:\n  q: {queue: desk}\n"
    first = "steps:\n  c: {call: f0, error: hangup}\n"

    assert most(tmp_path, first, *chain.items()) == (300, 0)


def test_without_a_promise_nothing_is_told(tmp_path):
    quiet = FILES["site.yaml"].replace("human:", "# human:")

    assert most(tmp_path, CALLS, ("flows/sub.yaml", SUB), ("site.yaml", quiet)) is None


@dataclass(frozen=True)
class Recorded:
    """Recordings, all of them without a fault."""

    known: dict[str, float] = field(default_factory=dict)

    def seconds(self, clip):
        return self.known.get(clip.name)

    def faults(self, clip):
        return ()


def test_a_recording_counts_with_its_own_length(tmp_path):
    steps = "steps:\n  a: {say: two}\n  p: {queue: desk}\n"

    assert most(tmp_path, steps, sounds=Recorded({"en/two": 11.0})) == (11, 0)
    assert most(tmp_path, steps, sounds=Recorded({"en/three": 11.0})) == (2, 0)


def test_the_slowest_language_counts(tmp_path):
    both = FILES["site.yaml"].replace("[en]", "[en, zh-CN]")
    steps = "steps:\n  a: {say: two}\n  p: {queue: desk}\n"
    words = "two: 一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十\n"

    found = most(tmp_path, steps, ("site.yaml", both), ("prompts/zh-CN.yaml", words))

    assert found == (7, 0)  # thirty characters, 4.3 a second


def test_what_is_too_long_is_told_at_the_person_with_what_takes_most(tmp_path):
    files = {
        **FILES,
        "site.yaml": FILES["site.yaml"].replace("100000", "20"),
        "flows/main.yaml": "flow: main\nsteps:\n  a: {say: two}\n"
        "  m: {menu: two, keys: {1: p}, failed: p}\n  p: {queue: desk}\n",
    }

    [problem] = [
        str(p) for p in check_site(write(tmp_path, files)).problems if p.code == "H010"
    ]
    assert problem == (
        "flows/main.yaml:5:3: H010 until here a caller may need 26 s, and `human:` of "
        "site.yaml allows 20; most of it: m 24, a 2"
    )


# What must always hold ----------------------------------------------------------------

SIZE = 6
WAYS = st.lists(
    st.lists(st.integers(0, SIZE), min_size=1, max_size=3), min_size=SIZE, max_size=SIZE
)
WAITS = st.lists(st.integers(1, 60), min_size=SIZE, max_size=SIZE)
"""Where each step leads (`SIZE` is the person), and how long it waits."""


def measured(ways, waits):
    """The most seconds, as the checker tells them; None where nobody is reached."""
    steps = ["steps:"]
    for n, (targets, wait) in enumerate(zip(ways, waits, strict=True)):
        choices = [f"{{if: now.hour > {t}, then: {name(t)}}}" for t in targets[1:]]
        choices.append(f"{{else: {name(targets[0])}}}")
        steps.append(f"  w{n}: {{wait: {wait}s, then: c{n}}}")
        steps.append(f"  c{n}: {{choose: [{', '.join(choices)}]}}")
    steps.append("  person: {queue: desk}\n")
    with TemporaryDirectory() as folder:
        found = most(Path(folder), "\n".join(steps))
    return found and found[0]


def name(step):
    return "person" if step == SIZE else f"w{step}"


def simple_paths(ways, at=0, passed=()):
    """Every path to the person that meets no step twice."""
    if at == SIZE:
        yield passed
    elif at not in passed:
        for target in ways[at]:
            yield from simple_paths(ways, target, (*passed, at))


@settings(max_examples=25, deadline=None)
@given(WAYS, WAITS)
def test_no_path_is_longer_than_what_is_told_and_no_step_counts_twice(ways, waits):
    told = measured(ways, waits)
    paths = [sum(waits[n] for n in path) for path in simple_paths(ways)]

    if not paths:
        assert told is None
    else:
        assert max(paths) <= told <= sum(waits)


@settings(max_examples=25, deadline=None)
@given(WAYS, WAITS)
def test_without_circles_exactly_the_longest_path_is_told(ways, waits):
    downwards = [
        [min(SIZE, n + 1 + target % 4) for target in targets]
        for n, targets in enumerate(ways)
    ]

    longest = max(sum(waits[n] for n in path) for path in simple_paths(downwards))

    assert measured(downwards, waits) == longest


GRAPHS = st.lists(st.lists(st.integers(0, 7), max_size=4), min_size=8, max_size=8)


@given(GRAPHS)
def test_a_knot_is_what_leads_to_each_other_and_knots_come_in_order(graph):
    ways = {str(n): [str(t) for t in targets] for n, targets in enumerate(graph)}

    found = knots(ways)

    reached = {start: _reached(ways, start) for start in ways}
    assert sorted(step for knot in found for step in knot) == sorted(ways)
    for knot in found:
        for one, other in pairwise([*knot, knot[0]]):
            assert one == other or other in reached[one]
    for place, knot in enumerate(found):
        later = {step for after in found[place + 1 :] for step in after}
        assert not any(knot[0] in reached[step] for step in later)


def _reached(ways, start):
    found, todo = set(), list(ways[start])
    while todo:
        step = todo.pop()
        if step not in found:
            found.add(step)
            todo += ways[step]
    return found
