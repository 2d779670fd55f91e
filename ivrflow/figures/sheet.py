"""Rows of figures as a table for people, as CSV, or as plain values for JSON.

A spreadsheet takes a cell that begins with = + - or @ for a formula, and callers choose
some of what stands in ours: such a text gets an apostrophe before it in CSV.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def text(value: Any) -> str:
    return "" if value is None else str(value)


def seconds(value: float | None) -> str:
    """Seconds with a tenth."""
    return "-" if value is None else f"{value:.1f}"


def clock(value: float | None) -> str:
    """Hours, minutes and seconds."""
    if value is None:
        return "-"
    minutes, left = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}"


def percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column: its name in CSV and JSON, and what stands in it."""

    name: str
    value: Callable[[T], Any]
    head: str = ""
    """Its head in a table for people; "" where it is not shown there."""
    shown: Callable[[Any], str] = text
    left: bool = False
    """A text, which stands at the left."""


def plain(columns: Sequence[Column[T]], rows: Iterable[T]) -> list[dict[str, Any]]:
    """The rows for JSON: numbers are numbers, None is null."""
    return [{c.name: _round(c.value(row)) for c in columns} for row in rows]


def comma_separated(columns: Sequence[Column[T]], rows: Iterable[T]) -> str:
    """The rows as CSV with a head; all columns, numbers as they are."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow([c.name for c in columns])
    for row in rows:
        write.writerow([guarded(_flat(_round(c.value(row)))) for c in columns])
    return out.getvalue()


def guarded(value: Any) -> Any:
    """*value*, harmless to a spreadsheet. A number stays one."""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return f"'{value}"
    return value


def table(columns: Sequence[Column[T]], rows: Iterable[T]) -> str:
    """The rows for people; Chinese characters take two places."""
    there = [c for c in columns if c.head]
    lines = [[c.head for c in there]]
    for row in rows:
        # What callers chose must not move the cursor of a terminal.
        lines.append([_printable(c.shown(c.value(row))) for c in there])
    widths = [max(map(width, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            _padded(cell, size, left=column.left)
            for cell, size, column in zip(line, widths, there, strict=True)
        ).rstrip()
        for line in lines
    )


def width(word: str) -> int:
    """Places that *word* takes on a terminal."""
    if word.isascii():
        return len(word)
    return sum(0 if unicodedata.combining(char) else _cells(char) for char in word)


def _cells(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _padded(cell: str, size: int, *, left: bool) -> str:
    space = " " * (size - width(cell))
    return cell + space if left else space + cell


def _printable(cell: str) -> str:
    if cell.isprintable():
        return cell
    return "".join(char if char.isprintable() else "�" for char in cell)


def _round(value: Any) -> Any:
    """Microseconds are noise of adding up."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, Mapping):
        return {key: _round(inside) for key, inside in value.items()}
    return value


def _flat(value: Any) -> Any:
    """One cell for what is several."""
    if isinstance(value, Mapping):
        return " ".join(f"{key}={inside}" for key, inside in value.items())
    if isinstance(value, tuple | list):
        return " ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value
