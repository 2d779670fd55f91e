"""How far a command has come that goes through all sounds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ivrflow.audio.rotation import Progress


@contextmanager
def going(what: str) -> Iterator[Callable[[Progress], object]]:
    """A bar on the terminal while the block runs; what is yielded moves it.

    Nothing is shown where nobody looks: the output of a command that runs by a clock is
    what it found.
    """
    shown = sys.stderr.isatty()
    with click.progressbar(
        length=1, label=what, file=sys.stderr, hidden=not shown
    ) as bar:

        def told(progress: Progress) -> None:
            bar.length = progress.all
            bar.update(progress.done - bar.pos)

        yield told
