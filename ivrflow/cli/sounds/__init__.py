"""`ivrflow sounds`: the recordings of a site. One file per command."""

from __future__ import annotations

import click

from ivrflow.cli.sounds.build import build
from ivrflow.cli.sounds.check import check
from ivrflow.cli.sounds.fetch import fetch
from ivrflow.cli.sounds.listen import listen
from ivrflow.cli.sounds.script import script


@click.group()
def sounds() -> None:
    """The recordings of a site: check, script, build, listen.

    A site's own recordings lie in its folder sounds/; numbers, dates and the prompts
    that every site needs are looked for in the common folder after that.
    """


for command in (build, check, fetch, listen, script):
    sounds.add_command(command)
