"""Every row of a talk: it passes where it is so, and fails where it is not.

Each case is a talk that goes as written, and one change of it that must be noticed.
"""

import re
from pathlib import Path

import pytest

from ivrflow.flow.load import load_site
from ivrflow.sim.rehearsal.model import Move, Talk
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse
from ivrflow.sim.rehearsal.verdict import told
from ivrflow.sim.rehearsal.wanted import (
    Left,
    Mail,
    Message,
    Never,
    Posted,
    Queued,
    Served,
    Wish,
)

FLOWS = Path(__file__).parents[3] / "flows"
HOTLINE = load_site(FLOWS / "hotline")
BANK = load_site(FLOWS / "bank")
BRANCHES = load_site(FLOWS / "branches")

AT_TEN = "at: 2026-03-02 10:00\n"
CUSTOMER = "customer: {id: 7, name: Li, district: north, level: 1}"
WAITING = f"{AT_TEN}given: {{step: wait_for_agent, language: en, {CUSTOMER}}}\n"
MENU = f"{AT_TEN}given: {{step: main_menu, language: en, {CUSTOMER}}}\n"
IDENTIFY = f"{AT_TEN}given: {{step: identify, language: en}}\n"
CARD = 'keys: "330106123459"'
ENTERED = f'{CARD}}}, {{keys: "246810"'

ROWS = {
    "at": (
        "at: 2026-03-02 10:00\ngiven: {step: agent}\ntalk: [{hears: queue_position}]",
        ("10:00", "23:00"),
    ),
    "caller": (
        "caller: '13812345678'\ngiven: {step: call_me_back, language: en}\n"
        "talk: [{hears: confirm_number}]",
        ("'13812345678'", "withheld"),
    ),
    "given": (
        f"{MENU}data: {{balance: not found}}\n"
        "talk: [{keys: 1}, {hears: no_account}]",
        ("main_menu", "language"),
    ),
    "given, a variable": (
        f"{MENU}talk: [{{keys: 3}}, {{hears: main_menu.wrong}}]",
        ("level: 1", "level: 2"),
    ),
    "data, a row": (
        f"{MENU}data: {{balance: {{amount: 5, due: 2026-03-15}}}}\n"
        "talk: [{keys: 1}, {says: 'Your balance is five yuan, due on March the "
        "fifteenth.'}]",
        ("amount: 5", "amount: 6"),
    ),
    "data, not found": (
        f"{MENU}data: {{balance: not found}}\n"
        "talk: [{keys: 1}, {hears: no_account}]",
        ("not found", "error"),
    ),
    "data, error": (
        f"{MENU}data: {{balance: error}}\n"
        "talk: [{keys: 1}, {hears: system_trouble}]",
        ("error", "not found"),
    ),
    "data, slow": (
        f"{AT_TEN}given: {{step: orders, language: en, {CUSTOMER}}}\n"
        "data: {last_order: slow}\n"
        "talk: [{hears: one_moment}, {hears: try_later}]",
        ("slow", "error"),  # an error comes at once, before anybody is asked to wait
    ),
    "data, wrong": (
        f"{IDENTIFY}data: {{retailers: wrong}}\n"
        f"talk: [{{{ENTERED}}}, {{hears: enter_pin.wrong}}]",
        ("wrong}\n", "{id: 7}}\n"),
    ),
    "data, locked": (
        f"{IDENTIFY}data: {{retailers: locked}}\n"
        f"talk: [{{{ENTERED}}}, {{hears: card_locked}}]",
        ("locked}\n", "wrong}\n"),
    ),
    "data, a row with its verify column": (
        f"{IDENTIFY}data: {{retailers: {{id: 7, pin_hash: '246810'}}}}\n"
        f"talk: [{{{ENTERED}}}, {{hears: main_menu}}]",
        ("pin_hash: '246810'", "pin_hash: '246811'"),
    ),
    "data, in turn": (
        f"{MENU}data: {{balance: {{in turn: [not found, {{amount: 5, due: 2026-03-15}}]"
        "}}\ntalk: [{keys: 1}, {hears: no_account}, {keys: 1}, {hears: your_balance}]",
        ("in turn: [not found, {", "in turn: [not found, not found, {"),
    ),
    "agents, ready": (
        f"{WAITING}agents: {{'1003': ready}}\ntalk: [{{agent: 1003 answers}}]",
        ("ready", "busy"),
    ),
    "agents, out": (
        f"{WAITING}agents: {{'1001': out, '1002': out, '1003': out}}\n"
        "talk: [{hears: nobody_free}]\nnever: {said: [queue_position]}",
        ("'1003': out", "'1003': busy"),
    ),
    "agent rejects": (
        f"{WAITING}agents: {{'1003': ready}}\n"
        "talk: [{agent: 1003 rejects}, {hears: queue_position}]",
        ("rejects", "answers"),
    ),
    "agent hangs up": (
        f"{WAITING}agents: {{'1003': ready}}\n"
        "talk: [{agent: 1003 answers}, {waits: 20s}, {agent: 1003 hangs up}, "
        "{hears: rate_agent}]",
        (", {agent: 1003 hangs up}", ""),
    ),
    "hears": (
        "talk: [{hears: welcome}, {hears: choose_language}, {keys: 1}, "
        "{hears: enter_card}]",
        ("{hears: enter_card}", "{hears: enter_pin}"),
    ),
    "hears, a variant": (
        f"{IDENTIFY}talk: [{{waits: 12s}}, {{hears: enter_card.silent}}]",
        ("enter_card.silent", "enter_card.wrong"),
    ),
    "says": (
        f"{IDENTIFY}talk: [{{says: 'please enter your TWELVE digit licence number'}}]",
        ("TWELVE", "eleven"),
    ),
    "keys": (
        f"{MENU}talk: [{{keys: 7}}, {{hears: main_menu.wrong}}]",
        ("keys: 7", "keys: 0"),
    ),
    "waits": (
        f"{WAITING}talk: [{{waits: 310s}}, {{keys: 2}}, {{hears: confirm_number}}]\n"
        "left: {how: timeout}",
        ("310s", "100s"),
    ),
    "speaks": (
        f"{AT_TEN}given: {{step: leave_message}}\n"
        "talk: [{speaks: 12s}, {hangs up: caller}]\nvoicemail: {seconds: 12}",
        ("speaks: 12s", "speaks: 11s"),
    ),
    "hangs up, the caller": (
        f"{MENU}talk: [{{hears: main_menu}}, {{hangs up: caller}}]\nends in: main_menu",
        ("{hangs up: caller}", "{waits: 60s}"),
    ),
    "hangs up, the flow": (
        f"{AT_TEN}given: {{step: goodbye}}\n"
        "talk: [{hangs up: flow}]\nends in: goodbye",
        ("hangs up: flow", "hangs up: caller"),
    ),
    "queued": (
        f"{WAITING}talk: [{{hears: queue_position}}]\n"
        "queued: {queue: service, skills: {language: en}, priority: 1, position: 1}",
        ("skills: {language: en}", "skills: {language: zh-CN}"),
    ),
    "queued, its priority": (
        f"{WAITING}talk: [{{hears: queue_position}}]\nqueued: {{priority: 1}}",
        ("priority: 1", "priority: 2"),
    ),
    "served": (
        f"{WAITING}agents: {{'1002': ready}}\ntalk: [{{agent: 1002 answers}}]\n"
        "served: {queue: service, agent: '1002', waited: 60}",
        ("waited: 60", "waited: 0"),
    ),
    "left": (
        f"{WAITING}talk: [{{hears: queue_position}}, {{keys: 1}}]\n"
        "left: {queue: service, how: key}",
        ("how: key", "how: timeout"),
    ),
    "shown": (
        f"{WAITING}agents: {{'1003': ready}}\ntalk: [{{agent: 1003 answers}}]\n"
        "shown: {retailer: 7, name: Li}",
        ("name: Li", "name: Lu"),
    ),
    "waiting": (
        f"{WAITING}waiting: {{service: 2}}\ntalk: [{{hears: queue_position}}]\n"
        "queued: {position: 3}",
        ("service: 2", "service: 1"),
    ),
    "wrong_pins": (
        f"{IDENTIFY}wrong_pins: {{count: 4, ago: 1h}}\ndata: {{retailers: wrong}}\n"
        f"talk: [{{{ENTERED}}}, {{keys: '246810'}}, {{hears: card_locked}}]",
        ("count: 4, ago: 1h", "count: 4, ago: 25h"),
    ),
    "talked": (
        f"{WAITING.replace(': en', ': zh-CN', 1)}"
        "agents: {'1001': ready, '1003': ready}\n"
        "talked: {'1003': 1d}\ntalk: [{agent: 1003 answers}]\nserved: {waited: 0}",
        ("talked: {'1003': 1d}", "talked: {'1003': 8d}"),
    ),
    "voicemail": (
        f"{AT_TEN}given: {{step: leave_message}}\n"
        "talk: [{speaks: 5s}, {hangs up: caller}]\n"
        "voicemail: {box: service, urgent: no}",
        ("urgent: no", "urgent: yes"),
    ),
    "email": (
        f"{AT_TEN}given: {{step: leave_message}}\n"
        "talk: [{speaks: 5s}, {hangs up: caller}]\n"
        "email: {to: duty@example.com, attach: wav}",
        ("duty@", "nobody@"),
    ),
    "stored": (
        f"{AT_TEN}given: {{step: survey}}\ntalk: [{{keys: 4}}, {{hears: thanks}}]\n"
        "stored: {survey: {score: 4}}",
        ("score: 4", "score: 5"),
    ),
    "asked": (
        f"{MENU}data: {{balance: not found}}\n"
        "talk: [{keys: 1}, {hears: no_account}]\n"
        "asked: {balance: {id: 7}}",
        ("balance: {id: 7}", "balance: {id: 8}"),
    ),
    "callback": (
        f"{AT_TEN}caller: '13812345678'\ngiven: {{step: call_me_back, language: en}}\n"
        "talk: [{keys: 1}, {hears: goodbye}]\n"
        "callback: {queue: service, number: '13812345678', due: none}",
        ("number: '13812345678'", "number: '13812345679'"),
    ),
    "logged": (
        f"{MENU}talk: [{{hears: main_menu}}]\nlogged: {{customer: 7, topic: none}}",
        ("customer: 7", "customer: 8"),
    ),
    "never logged": (
        f"{MENU}talk: [{{hears: main_menu}}]\nnever: {{logged: [north]}}",
        ("[north]", "[main_menu]"),
    ),
    "never said": (
        f"{MENU}talk: [{{hears: main_menu}}]\nnever: {{said: [goodbye]}}",
        ("[goodbye]", "[main_menu]"),
    ),
    "never reached": (
        f"{MENU}talk: [{{hears: main_menu}}]\nnever: {{reached: [goodbye]}}",
        ("[goodbye]", "[main_menu]"),
    ),
    "ends in": (
        f"{MENU}talk: [{{hears: main_menu}}]\nends in: main_menu",
        ("ends in: main_menu", "ends in: goodbye"),
    ),
    "way": (
        f"{AT_TEN}given: {{step: nobody_free}}\ntalk: [{{hangs up: flow}}]\n"
        "way: [nobody_free, goodbye]",
        ("[nobody_free, goodbye]", "[nobody_free]"),
    ),
    "said": (
        f"{AT_TEN}given: {{step: nobody_free}}\ntalk: [{{hangs up: flow}}]\n"
        "said: {nobody_free: 3, welcome: 0}",
        ("nobody_free: 3", "nobody_free: 2"),
    ),
    "rings": (
        f"{WAITING}agents: {{1003: ready}}\ntalk: [{{rings: 1003}}]",
        ("rings: 1003", "rings: 1002"),
    ),
    "never rings": (
        f"{WAITING}agents: {{1003: ready}}\ntalk: [{{rings: 1003}}]\n"
        "never: {rings: 1002}",
        ("rings: 1002", "rings: 1003"),
    ),
    "others": (
        f"{WAITING}agents: {{1003: ready}}\nothers: [{{queue: service, waited: 1m}}]\n"
        "talk: [{rings: {agent: 1003, caller: 1}}]",
        ("waited: 1m", "skills: {billing: 9}"),
    ),
    "switches": (
        f"{AT_TEN}switches: office_closed\ngiven: {{step: agent}}\n"
        "talk: [{hears: we_are_closed}]",
        ("office_closed", "outage"),
    ),
}


def verdict_of(talk, site=HOTLINE, flow="hotline"):
    indented = "".join(f"  {line}\n" for line in talk.splitlines())
    found = read_test(f"tests: {flow}\na talk:\n{indented}", "t.yaml", site)
    assert [str(problem) for problem in found.problems] == []
    (rehearsal,) = found.rehearsals
    return rehearse(site, rehearsal)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_passes_where_it_is_so(row):
    verdict = verdict_of(ROWS[row][0])

    assert verdict.passed, "\n".join(told(verdict))


@pytest.mark.parametrize("row", ROWS)
def test_a_row_fails_where_it_is_not_so(row):
    talk, (so, not_so) = ROWS[row]
    assert so in talk
    verdict = verdict_of(talk.replace(so, not_so, 1))

    assert not verdict.passed
    assert verdict.failures[0].at.file == "t.yaml"


BRANCH = (
    "branch_of_number: {code: '1', name: A, address: B, phone: '057188880101', "
    "hours: mall, desk: north, box: hangzhou}"
)


@pytest.mark.parametrize(
    ("site", "flow", "talk", "change"),
    [
        (
            BRANCHES,
            "branch_line",
            f"{AT_TEN}to: '057187007702'\ndata: {{{BRANCH}}}\n"
            "talk: [{hears: connecting}]\n"
            "asked: {branch_of_number: {dialled: '057187007702'}}",
            ("to: '057187007702'", "to: '057187007701'"),
        ),
        (
            BRANCHES,
            "branch_line",
            f"{AT_TEN}data: {{{BRANCH}}}\n"
            "talk: [{phone: 057188880101 answers}, {waits: 20s}, "
            "{phone: 057188880101 hangs up}]\nnever: {said: [counter_busy]}",
            ("057188880101 answers}, {waits: 20s}, {", "057188880101 rejects}, {"),
        ),
        (
            BANK,
            "bank",
            f"{AT_TEN}talk: [{{keys: 2}}]\nrecorded: yes",
            ("recorded: yes", "recorded: no"),
        ),
    ],
    ids=["to", "phone", "recorded"],
)
def test_a_row_of_another_site(site, flow, talk, change):
    assert change[0] in talk
    assert verdict_of(talk, site, flow).passed
    assert not verdict_of(talk.replace(*change, 1), site, flow).passed


def test_every_row_has_a_case():
    """A key that somebody adds needs a test here, or where its part is tested."""
    elsewhere = {"sms", "webhook", "call", "talk", "then hears", "reaches"}
    cases = " ".join([*ROWS, "to", "phone", "recorded"])
    keys = {
        str(info.alias or name)
        for model in (Talk, Move, Never)
        for name, info in model.model_fields.items()
    }

    missing = {key for key in keys - elsewhere if key not in cases}
    assert missing == set()


PAGE = (Path(__file__).parents[3] / "docs/testing.md").read_text("utf-8")


def test_every_key_of_a_talk_is_described():
    parts = (Talk, Move, Never, Queued, Served, Left, Wish, Message, Mail, Posted)
    keys = {
        str(info.alias or name)
        for model in parts
        for name, info in model.model_fields.items()
    }

    assert {key for key in keys if f"`{key}" not in PAGE} == set()


@pytest.mark.parametrize("shown", re.findall("```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_a_talk_that_is_shown_goes_as_written(shown):
    if not shown.startswith("tests:"):
        shown = f"tests: hotline\n{shown}"
    found = read_test(shown, "t.yaml", HOTLINE)

    assert found.problems == ()
    assert [rehearse(HOTLINE, one).passed for one in found.rehearsals] == [True]
