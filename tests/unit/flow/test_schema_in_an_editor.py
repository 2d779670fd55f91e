"""What VS Code and Neovim offer with our schemas: asked of their language server."""

from __future__ import annotations

import shutil

import pytest

from ivrflow.cli.schema import write
from ivrflow.flow.schema import globs
from ivrflow.flow.step import VERBS
from ivrflow.shipped import shipped
from tests.language_server import LanguageServer


def _mapping():
    return {f"schema/{name}.json": files for name, files in globs().items()}


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    """An editor with the schemas that fit any site."""
    folder = tmp_path_factory.mktemp("any_site")
    write(folder, folder / "schema", here=False)
    with LanguageServer(folder, _mapping()) as one:
        yield one


@pytest.fixture(scope="module")
def at_home(tmp_path_factory):
    """An editor that knows the names of the sample."""
    folder = tmp_path_factory.mktemp("hotline")
    shutil.copytree(shipped("flows") / "hotline", folder, dirs_exist_ok=True)
    write(folder, folder / "schema", here=True)
    with LanguageServer(folder, _mapping()) as one:
        yield one


FLOW = "flow: hotline\nsteps:\n  first:\n    "


def test_an_empty_step_is_offered_the_verbs_and_nothing_else(editor):
    offered = editor.completes("flows/a.yaml", f"{FLOW}|\n")

    assert set(VERBS) <= set(offered)
    assert "tries" not in offered
    assert "Say a prompt with its choices" in offered["menu"]


def test_a_step_with_a_verb_is_offered_its_outcomes_and_keys(editor):
    offered = editor.completes("flows/a.yaml", f"{FLOW}queue: service\n    |\n")

    assert {"timeout", "all_busy", "full", "no_agents", "then"} <= set(offered)
    assert "max_wait" in offered
    assert "menu" not in offered
    assert offered["full"] == "The queue is as long as it may be."


def test_a_key_tells_what_it_is_for(editor):
    assert "Time for the first key." in editor.hovers(
        "flows/a.yaml", f"{FLOW}menu: main\n    keys: {{1: b}}\n    wa|it: 5s\n"
    )


def test_a_misspelt_key_is_named(editor):
    marked = editor.marks("flows/a.yaml", f"{FLOW}say: hello\n    barge_inn: no\n")

    assert any("barge_inn" in message for message in marked), marked


def test_a_misspelt_verb_is_named(editor):
    marked = editor.marks("flows/a.yaml", f"{FLOW}sya: hello\n")

    assert any("sya" in message for message in marked), marked


def test_a_choice_of_few_words_is_offered(editor):
    offered = editor.completes(
        "flows/a.yaml", f"{FLOW}menu: main\n    keys: {{1: b}}\n    barge_in: |\n"
    )

    # It quotes what older YAML took for a truth value; to us it is the same word.
    assert {"yes", "no", "fits"} <= {word.strip('"') for word in offered}


def test_a_target_is_offered_the_steps_of_its_own_flow(at_home):
    offered = at_home.completes("flows/a.yaml", f"{FLOW}say: welcome\n    then: |\n")

    assert {"main_menu", "back", "hangup"} <= set(offered)
    assert "ask_score" not in offered, "a step of the flow survey"


def test_a_key_of_a_menu_is_offered_the_steps(at_home):
    offered = at_home.completes(
        "flows/a.yaml", f"{FLOW}menu: main_menu\n    keys:\n      1: |\n"
    )

    assert {"main_menu", "repeat"} <= set(offered)


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("say: |", "welcome"),
        ("menu: |", "main_menu"),
        ("queue: |", "service"),
        ("call: |", "survey"),
        ("voicemail: |", "service"),
        ("open: |", "office"),
    ],
)
def test_the_names_of_the_site_are_offered(at_home, step, name):
    assert name in at_home.completes("flows/a.yaml", f"{FLOW}{step}\n")


def test_a_target_that_leads_nowhere_is_marked(at_home):
    marked = at_home.marks("flows/a.yaml", f"{FLOW}say: welcome\n    then: nowhere\n")

    assert any("main_menu" in message for message in marked), marked


def test_the_sample_is_not_marked(at_home):
    site = shipped("flows") / "hotline"
    for file in ("flows/hotline.yaml", "queues.yaml", "prompts/en.yaml", "hours.yaml"):
        text = (site / file).read_text("utf-8")
        # Its first line names the schema from where the file really is.
        assert at_home.marks(file, text.replace("$schema=../", "$schema=../../")) == []


def test_a_talk_is_offered_its_moves_and_the_prompts(at_home):
    talk = "tests: hotline\nmine:\n  talk:\n    - "

    assert {"hears", "keys", "hangs up"} <= set(
        at_home.completes("tests/a.test.yaml", f"{talk}|\n")
    )
    heard = at_home.completes("tests/a.test.yaml", f"{talk}hears: |\n")
    assert {"main_menu", "enter_pin.wrong"} <= set(heard)
    ends = f"{talk}hears: welcome\n  ends in: |\n"
    assert "main_menu" in at_home.completes("tests/a.test.yaml", ends)


@pytest.mark.parametrize(
    ("file", "text", "wanted"),
    [
        ("numbers.yaml", '"100": |\n', "survey"),
        ("data.yaml", "mine:\n  |\n", "timeout"),
        ("prompts/en.yaml", "mine:\n  |\n", "silent"),
        ("prompts/en.yaml", "mine:\n  choices:\n    |\n", "balance"),
        ("hours.yaml", "mine:\n  closed_by: |\n", "office_closed"),
        ("queues.yaml", "mine:\n  choose: |\n", "best_skill"),
        ("mailboxes.yaml", "mine:\n  |\n", "greeting"),
        ("agents.yaml", 'agents:\n  "7":\n    |\n', "endpoint"),
    ],
)
def test_the_other_files_are_completed_too(at_home, file, text, wanted):
    assert wanted in at_home.completes(file, text)
