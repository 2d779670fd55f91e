"""What a shell completes, and the manual page: both made of the commands themselves."""

import os
import shutil
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from ivrflow.cli import COMMANDS, main
from ivrflow.cli.completion import SHELLS, VARIABLE
from ivrflow.cli.man import page
from ivrflow.cli.reference import _plain, reference

MAIN = "from ivrflow.cli import main; main(prog_name='ivrflow')"


def printed(*words):
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return result.output


def completed(words, incomplete):
    """What bash is told that fits behind *words*."""
    environment = os.environ | {
        VARIABLE: "bash_complete",
        "COMP_WORDS": " ".join(["ivrflow", *words, incomplete]),
        "COMP_CWORD": str(len(words) + 1),
    }
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", MAIN],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    return [line.partition(",")[2] for line in done.stdout.splitlines()], loaded


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_asks_ivrflow(shell):
    script = printed("completion", shell)

    assert f"{VARIABLE}={shell}_complete" in script
    reads = shutil.which(shell)
    if reads is not None:
        subprocess.run([reads, "-n"], input=script, text=True, check=True, timeout=60)


def test_commands_are_completed_and_none_of_them_is_loaded_for_it():
    found, loaded = completed([], "s")

    assert found == [name for name in sorted(COMMANDS) if name.startswith("s")]
    assert "ivrflow.cli.serve" not in loaded


def test_options_of_a_command_are_completed():
    found, _ = completed(["serve"], "--ke")

    assert found == ["--keep"]


def test_commands_of_a_group_are_completed():
    found, _ = completed(["asterisk"], "f")

    assert found == ["fetch"]


def all_commands(command=main, name="ivrflow"):
    if not isinstance(command, click.Group):
        return [name]
    context = click.Context(command)
    return [
        found
        for word in command.list_commands(context)
        for found in all_commands(command.get_command(context, word), f"{name} {word}")
    ]


def test_the_manual_page_has_every_command():
    text = page(main).replace("\\-", "-")

    for name in all_commands():
        assert f'.SS "{name}' in text, name
    assert "\b" not in text


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff here")
def test_the_manual_page_is_one_that_man_can_show():
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-Wbreak", "-rHY=0"],
        input=page(main),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stderr == ""
    assert done.returncode == 0


def test_what_a_help_says_is_no_request_of_roff():
    @click.command()
    def odd():
        """Say it.

        .SH is no heading here, and \\n no register.
        """

    group = click.Group("odd", {"odd": odd}, help="Odd things.\n\nMore of them.")
    text = page(group)

    assert "\n\\&.SH is no heading here, and \\en no register." in text


# The page of all commands -------------------------------------------------------------


def test_the_page_of_commands_has_each_of_them_with_its_options():
    text = reference()["commands.md"]

    for name in all_commands():
        assert f"\n    {name}" in text, name
    assert "| `--keep` | Stay, with all loaded, and begin anew" in text
    assert "\b" not in text


def test_what_a_help_says_is_no_markdown_there():
    assert _plain("a_b *c* [d] `e_f` <g> | h") == (
        "a\\_b \\*c\\* \\[d] `e_f` \\<g> \\| h"
    )
