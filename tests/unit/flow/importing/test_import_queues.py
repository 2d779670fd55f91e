"""Asterisk's queues.conf, made into files of a site."""

import re
import time
from pathlib import Path

import pytest

from ivrflow.flow.importing.conf import LARGEST_CONF, read_conf
from ivrflow.flow.importing.options import GENERAL, QUEUE, STRATEGIES
from ivrflow.flow.importing.queues import import_queues
from ivrflow.flow.source import Severity


@pytest.fixture
def imported(tmp_path):
    def make(text, prompts=(), **more):
        path = tmp_path / "queues.conf"
        path.write_text(text, "utf-8")
        for name, included in more.items():
            (tmp_path / f"{name}.conf").write_text(included, "utf-8")
        return import_queues(path, prompts)

    return make


def told(made, severity=None):
    return "\n".join(
        str(p) for p in made.problems if severity is None or p.severity is severity
    )


# The format -----------------------------------------------------------------------


def test_templates_additions_and_comments_are_read_as_asterisk_reads_them(imported):
    made = imported(
        """\
;-- a comment
[no](!) --;
[base](!)
timeout = 12            ; seconds
strategy = linear
[sales](base)
strategy=rrmemory
music\\;class = x
[sales](+)
maxlen => 5
"""
    )

    assert made.queues["sales"] == {
        "title": {"en": "sales"},
        "choose": "round_robin",
        "ring": "12s",
        "longest_line": 5,
    }
    assert list(made.queues) == ["sales"]
    assert "'music;class' is no option" in told(made)


def test_plus_equals_adds_to_the_value_that_is_there(tmp_path):
    path = tmp_path / "q.conf"
    path.write_text("[a]\njoinempty = paused\njoinempty += ,inuse\n")
    (section,), problems = read_conf(path)

    assert problems == []
    assert section.last("joinempty").value == "paused,inuse"


def test_files_of_the_same_folder_are_included(imported):
    text = '[a]\n#include "more.conf"\n#tryinclude nothing.conf\n'
    made = imported(text, more="timeout = 7\n[b]\nmember => PJSIP/1001\n")

    assert made.queues["a"]["ring"] == "7s"
    assert [agent.queues for agent in made.agents] == [["b"]]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("#include /etc/passwd", "'/etc/passwd' lies outside the folder"),
        ("#include ../secret.conf", "'../secret.conf' lies outside the folder"),
        ("#include gone.conf", "there is no file 'gone.conf' to include"),
        ("#include queues.conf", "too many files include each other"),
        ("#exec rm -rf x", "#exec runs a program; run it yourself"),
        ("#pragma", "only #include and #tryinclude are known"),
        ("[b](nothing)", "[b] is based on 'nothing', which is not above it"),
        ("[b](+)", "[b](+) adds to a section that is not there"),
        ("[a;b", "is not a section; write [name]"),
        ("nonsense", "'nonsense': no `=` in it"),
    ],
)
def test_what_must_not_be_followed_or_can_not_be_read_is_an_error(
    imported, line, problem
):
    made = imported(f"[a]\n{line}\n")

    assert made.failed
    assert problem in told(made, Severity.ERROR)
    assert "queues.conf:2:1: I001" in told(made)


def test_a_link_out_of_the_folder_is_not_followed(imported, tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}-outside.conf"
    outside.write_text("[secret]\n")
    (tmp_path / "link.conf").symlink_to(outside)

    made = imported("[a]\n#include link.conf\n")

    assert "lies outside the folder" in told(made)
    assert list(made.queues) == ["a"]


def test_files_and_templates_can_not_grow_without_bound(imported):
    assert "is larger than 2,000,000 bytes" in told(imported("x" * (LARGEST_CONF + 1)))
    doubled = "[t0](!)\na=1\nb=2\n" + "".join(
        f"[t{n}](!,t{n - 1},t{n - 1})\n" for n in range(1, 60)
    )
    assert "more than 200,000 lines in all" in told(imported(doubled))
    grown = "[a]\n" + "musicclass += " + "x" * 5000 + "\n"
    grown += "musicclass += " + "x" * 5000 + "\n"
    assert "longer than" not in told(imported(grown))
    grown += ("musicclass += " + "x" * 5000 + "\n") * 5
    assert "musicclass: longer than 20,000 characters" in told(imported(grown))


def test_comments_in_many_files_are_not_read_for_ever(imported):
    commented = ";-- " + "x" * 1_900_000

    made = imported("#include more.conf\n" * 5, more=commented)

    assert "more than 5,000,000 bytes in all" in told(made)


@pytest.mark.parametrize("name", ["a\0b", "n" * 300])
def test_name_that_no_file_can_have_is_told(imported, name):
    made = imported(f"[a]\n#include {name}\n")

    assert "is no name of a file" in told(made)
    assert list(made.queues) == ["a"]


def test_a_file_of_a_hundred_thousand_sections_is_read_in_seconds(tmp_path):
    path = tmp_path / "queues.conf"
    path.write_text("".join(f"[s{n}]\nx=1\n" for n in range(99_000)))
    began = time.process_time()

    sections, problems = read_conf(path)

    assert (len(sections), problems) == (99_000, [])
    assert time.process_time() - began < 20


def test_thousands_of_phones_without_digits_get_a_number_each_in_seconds(imported):
    members = "".join(f"member => PJSIP/{letters(n)}\n" for n in range(6000))
    began = time.process_time()

    made = imported("[a]\n" + members)

    assert len({agent.number for agent in made.agents}) == 6000
    assert time.process_time() - began < 20


def letters(number):
    """*number* without digits."""
    return str(number).translate(str.maketrans("0123456789", "abcdefghij"))


# Options --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asterisk", "ours"),
    [
        ("ringall", "ring_all"),
        ("leastrecent", "longest_idle"),
        ("fewestcalls", "fewest_calls"),
        ("random", "random"),
        ("rrmemory", "round_robin"),
        ("rrordered", "round_robin"),
        ("linear", "in_order"),
        ("wrandom", "weighted_random"),
    ],
)
def test_each_strategy_has_a_counterpart(imported, asterisk, ours):
    assert imported(f"[a]\nstrategy={asterisk}\n").queues["a"]["choose"] == ours


def test_what_asterisk_does_when_nothing_is_written_is_written(imported):
    assert imported("[a]\n").queues["a"] == {
        "title": {"en": "a"},
        "choose": "ring_all",
        "ring": "15s",
    }


@pytest.mark.parametrize("option", sorted(set(GENERAL) | set(QUEUE)))
def test_each_option_that_is_set_is_carried_over_or_named_with_the_reason(
    imported, option
):
    if option == "member (penalty)":
        return
    values = {"strategy": "linear", "member": "PJSIP/7", "announce-frequency": "30"}
    section = "general" if option in GENERAL and option not in QUEUE else "a"
    made = imported(
        f"[a]\n[{section}](+)\n{option} = {values.get(option, '40')}\n"
        if section == "a"
        else f"[general]\n{option} = yes\n[a]\n"
    )
    plain = imported("[a]\n")

    named = f"{option}:" in told(made)
    carried = made.queues != plain.queues or made.agents != plain.agents
    depends = option in ("announce-position", "min-announce-frequency")
    assert named or carried or depends
    table = QUEUE if section == "a" else GENERAL
    assert named == (not table[option].key or option == "announce-frequency")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("[general]\nautofill = no\n[a]\n", True),
        ("[general]\nshared_lastcall = no\n[a]\n", True),
        ("[a]\nautopause = no\n", True),
        ("[a]\njoinempty = no\n", True),
        ("[a]\nannounce-to-first-user = no\n", True),
        ("[a]\nringinuse = no\n", False),  # as it is here
        ("[a]\nsetinterfacevar = no\n", False),  # does nothing
    ],
)
def test_a_no_that_can_not_be_here_is_named_too(imported, line, named):
    option = re.search(r"^([a-z_-]+) = no", line, re.MULTILINE)[1]
    assert (f"{option}:" in told(imported(line))) == named


def test_the_page_for_those_who_come_from_app_queue_has_each_option():
    page = (Path(__file__).parents[4] / "docs/coming-from.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", page, re.MULTILINE))

    for name, option in {**GENERAL, **QUEUE}.items():
        assert option.words in rows[name], name
        assert option.key in rows[name], name
    for asterisk, ours in STRATEGIES.items():
        assert rows[asterisk] == f"`{ours}`"


def test_an_option_that_does_not_exist_is_named(imported):
    assert "'stratgey' is no option of Asterisk 22; did you mean 'strategy'?" in told(
        imported("[a]\nstratgey = linear\n")
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("strategy = any", "I003 there is no strategy 'any'"),
        ("timeout = soon", "I003 timeout: 'soon' is not a number"),
        ("member => PJSIP/1,x", "I003 member: penalty 'x' is not a number"),
        ("member => ", "I003 member: it names no interface"),
        ("member => PJSIP/a b&c", "I003 member: 'PJSIP/a b&c' is no phone that can"),
        ("musicclass = ../x y", "I003 musicclass: '../x y' is no class"),
    ],
)
def test_a_value_that_can_not_be_carried_over_is_a_warning(imported, line, problem):
    made = imported(f"[a]\n{line}\n")

    assert not made.failed
    assert problem in told(made, Severity.WARNING)


# Names and members ----------------------------------------------------------------


def test_names_become_ours_and_stay_apart(imported):
    made = imported("[Help Desk]\n[help-desk]\n[1]\n[客服]\n[pauses]\n")

    assert list(made.queues) == [
        "help_desk",
        "help_desk_2",
        "queue_1",
        "queue",
        "pauses_2",
    ]
    assert "[Help Desk] is called help_desk here" in told(made)


def test_a_member_of_several_queues_is_one_agent(imported):
    made = imported(
        "[a]\nmember => PJSIP/1001,0,Ann\n[b]\nmember => PJSIP/1001\n"
        "member => SIP/1002\nmember => Agent/7\nmember => Local/33@x,0,Jo,PJSIP/33\n"
        "member => PJSIP/x1001\nmember => PJSIP/boss,0,,,no,10\n"
    )

    assert [(a.number, a.name, a.endpoint, a.queues) for a in made.agents] == [
        ("7", "Agent 7", "", ["b"]),
        ("33", "Jo", "PJSIP/33", ["b"]),
        ("1001", "Ann", "PJSIP/1001", ["a", "b"]),
        ("1002", "Agent 1002", "PJSIP/1002", ["b"]),
        ("9001", "Agent 9001", "PJSIP/x1001", ["b"]),
        ("9002", "Agent 9002", "PJSIP/boss", ["b"]),
    ]
    for remark in (
        "SIP/1002: written as PJSIP/1002",
        "PJSIP/x1001 is agent 9001: 1001 is another agent's",
        "PJSIP/boss is agent 9002: its name has no digits",
        "PJSIP/boss: ringinuse, wrapuptime and paused of a member are not kept",
        "AddQueueMember",
    ):
        assert remark in told(made)


def test_members_as_freepbx_writes_them_are_agents(imported):
    made = imported(
        "[a]\nmember=Local/1001@from-queue/n,0,Ann,hint:1001@ext-local\n"
        "member=Local/0571888@out/n,0,Bo\n"
    )

    assert [(a.number, a.name, a.endpoint) for a in made.agents] == [
        ("1001", "Ann", "PJSIP/1001"),
        ("0571888", "Bo", "Local/0571888@out"),
    ]
    assert "Local/1001@from-queue/n: taken as PJSIP/1001" in told(made)


def test_of_two_penalties_the_higher_one_is_the_reserve(imported):
    made = imported(
        "[a]\nstrategy=linear\nmember => PJSIP/1,1\nmember => PJSIP/2,7\n"
        "[b]\nmember => PJSIP/2,7\n"
    )

    assert [(a.queues, a.reserve, a.skills) for a in made.agents] == [
        (["a"], [], {}),
        (["b"], ["a"], {}),
    ]
    assert made.queues["a"]["choose"] == "in_order"
    assert "reserve: [a]" in made.agents_yaml()


def test_more_penalties_become_levels_of_a_skill(imported):
    made = imported(
        "[a]\nmember => PJSIP/1\nmember => PJSIP/2,5\nmember => PJSIP/3,9\n"
    )

    assert [agent.skills for agent in made.agents] == [{"a": 10}, {"a": 9}, {"a": 8}]
    assert made.queues["a"]["choose"] == "best_skill"
    assert "write `skills: {a: 1}` in the flow's `queue` step" in told(made)


def test_the_position_is_said_where_the_site_has_a_prompt_for_it(imported):
    text = "[a]\nannounce-frequency = 30\nannounce-position = yes\n"

    assert imported(text, prompts={"queue_position"}).queues["a"]["announce"] == [
        {"say": "queue_position", "every": "30s"}
    ]
    made = imported(text)
    assert "announce" not in made.queues["a"]
    assert "make a prompt queue_position" in told(made)


def test_words_of_the_file_can_not_become_keys_of_ours(imported):
    made = imported('[a]\nmember => PJSIP/1,0,"x: {y\n[b: {c]\n')

    assert 'name: "x: {y' in made.agents_yaml()
    assert '"b: {c"' in made.queues_yaml()
