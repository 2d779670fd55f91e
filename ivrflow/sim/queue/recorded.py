"""A recorded day of calls: one row a call, in a CSV file.

The columns say in which of the known forms (`rows`) it is. They come in any order,
parted by commas, semicolons or tabs, with more beside them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ivrflow.flow.source import Mark, Problem
from ivrflow.sim.queue.rows import DAY, FORMS, GAVE_UP, BadCell, Form, Recorded

LARGEST_DAY = 200_000_000
"""Bytes of a file at most."""

BAD_ROW = "R003"
"""A row of a recorded day that can't be read."""

MOST_TOLD = 20
"""Bad rows that are told of one file."""


@dataclass(frozen=True, slots=True)
class Day:
    """A recorded day, or several."""

    rows: int
    calls: Sequence[Recorded]
    """Those that were offered, in the order in which they joined."""


def read_day(data: bytes, file: str) -> tuple[Day | None, list[Problem]]:
    """Read a day. With any bad row there is none: figures of a part would be wrong."""
    if len(data) > LARGEST_DAY:
        message = f"larger than {LARGEST_DAY:,} bytes; split it by days"
        return None, [Problem(Mark(file, 1, 1), BAD_ROW, message)]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [Problem(Mark(file, line, 1), BAD_ROW, "not UTF-8; save it as it")]
    reader = _Reader(file)
    try:
        reader.read(text)
    except csv.Error as error:
        reader.bad(f"not CSV: {error}")
    if not reader.problems and not reader.calls:
        reader.line = 1
        reader.bad("no call of this day was offered to an agent")
    if reader.problems:
        return None, reader.problems
    return Day(reader.rows, _in_order(reader.calls)), []


def _in_order(calls: Sequence[Recorded]) -> list[Recorded]:
    """The calls by their times, which count from midnight of the first one's day."""
    midnight = min(call.at for call in calls) // DAY * DAY
    moved = (replace(call, at=call.at - midnight) for call in calls)
    return sorted(moved, key=lambda call: (call.at, call.line))


class _Reader:
    def __init__(self, file: str) -> None:
        self.problems: list[Problem] = []
        self.calls: list[Recorded] = []
        self.rows = 0
        self.line = 1
        self._file = file

    def bad(self, message: str) -> None:
        """Note what is wrong in this line."""
        at = Mark(self._file, max(1, self.line), 1)
        self.problems.append(Problem(at, BAD_ROW, message))

    def read(self, text: str) -> None:
        """Read all rows, or until too many of them are bad."""
        head = text.partition("\n")[0]
        delimiter = max(",;\t", key=head.count)
        stream = io.StringIO(text, newline="")
        rows = csv.reader(stream, delimiter=delimiter, strict=True)
        columns = {n.strip().lower(): at for at, n in enumerate(next(rows, []))}
        form = self._form(columns)
        if form is None:
            return
        for row in rows:
            self.line = rows.line_num
            if row:
                self.rows += 1
                self._row(row, columns, form)
            if len(self.problems) >= MOST_TOLD:
                break

    def _form(self, columns: Mapping[str, int]) -> Form | None:
        """The form that has these columns."""
        for form in FORMS:
            if all(name in columns for name in form.needed):
                return form
        nearest = max(FORMS, key=lambda f: sum(name in columns for name in f.needed))
        lacking = ", ".join(name for name in nearest.needed if name not in columns)
        self.bad(f"the first line must name the columns; there is no {lacking}")
        return None

    def _row(self, row: Sequence[str], columns: Mapping[str, int], form: Form) -> None:
        """Read one row; keep the call if it was offered."""
        try:
            call = form.read(_values(row, columns, form), self.line)
        except BadCell as bad:
            self.bad(f"{bad.column}: {bad} (column {columns[bad.column] + 1})")
            return
        if call is not None:
            self.calls.append(call)


def _values(
    row: Sequence[str], columns: Mapping[str, int], form: Form
) -> dict[str, str]:
    """What stands in the columns that the form has."""
    values = {}
    for name in (*form.needed, *form.more):
        number = columns.get(name)
        if number is None:
            values[name] = ""
        elif number < len(row):
            values[name] = row[number].strip()
        else:
            raise BadCell(name, "the row is too short")
    return values


def by_class(day: Day) -> list[str]:
    """The classes of the day, most calls first."""
    counts: dict[str, int] = {}
    for call in day.calls:
        counts[call.klass] = counts.get(call.klass, 0) + 1
    return sorted(counts, key=lambda klass: (-counts[klass], klass))


def waits(day: Day) -> Iterator[tuple[float, bool]]:
    """How long each call waited, and whether the caller gave up then."""
    for call in day.calls:
        yield call.waited, gave_up(call)


def gave_up(call: Recorded) -> bool:
    """Whether the caller hung up while waiting: others only left, and may have waited
    on."""
    return call.talked is None and call.left == GAVE_UP
