"""What the checker proves of values: their types, and that they are set."""

import textwrap

import pytest
from manual_site import FILES, site_of
from small_site import write

from ivrflow.flow.load import check_site
from ivrflow.flow.source import Severity

FIND = """\
find: {lookup: order, with: {id: 5}, save: order, not_found: hangup, error: hangup}
"""


def errors(folder, example):
    problems = check_site(write(folder, site_of(example))).problems
    return [f"{p.code} {p.message}" for p in problems if p.severity is Severity.ERROR]


UNLIKE = {
    "order.due == 5": "'order.due' (a date) is compared with 5 (a number)",
    "order.due < '2026-03-15'": "",
    "order.due < 'soon'": (
        "'order.due' (a date) is compared with soon (a text); write it as '2026-03-15' "
        "or '08:30', or declare its type"
    ),
    "order.number == 5": (
        "'order.number' (a text) is compared with 5 (a number); write '5' in quotes, "
        "or declare it as number"
    ),
    "order.number == '5'": "",
    "number(order.number) == 5": "",
    "order.state in ['sent', 'lots']": "'order.state' is never 'lots'",
    "order.state != 'gone'": "'order.state' is never 'gone'; only lost, sent",
    "now.weekday == 'sunday'": "'now.weekday' is never 'sunday'; did you mean 'sun'?",
    "language == 'fr'": "'language' is never 'fr'; only en",
    "order.amount > 100": "",
    "order.amount": "'order.amount' (an amount of money) is no yes or no; compare it",
    "not order.amount": "'order.amount' (an amount of money) is no yes or no; compare",
    "switch.shut and hours.office.open": "",
    "switch.shut > 1": "'switch.shut' (yes or no) is compared with 1 (a number)",
    "order.amount + order.state > 5": "'order.state' (a text) can't be reckoned with",
    "order.due - now.date > 3": "",
    "order.due + 1 > now.date": "",
    "call.started > now.date": (
        "'call.started' (a date with its time) is compared with 'now.date' (a date)"
    ),
    "order.amount > none": "nothing is > none; ask `== none` or `!= none`",
    "len(order.amount) > 2": "'order.amount' (an amount of money) has no length",
    "order.state.name == 'x'": "'order.state' (a text) has no columns",
    "choose(order.amount, 1, 2) == 1": "'order.amount' (an amount of money) is no yes",
    "default(order.amount, 0) > 1": "",
    "2 in order.amount": "nothing can be in an amount of money",
    "hours['office'].open": "",
    "hours['office'].opens": "a date with its time is no yes",
    "1 <= order.number <= 5": "1 (a number) is compared with 'order.number' (a text)",
}


@pytest.mark.parametrize("condition", UNLIKE)
def test_a_condition(tmp_path, condition):
    steps = f"{FIND}tell:\n  say:\n    - if: {condition}\n      say: hello\n"

    found = errors(tmp_path, steps)

    if UNLIKE[condition]:
        assert len(found) >= 1
        assert f"F030 {UNLIKE[condition]}" in found[0]
    else:
        assert found == []


def test_an_entry_counts_as_a_number_and_as_a_text(tmp_path):
    steps = """\
score: {ask: enter, digits: 1, check: 1 <= score <= 5, save: score, failed: hangup}
judge: {set: {better: "${score + 1}"}}
tell:
  say:
    - if: better > 3 and starts_with(score, '4')
      say: "${score | digits}"
"""
    assert errors(tmp_path, steps) == []


def test_a_check_is_yes_or_no(tmp_path):
    steps = "score: {ask: enter, digits: 1, check: entry + 1, failed: hangup}\n"

    assert errors(tmp_path, steps) == ["F030 a number is no yes or no; compare it"]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("order.amount", ""),
        ("call.from", "a phone number where a number is wanted"),
        ("order.due", "a date where a number is wanted"),
        ("order", "a record where a number is wanted"),
        ("\"'12'\"", ""),
        ("\"'x'\"", "a text where a number is wanted"),
    ],
)
def test_what_a_flow_takes_has_its_type(tmp_path, value, fault):
    found = errors(tmp_path, f"{FIND}go: {{call: look, with: {{id: {value}}}}}\n")

    assert found == ([f"F030 the flow 'look' takes 'id': {fault}"] if fault else [])


def test_what_a_flow_gives_has_its_type(tmp_path):
    look = FILES["flows/look.yaml"].replace(
        "gives: {state: text}", "gives: {state: date}"
    )

    assert errors(tmp_path, f"# flows/look.yaml\n{look}") == [
        "F030 the flow gives 'state': a text where a date is wanted"
    ]


@pytest.mark.parametrize(
    ("slot", "fault"),
    [
        ("order.amount | money", ""),
        ("order.due | digits", "'order.due' is a date: the filter 'digits' can't say"),
        ("order | text", "'order' is a record: name the column that is to be said"),
        ("switch.shut", "'switch.shut' is yes or no: write `{if: ..., say: ...}`"),
        ("call.from | phone", ""),
        ("call.started | time", ""),
        ("order.number | ordinal", "'order.number' is a text: the filter 'ordinal'"),
    ],
)
def test_a_filter_says_its_value(tmp_path, slot, fault):
    found = errors(tmp_path, f'{FIND}tell: {{say: "It is ${{{slot}}}."}}\n')

    assert len(found) == bool(fault)
    assert all(f"F033 {fault}" in line for line in found)


def test_a_table_has_words_for_every_value(tmp_path):
    tell = 'tell: {say: "It is ${order.state | word states}."}\n'
    example = f"""\
# prompts/en.yaml
hello: Hello.
states: {{sent: on its way}}
# flows/main.yaml
flow: main
steps:
{textwrap.indent(FIND + tell, "  ")}"""

    found = errors(tmp_path, example)

    assert found == [
        "F033 the table 'states' has no words for 'lost' in en; 'order.state' can be "
        "that"
    ]


TELL = 'tell: {say: "It is ${order.state}."}\n'
PATHS = {
    "through an outcome": (
        "find: {lookup: order, with: {id: 5}, save: order, not_found: tell}\n" + TELL,
        "'order' may be unset here: find (not_found) -> tell does not set it",
    ),
    "past a key": (
        "pick: {menu: which, keys: {1: find, 2: tell}, failed: hangup}\n" + FIND + TELL,
        "'order' may be unset here: pick (key 2) -> tell does not set it",
    ),
    "not at all": (
        'tell: {say: "It is ${order.state}."}\nfind: {lookup: order, with: {id: 5}, '
        "save: order}\n",
        "'order' may be unset here: nothing stands before 'tell'",
    ),
    "under a condition that proves it": (
        "find: {lookup: order, with: {id: 5}, save: order, not_found: tell}\n"
        'tell: {say: [{if: order != none, say: "It is ${order.state}."}]}\n',
        "",
    ),
    "behind a key whose condition proves it": (
        "find: {lookup: order, with: {id: 5}, save: order, not_found: pick}\n"
        "pick:\n  menu: which\n  keys: {1: {then: tell, if: order.amount > 1}}\n"
        "  failed: hangup\n" + TELL,
        "",
    ),
    "with something instead": (
        "find: {lookup: order, with: {id: 5}, save: order, not_found: tell}\n"
        'tell: {say: "It is ${default(order.number, 0)}."}\n',
        "",
    ),
    "set from what may be unset": (
        "find: {lookup: order, with: {id: 5}, save: order, not_found: keep}\n"
        'keep: {set: {state: "${order.state}"}}\n'
        'tell: {say: "It is ${state}."}\n',
        "'state' may be unset here: find (not_found) -> keep -> tell does not set it",
    ),
    "set on both ways": (
        "find: {lookup: order, with: {id: 5}, save: order, not_found: none_there}\n"
        'keep: {set: {state: "${order.state}"}, then: tell}\n'
        "none_there: {set: {state: gone}}\n"
        'tell: {say: "It is ${state}."}\n',
        "",
    ),
    "looked up with": (
        "score: {ask: enter, digits: 1, save: score, failed: find}\n"
        "find: {lookup: order, with: {id: score}, not_found: hangup}\n",
        "'score' may be unset here: score (failed) -> find does not set it",
    ),
    "only logged": (
        "score: {ask: enter, digits: 1, save: score, failed: note}\n"
        "note: {log: {score: score}}\n",
        "",
    ),
}


@pytest.mark.parametrize("name", PATHS)
def test_what_may_be_unset(tmp_path, name):
    steps, message = PATHS[name]

    found = [line for line in errors(tmp_path, steps) if line.startswith("F031")]

    assert [line.split("; set it there")[0] for line in found] == (
        [f"F031 {message}"] if message else []
    )


def test_an_error_of_the_flow_is_a_path_too(tmp_path):
    example = f"""\
# flows/main.yaml
flow: main
on_error: tell
steps:
{textwrap.indent(FIND.replace(", error: hangup", "") + TELL, "  ")}"""

    assert errors(tmp_path, example) == [
        "F031 'order' may be unset here: find (error) -> tell does not set it; "
        "set it there, or ask `if: order != none` first"
    ]


def test_a_key_that_always_works_is_a_path_too(tmp_path):
    steps = "pick: {menu: which, keys: {1: find}, failed: hangup}\n" + FIND + TELL
    example = f"""\
# flows/main.yaml
flow: main
always: {{9: tell}}
steps:
{textwrap.indent(steps, "  ")}"""

    assert errors(tmp_path, example) == [
        "F031 'order' may be unset here: pick (key 9) -> tell does not set it; "
        "set it there, or ask `if: order != none` first"
    ]


CALLING = """\
# flows/look.yaml
flow: look
takes: {id: number}
gives: {state: text}
steps:
  find: {lookup: order, with: {id: id}, save: order, not_found: %s, error: hangup}
  keep: {set: {state: "${order.state}"}}
# flows/main.yaml
flow: main
steps:
  score: {ask: enter, digits: 1, save: score, failed: %s}
  go: {call: look, with: {id: score}, save: found, error: hangup}
  tell: {say: "It is ${found.state}."}
"""


def test_what_a_called_flow_gives_may_be_unset_on_one_of_its_ways(tmp_path):
    assert errors(tmp_path / "1", CALLING % ("hangup", "hangup")) == []
    assert errors(tmp_path / "2", CALLING % ("return", "hangup")) == [
        "F031 'found.state' may be unset here: score -> go -> tell does not set it; "
        "set it there, or ask `if: found.state != none` first"
    ]


def test_what_a_flow_takes_may_be_unset_where_it_is_called(tmp_path):
    assert errors(tmp_path, CALLING % ("hangup", "go")) == [
        "F031 'id' may be unset here: a flow that calls 'look' may hand in nothing; "
        "set it there, or ask `if: id != none` first"
    ]


BRANCH = """\
# data.yaml
branch:
  get: https://erp.example.com/branch/${{id}}
  gives: {{desk: {gives}}}
  timeout: 2s
# flows/main.yaml
flow: main
steps:
  find: {{lookup: branch, with: {{id: 5}}, save: branch, not_found: hangup}}
  wait: {{queue: "{queue}", skills: {{mail: 3}}}}
"""


@pytest.mark.parametrize(
    ("gives", "queue", "fault"),
    [
        ("{one_of: [desk, sales]}", "${branch.desk}", ""),
        (
            "text",
            "${branch.desk}",
            "nobody can prove that 'branch.desk' names something",
        ),
        (
            "{one_of: [desk, sails]}",
            "${branch.desk}",
            "can be 'sails', and queues.yaml",
        ),
        ("{one_of: [sk]}", "de${branch.desk}", ""),
        ("{one_of: [sk, st]}", "de${branch.desk}", "can be 'dest', and queues.yaml"),
    ],
)
def test_a_queue_from_the_data_is_proved(tmp_path, gives, queue, fault):
    found = errors(tmp_path, BRANCH.format(gives=gives, queue=queue))

    assert bool(found) == bool(fault)
    assert not fault or any(line[:4] == "F032" and fault in line for line in found)


def test_flows_that_call_each_other_in_a_circle_are_a_warning(tmp_path):
    example = """\
# flows/look.yaml
flow: look
steps:
  go: {call: closing}
# flows/closing.yaml
flow: closing
steps:
  go: {call: look}
"""
    problems = check_site(write(tmp_path, site_of(example))).problems

    assert [str(p) for p in problems if p.code == "F034"] == [
        "flows/closing.yaml:3:14: F034 flows call each other in a circle: closing -> "
        "look -> closing; lead back by `return`"
    ]


# What is set without a declaration --------------------------------------------------


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("no", ""),
        ("yes", ""),
        ("none", ""),
        ('"no"', "'urgent' (a text) is no yes or no; compare it"),
    ],
)
def test_plain_yes_and_no_are_no_texts(tmp_path, value, fault):
    found = errors(
        tmp_path,
        f"set_it: {{set: {{urgent: {value}}}}}\n"
        "then_it: {choose: [{if: urgent, then: hangup}, {else: hangup}]}\n",
    )

    assert [one for one in found if "F030" in one] == (
        [f"F030 {fault}"] if fault else []
    )


@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        ("{set: {to: 'PJSIP/${order}'}}", True),
        ("{transfer: '${order}'}", True),
        ("{store: marks, with: {a: order}}", True),
        ("{set: {to: '${order}'}}", False),
        ("{log: {all: order}}", False),
        ("{set: {to: 'PJSIP/${order.number}'}}", False),
    ],
)
def test_a_record_is_no_part_of_a_text(tmp_path, step, wanted):
    found = errors(tmp_path, f"{FIND}use: {step}\n")

    assert [one for one in found if "F030" in one] == (
        [
            "F030 'order' is a record, and one value is wanted; name the column: "
            "order.number, order.state, order.due, order.amount"
        ]
        if wanted
        else []
    )


# Built-in names that may be none ------------------------------------------------------


def warned(folder, example):
    problems = check_site(write(folder, site_of(example))).problems
    return [
        p.message.partition(":")[0]
        for p in problems
        if p.code == "F031" and p.severity is Severity.WARNING
    ]


@pytest.mark.parametrize(
    ("steps", "name"),
    [
        ('a: {say: "You are ${call.from | phone}."}', "call.from"),
        ("a: {lookup: order, with: {id: call.from}, error: hangup}", "call.from"),
        ('a: {say: [{if: call.from != none, say: "${call.from | phone}"}]}', ""),
        ("a: {log: {from: call.from}}", ""),
        ('a: {say: "Agent ${agent.number | digits}."}', "agent"),
        ('a: {queue: desk}\nb: {say: "Agent ${agent.number | digits}."}', ""),
        ('a: {say: "${queue.position | number}"}', "queue"),
        ('a: {queue: desk, whisper: "${queue.waited | minutes}"}', ""),
        ("a: {call: closing, error: hangup}", ""),
    ],
)
def test_what_every_call_has_may_be_none(tmp_path, steps, name):
    assert warned(tmp_path, f"{steps}\n") == (
        [f"{name!r} may be none here"] if name else []
    )


CALLED = """\
# flows/main.yaml
flow: main
steps:
  ask: {choose: [{if: call.from == none, then: hangup}, {else: go}]}
  go: {call: closing, error: hangup}
# flows/closing.yaml
flow: closing
steps:
  bye: {say: "You are ${call.from | phone}."}
"""


def test_what_all_callers_have_proved_holds_in_the_flow_that_they_call(tmp_path):
    assert warned(tmp_path / "1", CALLED) == []
    unproved = CALLED.replace("{if: call.from == none, then: hangup}, ", "")
    assert warned(tmp_path / "2", unproved) == ["'call.from' may be none here"]


OWN = """\
# data.yaml
orders:
  get: https://erp.example.com/orders
  many: 5
  gives: {state: text}
  timeout: 2s
# flows/main.yaml
flow: main
steps:
  some: {lookup: orders, save: rows, not_found: hangup, error: hangup}
  list:
    browse: rows
    as: found
    say: "It is ${found.state}."
    keys: {1: look, 2: next}
    end: hangup
    none: hangup
    failed: hangup
  look: {call: look, with: {id: 5}, save: found, then: list, error: list}
"""


def test_the_item_that_is_said_is_set_whatever_else_has_its_name(tmp_path):
    assert [e for e in errors(tmp_path, OWN) if "F031" in e] == []
