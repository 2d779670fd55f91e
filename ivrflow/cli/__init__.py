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
    "asterisk": "asterisk:asterisk",
    "audit": "audit:audit",
    "check": "check:check",
    "db": "db:db",
    "demo": "demo:demo",
    "draw": "draw:draw",
    "flow": "flow:flow",
    "hours": "hours:hours",
    "new": "new:new",
    "panic": "panic:panic",
    "queue": "queue:queue",
    "report": "report:report",
    "schema": "schema:schema",
    "secret": "secret:secret",
    "serve": "serve:serve",
    "sounds": "sounds:sounds",
    "switch": "switch:switch",
    "test": "test:test",
    "token": "token:token",
    "try": "try_:try_",
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
