"""What `--help` says of each command, for pages that are made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import click

WIDTH = 200
"""Columns in which click writes a usage: more than any has, so it breaks none."""


@dataclass(frozen=True)
class Help:
    """That of one command."""

    command: click.Command
    context: click.Context

    @property
    def name(self) -> str:
        """As it is typed: `ivrflow agent free`."""
        return self.context.command_path

    @property
    def usage(self) -> str:
        """The name, and what follows it."""
        pieces = self.command.collect_usage_pieces(self.context)
        return " ".join([self.name, *pieces])

    def paragraphs(self) -> Iterator[tuple[bool, list[str]]]:
        """Lines of each paragraph, and whether they are to stay lines: click has it so
        behind a backspace."""
        text = (self.command.help or "").strip()
        for paragraph in re.split(r"\n\s*\n", text):
            lines = paragraph.replace("\b", "").splitlines()
            yield "\b" in paragraph, [line.strip() for line in lines if line.strip()]

    def options(self) -> Iterator[tuple[str, str]]:
        """Each option as it is written, and what it does; arguments are told of in the
        help itself."""
        for parameter in self.command.get_params(self.context):
            record = parameter.get_help_record(self.context)
            if record is not None and record[1]:
                yield record[0], " ".join(record[1].split())


def first(root: click.Command, name: str = "ivrflow") -> Help:
    """The help of *root* itself."""
    return Help(root, _context(root, None, name))


def inside(group: Help) -> Iterator[Help]:
    """All commands in *group* that are no groups, in the order of their names."""
    assert isinstance(group.command, click.Group)
    for name in group.command.list_commands(group.context):
        command = group.command.get_command(group.context, name)
        if command is None or command.hidden:
            continue
        found = Help(command, _context(command, group.context, name))
        if isinstance(command, click.Group):
            yield from inside(found)
        else:
            yield found


def _context(
    command: click.Command, parent: click.Context | None, name: str
) -> click.Context:
    return click.Context(
        command, parent=parent, info_name=name, max_content_width=WIDTH
    )
