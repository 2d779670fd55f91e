"""Agents and their moves in talks of a test file: who rings, when, why, for whom."""

import shutil
from pathlib import Path

import pytest

from ivrflow.flow.load import load_site
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse

FOLDER = Path(__file__).parents[3] / "flows" / "hotline"
SITE = load_site(FOLDER)
LI = "{step: wait_for_agent, language: zh-CN, customer: {id: 7, district: north}}"


def read(talk, site=SITE):
    text = f"tests: hotline\ntalk:\n  given: {LI}\n{talk}"
    return read_test(text, "t.yaml", site)


def verdict_of(talk, site=SITE):
    found = read(talk, site)
    assert not found.problems
    (rehearsal,) = found.rehearsals
    return rehearse(site, rehearsal)


@pytest.mark.parametrize(
    ("talk", "problem"),
    [
        ("  talk: [{agent: 1001 sleeps}]", "4:18: F014 '1001 sleeps': write `1003 an"),
        ("  talk: [{agent: 1001 pauses tea}]", "4:18: R001 there is no pause 'tea'"),
        ("  talk: [{rings: 9}]", "4:18: R001 there is no agent '9'"),
        ("  talk: [{rings: {why: x}}]", "F012 'rings' needs the key 'agent'"),
        (
            "  talk: [{rings: {agent: 1001, caller: 2}}]\n  others: [{queue: service}]",
            "4:40: R001 there are 1 `others`, counted from 1",
        ),
        (
            "  talk: [{rings: 1001}]\n  others: [{queue: sales}]",
            "5:20: R001 there is no queue 'sales'",
        ),
        (
            "  talk: [{rings: 1001}]\n  agents: {1001: {queues: [sales]}}",
            "5:28: R001 there is no queue 'sales'",
        ),
        (
            "  talk: [{rings: 1001}]\n  agents: {1001: asleep}",
            "5:18: F014",
        ),
        (
            "  talk: [{rings: 1001}]\n  never: {rings: [7]}",
            "5:19: R001 there is no agent '7'",
        ),
    ],
)
def test_what_nobody_can_do_is_told_while_it_is_read(talk, problem):
    found = read(talk)

    assert problem in "\n".join(map(str, found.problems))


@pytest.mark.parametrize(
    ("talk", "expected", "instead"),
    [
        (
            "  agents: {1001: ready}\n  talk: [{rings: 1003}]",
            "rings 1003",
            "1001 rings (best skill of 1 free",
        ),
        (
            "  agents: {1001: ready}\n  talk: [{rings: {agent: 1001, after: 9s}}]",
            "rings 1001, after 9 s",
            "1001 rings after 0 s",
        ),
        (
            "  agents: {1001: ready}\n"
            "  talk: [{rings: {agent: 1001, why: longest idle}}]",
            "rings 1001, as longest idle",
            "1001 rings, but as best skill",
        ),
        ("  talk: [{rings: 1001}]", "rings 1001", "no phone rings; nor for anybody"),
        (
            "  agents: {1001: ready}\n  others: [{queue: service, waited: 1m}]\n"
            "  talk: [{rings: 1001}]",
            "rings 1001",
            "no phone rings; the last one was 1001 for other 1",
        ),
        (
            "  talk: [{agent: 1001 ends wrap-up}, {agent: 1001 ends wrap-up}]",
            "1001 ends wrap-up",
            "agent 1001 is in no wrap-up, but offered",
        ),
        (
            "  agents: {1001: ready}\n"
            "  talk: [{agent: 1001 answers}, {agent: 1001 does not answer}]",
            "1001 does not answer",
            "the phone of agent 1001 does not ring",
        ),
        (
            "  agents: {1001: ready}\n  talk: [{rings: 1001}]\n  never: {rings: 1001}",
            "never rings: 1001",
            "1001 rang (best skill",
        ),
    ],
)
def test_what_was_not_so_is_told_with_what_was(talk, expected, instead):
    verdict = verdict_of(talk)

    assert verdict.failures, "it passed"
    assert expected in verdict.failures[0].expected
    assert instead in verdict.failures[0].instead


def test_who_signs_in_is_not_ready_yet():
    verdict = verdict_of(
        "  agents: {1001: out, 1003: busy}\n"
        "  talk:\n"
        "    - agent: 1001 signs in\n"
        "    - waits: 10s\n"
        "    - agent: 1001 ready\n"
        "    - rings: {agent: 1001, after: 10s}\n"
        "    - agent: 1001 answers\n"
        "    - agent: 1001 signs out\n"
    )

    assert verdict.failures == ()


def site_with(tmp_path, choose):
    """The sample with another strategy."""
    folder = tmp_path / "site"
    shutil.copytree(FOLDER, folder)
    path = folder / "queues.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("choose: best_skill", f"choose: {choose}"), "utf-8")
    return load_site(folder)


@pytest.mark.parametrize(
    ("choose", "agents", "rings"),
    [
        ("fewest_calls", "{1001: {calls: 3}, 1003: {calls: 2}}", "1003"),
        ("fewest_calls", "{1001: {calls: 1}, 1003: {calls: 2}}", "1001"),
        ("least_busy", "{1001: {busy: 2h}, 1003: {busy: 1h}}", "1003"),
        ("in_order", "{1003: {idle: 1h}, 1001: ready}", "1001"),
        ("longest_idle", "{1003: {idle: 1h}, 1001: ready}", "1003"),
    ],
)
def test_each_strategy_can_be_tried_with_agents_as_they_would_be(
    tmp_path, choose, agents, rings
):
    site = site_with(tmp_path, choose)
    verdict = verdict_of(f"  agents: {agents}\n  talk: [{{rings: {rings}}}]", site)

    assert verdict.failures == ()


def test_where_all_ring_the_first_who_answers_has_the_call(tmp_path):
    verdict = verdict_of(
        "  agents: {1001: ready, 1003: ready}\n"
        "  talk:\n"
        "    - rings: 1003\n"
        "    - rings: 1001\n"
        "    - agent: 1003 answers\n"
        "  served: {agent: 1003}\n",
        site_with(tmp_path, "ring_all"),
    )

    assert verdict.failures == ()
