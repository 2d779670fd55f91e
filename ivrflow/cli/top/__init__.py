"""`ivrflow top`: queues, agents and calls as they are, in a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.live import WITHOUT
from ivrflow.cli.top.frame import KEYS, Seen, View, frame, most_to_skip
from ivrflow.cli.top.looking import CannotSee, Looking, looking, seen

if TYPE_CHECKING:
    from ivrflow.cli.top.screen import Screen

KEY_WITHIN = 0.2
"""Seconds for which a key is waited for before the screen is looked at again."""

WIDE_ENOUGH = 200
"""Columns of what goes into a file."""


@click.command()
@click.option(
    "--every",
    type=click.FloatRange(0.5, 60),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often the service is asked.",
)
@click.option("--once", is_flag=True, help="Print it once, whole, and end.")
@config_option
def top(every: float, once: bool, config: Path) -> None:
    """Watch queues, agents and calls, as they are.

    The first line says how the service itself is: calls that are up, how many wait,
    whether Asterisk is there, how late its loop is. Keys: q ends it, 1 shows all, 2
    queues, 3 agents, 4 calls; there the arrows, or j and k, go through the list. Where
    the output is no terminal it is printed once.

    Exit status: 0; 1 if the service does not answer, with --once.
    """
    settings = settings_in(config)
    if once or not (sys.stdout.isatty() and sys.stdin.isatty()):
        try:
            found = seen(settings)
        except CannotSee as why:
            raise click.ClickException(
                f"the service was not reached: {why}.\nIt must run for this; {WITHOUT}."
            ) from None
        tty = sys.stdout.isatty()
        columns = shutil.get_terminal_size().columns if tty else WIDE_ENOUGH
        for line in frame(found, width=columns, height=None, keys=False):
            click.echo(line.text)
        return
    from ivrflow.cli.top.screen import opened

    with looking(settings, every) as watch, opened() as screen:
        try:
            _watched(watch, screen)
        except KeyboardInterrupt:
            return


def _watched(watch: Looking, screen: Screen) -> None:
    """Show what *watch* sees until somebody presses q."""
    from ivrflow.cli.top.screen import DOWN, UP

    view, skip = View.ALL, 0
    moves: dict[str, Callable[[int], int]] = {
        UP: lambda at: at - 1,
        DOWN: lambda at: at + 1,
    }
    while True:
        now: Seen = watch.seen
        columns, lines = screen.size()
        skip = max(0, min(skip, most_to_skip(now, view)))
        screen.show(frame(now, width=columns, height=lines, view=view, skip=skip))
        key = screen.key(KEY_WITHIN)
        if key in ("q", "Q"):
            return
        if key in KEYS:
            view, skip = KEYS[key], 0
        elif key in moves:
            skip = moves[key](skip)
