"""The rules of the checker: each finds its mistake, at its place, and nothing else."""

import pytest
from small_site import FILES, check, serious, write

from ivrflow.flow.check import rules
from ivrflow.flow.load import check_site
from ivrflow.flow.source import Severity

MAIN, SUB, DATA = "flows/main.yaml", "flows/sub.yaml", "data.yaml"

MISTAKES = {
    "a target that leads nowhere": (
        [(MAIN, "2: desk}", "2: dsk}")],
        ["15:24: F020 no step of this flow is called 'dsk'; did you mean 'desk'?"],
    ),
    "an always-key that leads nowhere": (
        [(MAIN, "{0: desk}", "{0: dekc}")],
        ["2:13: F020 no step of this flow is called 'dekc'; did you mean 'desk'?"],
    ),
    "a step that nothing leads to": (
        [(MAIN, "timeout: box\n    ", "")],
        ["26:3: F021 nothing leads to 'box'"],
    ),
    "a circle in which nothing waits": (
        [(SUB, "  keep:", "  again: {say: 'Again.', then: find}\n  keep:")],
        [
            "5:3: F022 a circle in which nothing waits for the caller: find -> again "
            "-> "
            "find",
            "7:3: F021 nothing leads to 'keep'",
        ],
    ),
    "a flow that does not exist": (
        [(MAIN, "call: sub", "call: sup")],
        ["18:11: F025 there is no flow 'sup'; did you mean 'sub'?"],
    ),
    "a value that the called flow does not take": (
        [(MAIN, "{person: who}", "{persons: who}")],
        [
            "18:11: F026 the flow 'sub' takes 'person'; give it in `with:`",
            "19:12: F026 the flow 'sub' takes no 'persons'; did you mean 'person'?",
        ],
    ),
    "a value that is given and never set": (
        [(SUB, 'state: "${order.state}"', 'stat: "${order.state}"')],
        ["3:9: F026 the flow gives 'state', and no step of it sets that"],
    ),
    "a type that does not exist": (
        [(SUB, "person: people", "person: poeple")],
        ["2:17: F026 'person': there is no type 'poeple'; did you mean 'people'?"],
    ),
    "a step that can't run after the end": (
        [(MAIN, "on_end: last", "on_end: box")],
        [
            "27:3: F027 'voicemail' can't run in `on_end`: the caller has gone",
            "28:3: F021 nothing leads to 'last'",
        ],
    ),
    "a built-in name that is set": (
        [(SUB, "save: order", "save: agent"), (SUB, "${order.state}", "x")],
        ["5:54: F028 'agent' is built in and can't be set"],
    ),
    "a name that nothing sets": (
        [(MAIN, "with: {person: who}", "with: {person: whom}")],
        ["19:20: F024 nothing sets 'whom' in the flow 'main'; did you mean 'who'?"],
    ),
    "a built-in name's member that does not exist": (
        [(MAIN, "who: who.id", "who: call.form")],
        ["28:21: F024 'call' has no 'form'; did you mean 'from'?"],
    ),
    "a column that does not exist": (
        [(SUB, "person.id", "person.idd")],
        ["5:36: D014 'person' has no column 'idd'; did you mean 'id'?"],
    ),
    "a column that a called flow does not give": (
        [(MAIN, "found.state", "found.stat")],
        ["28:36: D014 'found' has no column 'stat'; did you mean 'state'?"],
    ),
    "a source that does not exist": (
        [(SUB, "lookup: order", "lookup: oder")],
        ["5:18: D010 data.yaml has no 'oder'; did you mean 'order'?"],
    ),
    "a source that stores where one is to look up": (
        [(SUB, "lookup: order", "lookup: marks")],
        ["5:18: D011 'marks' stores; this step wants a look-up"],
    ),
    "a look-up without a value that it needs": (
        [(SUB, "{id: person.id}", "{}")],
        ["5:18: D015 'order' needs the value 'id'; give it in `with:`"],
    ),
    "a look-up with a value that it does not need": (
        [(SUB, "{id: person.id}", "{id: person.id, nr: 1}")],
        ["5:47: D015 'order' has no use for 'nr'"],
    ),
    "a way on from the end of the call": (
        [(MAIN, "greet: {say: hello}", "greet: {hangup: hello, then: which}")],
        ["12:32: F029 'hangup' ends the call; take this `then:` out"],
    ),
    "a prompt that does not exist": (
        [(MAIN, "say: hello", "say: helo")],
        ["12:16: P010 there is no prompt 'helo'; did you mean 'hello'?"],
    ),
    "a secret that is logged": (
        [(MAIN, "who: who.id", "who: who.pin")],
        ["28:21: S010 'who.pin' is secret, or holds a secret: it can't be logged"],
    ),
    "a whole row with secrets that is logged": (
        [(MAIN, "who: who.id", "who: who")],
        ["28:21: S010 'who' is secret, or holds a secret: it can't be logged"],
    ),
    "a secret that a called flow looks up with": (
        [(SUB, "person.id", "person.pin")],
        [
            "5:36: S010 'person.pin' is secret, or holds a secret: it can't be "
            "looked up "
            "with"
        ],
    ),
    "a masked number in a url": (
        [(SUB, "person.id", "person.card")],
        [
            "5:36: S010 'person.card' is masked: it can't be a part of a URL or a "
            "header: let the source `post` it; it may be looked up with, stored, said "
            "to the caller, and shown by its end"
        ],
    ),
    "a secret that takes another name first": (
        [
            (MAIN, "say: hello}", 'set: {x: "${who.pin}"}}\n  said: {say: "My ${x}"}'),
        ],
        ["13:21: S010 'x' is secret, or holds a secret: it can't be said"],
    ),
    "a secret that is given back": (
        [(SUB, "${order.state}", "${person.pin}")],
        ["3:9: S010 'state' is secret: a flow can't give it back"],
    ),
    "a language that the site does not have": (
        [(MAIN, "2: desk}", "2: {set: {language: fr}, then: desk}}")],
        ["15:41: P014 the site has no language 'fr'; it has: en"],
    ),
    "a skill that no agent has": (
        [(MAIN, "{mail: 2}", "{post: 2}")],
        ["24:14: Q012 no agent of 'desk' has the skill 'post'"],
    ),
    "a skill at a level that no agent has": (
        [(MAIN, "{mail: 2}", "{mail: 4}")],
        ["24:20: Q012 no agent of 'desk' has mail at level 4"],
    ),
    "a level that is lowered to what is asked for": (
        [(MAIN, "{mail: 2}", "{mail: 2}\n    widen: [{after: 9s, lower: {mail: 3}}]")],
        [
            "25:33: Q012 mail at level 3 gives nothing up: this step asks for level 2",
        ],
    ),
    "a queue that does not exist": (
        [(MAIN, "queue: desk", "queue: dsk")],
        [
            "23:12: Q010 queues.yaml has no queue 'dsk'; did you mean 'desk'?",
            "24:14: Q012 no agent of 'dsk' has the skill 'mail'",
        ],
    ),
    "a mailbox that does not exist": (
        [(MAIN, "voicemail: box", "voicemail: bx")],
        ["27:20: Q011 mailboxes.yaml has no mailbox 'bx'; did you mean 'box'?"],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_the_checker_finds(tmp_path, name):
    changes, expected = MISTAKES[name]
    file = changes[0][0]

    found = serious(check(tmp_path, *changes))

    assert found == [f"{file}:{line}" for line in expected]


ELSEWHERE = {
    "a number that leads to no flow": (
        ("numbers.yaml", "main", "mane"),
        "numbers.yaml:1:15: F025 there is no flow 'mane'; did you mean 'main'?",
    ),
    "a number that leads to a flow which takes values": (
        ("numbers.yaml", "main", "sub"),
        "numbers.yaml:1:15: F026 the flow 'sub' takes 'person'; no caller has that",
    ),
    "a switch that does not exist": (
        ("hours.yaml", "closed_by: shut", "closed_by: shot"),
        "hours.yaml:3:14: T011 switches.yaml has no switch 'shot'; did you mean "
        "'shut'?",
    ),
    "an announcement that does not exist": (
        ("queues.yaml", "say: waiting", "say: waitin"),
        "queues.yaml:1:38: P010 there is no prompt 'waitin'; did you mean 'waiting'?",
    ),
    "a choice that the menu does not offer": (
        ("prompts/en.yaml", "tell: For", "tel: For"),
        "prompts/en.yaml:5:18: P012 no key of the menu leads to 'tel', so this is "
        "never "
        "said; did you mean 'tell'?",
    ),
    "a prompt that says a column which does not exist": (
        ("prompts/en.yaml", "who.name", "who.nam"),
        "prompts/en.yaml:1:16: D014 'who' has no column 'nam'; did you mean 'name'?",
    ),
    "a prompt that says a secret": (
        ("prompts/en.yaml", "${who.name}", "${who.pin | digits}"),
        "prompts/en.yaml:1:16: S010 'who.pin' is secret, or holds a secret: it can't "
        "be "
        "said",
    ),
    "a host that is not allowed": (
        (DATA, "erp.example.com", "crm.example.com"),
        "data.yaml:8:8: D016 the host 'crm.example.com' is not in `hosts:` of "
        "site.yaml",
    ),
    "a host that a caller could choose": (
        (DATA, "https://erp.example.com/", "https://${id}/"),
        "data.yaml:8:8: D016 a URL begins with https://HOST/, and HOST is written out",
    ),
    "a source without a proof for authenticate": (
        (DATA, "  verify: {pin: pin_hash}\n", ""),
        "flows/main.yaml:7:19: D011 'people' has no `verify:`, so no PIN can be proved",
    ),
    "a team that does not exist": (
        ("agents.yaml", "name: Li", "name: Li, team: north"),
        "agents.yaml:2:25: Q014 there is no team 'north'",
    ),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_checker_finds_beside_the_flows(tmp_path, name):
    change, expected = ELSEWHERE[name]

    assert any(
        line.startswith(expected) for line in serious(check(tmp_path, change))
    ), serious(check(tmp_path, change))


def test_a_prompt_that_is_wrong_is_not_missing_as_well(tmp_path):
    change = ("prompts/en.yaml", "${who.name}", "${who.name")

    [found] = serious(check(tmp_path, change))

    assert "P001 '${' is never closed" in found


def warnings(report):
    return [str(p) for p in report.of(Severity.WARNING)]


def test_a_prompt_that_one_language_lacks_is_a_warning(tmp_path):
    files = {
        **FILES,
        "site.yaml": FILES["site.yaml"].replace("[en]", "[en, zh-CN]"),
        "prompts/zh-CN.yaml": FILES["prompts/en.yaml"].replace(
            "pin: Your PIN, please.\n", ""
        ),
    }

    report = check_site(write(tmp_path, files))

    assert report.site is not None
    assert warnings(report) == [
        "prompts/zh-CN.yaml:1:1: P011 the prompt 'pin' is missing; callers hear it in "
        "en"
    ]


def test_a_source_without_a_timeout_is_a_warning(tmp_path):
    report = check(tmp_path, (DATA, "insert: marks, timeout: 2s", "insert: marks"))

    assert report.site is not None
    assert warnings(report) == [
        "data.yaml:11:8: D013 'marks' has no `timeout:`; write 2s or so"
    ]


def test_who_supervises_with_the_role_of_an_agent_is_a_warning(tmp_path):
    teams = 'teams: {north: {supervised_by: ["1"]}}\nagents:'
    report = check(tmp_path, ("agents.yaml", "agents:", teams))

    assert warnings(report) == [
        "agents.yaml:1:33: Q014 agent '1' has role agent, and leads nobody; write "
        "role: supervisor"
    ]


def test_a_queue_that_nobody_serves_is_a_warning(tmp_path):
    report = check(tmp_path, ("queues.yaml", "desk:", "other: {}\ndesk:"))

    assert warnings(report) == [
        "queues.yaml:1:1: Q013 no agent of agents.yaml serves the queue 'other'"
    ]


def test_a_key_that_no_words_tell_of_is_a_warning(tmp_path):
    report = check(tmp_path, (MAIN, "2: desk}", "2: desk, 3: greet}"))

    assert warnings(report) == [
        "flows/main.yaml:15:30: P013 `choices:` of 'which' has no phrase for 'greet' "
        "in en"
    ]


def test_every_rule_has_its_manual_which_begins_with_its_code():
    found = list(rules())

    codes = [rule.__doc__.split(":")[0] for rule in found]
    assert len(set(codes)) == len(codes) > 20
    for rule in found:
        first = rule.__doc__.splitlines()[0]
        assert first[0] in "YFPTDSHQ", rule.__name__
        assert first.endswith((".", "(a warning).", "(a note).")), rule.__name__
        assert len(rule.__doc__.splitlines()) > 2, rule.__name__
