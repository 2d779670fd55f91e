"""`ivrflow man`: the manual page, made of what `--help` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from ivrflow import __version__
from ivrflow.cli.helps import Help, first, inside


@click.command()
def man() -> None:
    """Print the manual page of all commands, for man(1).

    \b
    ivrflow man | man -l -
    ivrflow man > /usr/local/share/man/man1/ivrflow.1
    """
    root = click.get_current_context().find_root().command
    click.echo(page(root), nl=False)


def page(root: click.Command) -> str:
    """The page of *root* and all its commands, as roff."""
    return "".join(f"{line}\n" for line in _page(first(root)))


def _page(root: Help) -> Iterator[str]:
    (_, about), *rest = root.paragraphs()
    yield f'.TH IVRFLOW 1 "" "ivrflow {__version__}" "User Commands"'
    yield ".ad l"
    yield ".SH NAME"
    yield f"ivrflow \\- {_text(' '.join(about).rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield f".B {_text(root.usage)}"
    yield ".SH DESCRIPTION"
    yield from _words(rest)
    yield ".SH COMMANDS"
    for command in inside(root):
        yield f'.SS "{_text(command.usage)}"'
        yield from _words(command.paragraphs())
        for written, does in command.options():
            yield from (".TP", f".B {_text(written)}", _text(does))
    yield ".SH FILES"
    yield ".TP"
    yield ".I /etc/ivrflow/ivrflow.yaml"
    yield "The settings of the service, where no others are named."


def _words(paragraphs: Iterable[tuple[bool, list[str]]]) -> Iterator[str]:
    for stay, lines in paragraphs:
        yield ".PP"
        if stay:
            yield from (".nf", *map(_text, lines), ".fi")
        else:
            yield _text(" ".join(lines))


def _text(text: str) -> str:
    """*text* as roff has it: nothing in it is a request or an escape."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{text}" if text[:1] in (".", "'") else text
