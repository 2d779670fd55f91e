"""The command line: one file per command.

A command's module is imported when the command is used: `ivrflow --help` and the small
commands start without the database's and the telephone's libraries.
"""

from __future__ import annotations

import importlib

import click

from ivrflow import __version__

COMMANDS = {
    "agent": "agent:agent",
    "asterisk": "asterisk:asterisk",
    "audit": "audit:audit",
    "check": "check:check",
    "db": "db:db",
    "demo": "demo:demo",
    "draw": "draw:draw",
    "flow": "flow:flow",
    "hours": "hours:hours",
    "new": "new:new",
    "schema": "schema:schema",
    "secret": "secret:secret",
    "serve": "serve:serve",
    "sounds": "sounds:sounds",
    "switch": "switch:switch",
    "test": "test:test",
    "try": "try_:try_",
    "why": "why:why",
    "wording": "wording:wording",
}
"""Command -> module:name below `ivrflow.cli`."""


class _Lazy(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command = getattr(importlib.import_module(f"ivrflow.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ivrflow")
def main() -> None:
    """Call flows in YAML and a skill-based call distributor for Asterisk.

    Begin with `ivrflow demo`: it plays four real calls on a private Asterisk.
    """
