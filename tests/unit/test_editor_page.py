"""docs/editor.md: what it tells people to write down is what works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
import yaml

from ivrflow.flow.schema import globs
from tests.editor_rig import Editor
from tests.tutorial_rig import chapters

PAGE = Path(__file__).parents[2] / "docs" / "editor.md"


@pytest.fixture(scope="module")
def page():
    return chapters(PAGE.read_text("utf-8"))


def block(page, title, kind, nth=0):
    return [one.text for one in page[title] if one.kind == kind][nth]


def test_the_page_names_every_schema(page):
    text = PAGE.read_text("utf-8")

    for name, files in globs().items():
        assert files in text or f"schema/{name}.json" in text, name


def test_the_schemas_of_the_page_are_for_the_files_that_they_are_for(page):
    settings = json.loads(block(page, "VS Code", "json"))

    shown = {Path(k).stem: files for k, files in settings["yaml.schemas"].items()}
    assert shown == {name: globs()[name] for name in shown}


def test_the_pattern_of_the_page_reads_what_the_checker_prints(page, tmp_path):
    task = json.loads(block(page, "VS Code", "json", 1))["tasks"][0]
    pattern = re.compile(task["problemMatcher"]["pattern"]["regexp"])
    (tmp_path / "site.yaml").write_text("languages: [en]\ntimezone: UTC\ntitel: x\n")

    found = subprocess.run(
        [sys.executable, "-m", "ivrflow", "check"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    ).stdout

    named = [m.groups() for line in found.split("\n") if (m := pattern.match(line))]
    assert ("site.yaml", "3", "1", "F011", "error") in {one[:5] for one in named}


def test_the_workflow_of_the_page_is_the_one_that_new_writes(page):
    shown = yaml.safe_load(block(page, "GitHub Actions", "yaml"))
    template = resources.files("ivrflow.cli") / "new_site/ci/workflow.yaml"

    assert shown == yaml.safe_load(template.read_text("utf-8"))


def test_the_hooks_of_the_page_are_those_there_are(page):
    shown = yaml.safe_load(block(page, "pre-commit", "yaml"))
    hooks = yaml.safe_load((PAGE.parents[1] / ".pre-commit-hooks.yaml").read_text())

    ids = [hook["id"] for hook in shown["repos"][0]["hooks"]]
    assert ids == [hook["id"] for hook in hooks]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_gets_what_completes_commands(page, shell):
    line = next(
        one
        for one in block(page, "The shell", "sh").split("\n")
        if f"{shell}_source" in one
    )
    assert "_IVRFLOW_COMPLETE=" in line
    words = {"bash": "ivrflow sch", "zsh": "ivrflow sch", "fish": "ivrflow sch"}[shell]
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from ivrflow.cli import main; main(prog_name='ivrflow')",
        ],
        env={
            **os.environ,
            "_IVRFLOW_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": "sch" if shell == "fish" else "1",
        },
        capture_output=True,
        text=True,
    )

    assert "schema" in done.stdout


def test_the_examples_of_single_files_are_right():
    """Those of docs/flows.md: a reader copies them."""
    page = chapters((PAGE.parent / "flows.md").read_text("utf-8"))
    editor = Editor()
    found = {}
    for title in ("Queues and agents", "What is looked up"):
        for one in page[title]:
            if name := re.match(r"# In (\w+)\.yaml:\n", one.text):
                found[name[1]] = editor.marks(name[1], one.text)

    assert found == {"queues": "", "agents": "", "data": ""}
