"""The command line: one file per command.

A command's module is imported when the command is used: `ivrflow --help` and the small
commands start without the database's and the telephone's libraries.
"""

from __future__ import annotations

import click

from ivrflow import __version__
from ivrflow.cli.lazy import LazyGroup

COMMANDS = {
    "agent": "agent:agent",
    "agi": "agi:agi",
    "asterisk": "asterisk:asterisk",
    "audit": "audit:audit",
    "backup": "copies.backup:backup",
    "bundle": "bundle:bundle",
    "call": "call:call",
    "calls": "calls:calls",
    "check": "check:check",
    "completion": "completion:completion",
    "config": "config:config",
    "db": "db:db",
    "demo": "demo:demo",
    "doctor": "doctor:doctor",
    "draw": "draw:draw",
    "flow": "flow:flow",
    "hours": "hours:hours",
    "log": "log:log",
    "install": "install:install",
    "man": "man:man",
    "new": "new:new",
    "panic": "panic:panic",
    "queue": "queue:queue",
    "report": "report:report",
    "restore": "copies.restore:restore",
    "schema": "schema:schema",
    "secret": "secret:secret",
    "serve": "serve:serve",
    "sounds": "sounds:sounds",
    "switch": "switch:switch",
    "test": "test:test",
    "token": "token:token",
    "top": "top:top",
    "try": "try_:try_",
    "unlock": "unlock:unlock",
    "voicemail": "voicemail:voicemail",
    "why": "why:why",
    "wording": "wording:wording",
}
"""Command -> module:name below `ivrflow.cli`."""


@click.command(
    cls=LazyGroup,
    package=__name__,
    members=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="ivrflow")
def main() -> None:
    """Call flows in YAML and a skill-based call distributor for Asterisk.

    Begin with `ivrflow demo`: it plays four real calls on a private Asterisk.
    """
