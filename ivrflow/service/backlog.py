"""Everything that waits in line here, in one list: how long each line is, and its end.

A line without an end is memory without an end, some night. So each has one, and says
what it does there: refuse, or drop and count. Who makes a line adds it here; the API
shows the list (`console.health`), and whoever measures the service reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


def _none() -> int:
    return 0


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line as it is now."""

    name: str
    length: int
    most: int | None
    """Where it ends; None: where the calls and agents end that there are."""
    dropped: int
    """What was refused or dropped there, since the start."""


class Backlogs:
    """The list."""

    def __init__(self) -> None:
        self._lines: dict[
            str, tuple[Callable[[], int], int | None, Callable[[], int]]
        ] = {}

    def add(
        self,
        name: str,
        length: Callable[[], int],
        most: int | None,
        dropped: Callable[[], int] = _none,
    ) -> None:
        """Show a line: its name says what waits in it."""
        if name in self._lines:
            raise ValueError(f"there is a line {name!r} already")
        self._lines[name] = (length, most, dropped)

    def __iter__(self) -> Iterator[Line]:
        for name, (length, most, dropped) in self._lines.items():
            yield Line(name=name, length=length(), most=most, dropped=dropped())
