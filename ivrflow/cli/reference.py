"""The page of all commands: docs/reference/commands.md, made of what `--help` says.

`make reference` writes it, `make check` tells when it is out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import groupby

import click

from ivrflow.cli import main as ivrflow
from ivrflow.cli.helps import Help, first, inside
from ivrflow.flow.reference import main

MODULE = "ivrflow.cli.reference"

HEAD = f"""\
<!-- Written by `python -m {MODULE} docs/reference`. -->

# Commands

What `ivrflow COMMAND --help` says of each. `ivrflow man` prints the same as a manual
page, and `ivrflow completion` what a shell needs to complete them.
"""


def reference() -> dict[str, str]:
    """File name -> text of the page."""
    return {"commands.md": "\n".join((HEAD, *_sections(first(ivrflow))))}


def _sections(root: Help) -> Iterator[str]:
    assert isinstance(root.command, click.Group)
    for name, commands in groupby(inside(root), key=lambda one: one.name.split()[1]):
        yield f"## {name}\n"
        group = root.command.get_command(root.context, name)
        if isinstance(group, click.Group):
            yield _plain(" ".join((group.help or "").split())) + "\n"
        for command in commands:
            yield from _section(command)


def _section(command: Help) -> Iterator[str]:
    words = command.name.split()[1:]
    if len(words) > 1:
        yield f"### {' '.join(words)}\n"
    yield f"    {command.usage}\n"
    for stay, lines in command.paragraphs():
        if stay:
            yield "\n".join(f"    {line}" for line in lines) + "\n"
        else:
            yield _plain(" ".join(lines)) + "\n"
    options = [one for one in command.options() if "--help" not in one[0]]
    if options:
        yield "| option | meaning |\n|---|---|"
        for written, does in options:
            yield f"| `{written.replace('|', '/')}` | {_plain(does)} |"
        yield ""


def _plain(text: str) -> str:
    """*text* in which nothing is Markdown, but for what stands in backticks."""
    parts = re.split(r"(`[^`]*`)", text.replace("|", "\\|"))
    return "".join(
        part if part.startswith("`") else re.sub(r"([*_<\[#])", r"\\\1", part)
        for part in parts
    )


if __name__ == "__main__":
    main(sys.argv[1:], reference, MODULE)
