"""What look-ups answer in a talk: rows, or the ways in which they fail.

A row that is given without its verify column accepts any PIN. `wrong` refuses all of
them; a verify column that is given holds the PIN itself, since nothing here is hashed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.rows import place, typed
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.source import Problem, Scalar, Table, place_of
from ivrflow.flow.world import Row, Trouble
from ivrflow.secret import Secret

UNKNOWN = "R001"
"""A name that the site does not have."""

MISFIT = "R002"
"""A value that can't be what the site says."""

ANY_PIN = "(any PIN)"
NO_PIN = "(no PIN)"

Way = Literal["row", "not found", "error", "slow", "wrong"]
WAYS = ("not found", "error", "slow", "wrong")

SLOW = 5.0
"""Seconds until a slow source without a `timeout` is given up."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source answers, each time it is asked."""

    way: Way
    row: Row | None = None
    rows: tuple[Row, ...] = ()
    """Of a source with `many`."""


def read_answer(
    source: DataSource, given: object, problems: list[Problem]
) -> Answer | None:
    """Read what a test gives for *source*; note what is wrong with it."""
    at = place_of(given)
    if source.many is not None and isinstance(given, list):
        rows = [
            read_row(source, one, problems) if isinstance(one, Table) else None
            for one in given
        ]
        if all(isinstance(one, Table) for one in given):
            return Answer("row", rows=tuple(row for row in rows if row is not None))
    elif source.many is None and isinstance(given, Table):
        row = read_row(source, given, problems)
        return None if row is None else Answer("row", row)
    for way in WAYS:
        if given == way:
            if way == "wrong" and not source.hash_columns:
                message = f"'wrong' needs `verify`, and {source.name} has none"
                problems.append(Problem(at, MISFIT, message))
                return None
            empty = dict.fromkeys(source.hash_columns, NO_PIN)
            row = empty if way == "wrong" else None
            return Answer(way, row)  # type: ignore[arg-type]  # one of the words above
    wanted = "a row" if source.many is None else "a list of rows"
    message = f"{wanted} is wanted here, or one of: {', '.join(WAYS)}"
    problems.append(Problem(at, MISFIT, message))
    return None


def read_row(
    source: DataSource, given: Table, problems: list[Problem]
) -> dict[str, Any] | None:
    """Read a row of *source*, typed as `gives` says; a column left out is none."""
    known = [*map(str, source.gives), *source.hash_columns]
    unknown = [key for key in given if source.gives and key not in known]
    for key in unknown:
        message = f"{source.name} gives no {str(key)!r}{did_you_mean(key, known)}"
        problems.append(Problem(key.at, UNKNOWN, message))
    if unknown:
        return None
    written = {str(key): value for key, value in given.items()}
    whole: dict[str, Any] = dict.fromkeys(map(str, source.gives))
    whole |= dict.fromkeys(source.hash_columns, ANY_PIN)
    row: dict[str, Any] = {}
    for column in dict.fromkeys([*whole, *written]):
        if not source.gives:
            row[column] = plain_value(written[column])
            continue
        try:
            # One column at a time, so that a misfit is told with its own place.
            value = written.get(column, whole[column])
            row[column] = typed(source, {**whole, column: value})[column]
        except Trouble as trouble:
            _, _, what = str(trouble).partition(": ")
            problems.append(Problem(place_of(written[column]), MISFIT, what))
            return None
    return row


def plain_value(written: object) -> object:
    """A value whose type nobody says: a number, yes or no, a text, a record of them.

    What stands in quotes stays a text.
    """
    if isinstance(written, Table):
        return {str(key): plain_value(value) for key, value in written.items()}
    if not isinstance(written, Scalar) or not written.plain:
        return str(written)
    if written in ("yes", "no"):
        return written == "yes"
    try:
        # 0123 is a number only for a computer.
        return str(written) if written[:1] == "0" and written != "0" else int(written)
    except ValueError:
        return None if written == "none" else str(written)


class ScriptedLookups:
    """A flow's `Lookups` that answers as it is told.

    *unanswered* is called with a look-up that nothing is given for, before it fails.
    What is stored is kept in `stored`, by source; a store needs no answer.
    """

    def __init__(
        self, answers: Mapping[str, Answer], unanswered: Callable[[DataSource], None]
    ) -> None:
        self._answers = answers
        self._unanswered = unanswered
        self.stored: dict[str, list[dict[str, Any]]] = {}

    async def find(self, source: DataSource, values: Mapping[str, Any]) -> Row | None:
        """Return the row that was given for *source*; raise `Trouble` as told."""
        return (await self._answer(source)).row

    async def find_all(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Return the rows that were given for *source*; raise `Trouble` as told."""
        return (await self._answer(source)).rows[: int(source.many or 1)]

    async def _answer(self, source: DataSource) -> Answer:
        answer = self._answers.get(source.name)
        if answer is None:
            self._unanswered(source)
            raise Trouble(f"{place(source)}: nothing was given for {source.name}")
        await self._fail(source, answer)
        return answer

    async def store(self, source: DataSource, values: Mapping[str, Any]) -> None:
        """Keep the values; raise `Trouble` as told."""
        if _has_secret(values.values()):
            raise Trouble(f"{place(source)}: a secret can't be stored")
        answer = self._answers.get(source.name)
        if answer is not None:
            await self._fail(source, answer)
        self.stored.setdefault(source.name, []).append(dict(values))

    async def _fail(self, source: DataSource, answer: Answer) -> None:
        if answer.way == "error":
            raise Trouble(f"{place(source)}: the test says that it is away")
        if answer.way == "slow":
            within = float(source.timeout) if source.timeout else SLOW
            await asyncio.sleep(within)
            raise Trouble(f"{place(source)}: no answer within {within:g} s")


def _has_secret(values: Iterable[Any]) -> bool:
    return any(isinstance(value, Secret) for value in values)


class ScriptedJudge:
    """A flow's `Judge` for rows of a test: any PIN is right, unless the row is `wrong`.

    A row that has the PIN itself in a column `pin` takes that one alone.
    """

    def __init__(self, lookups: ScriptedLookups) -> None:
        self._lookups = lookups

    async def right(self, source: DataSource, card: Secret, pin: Secret) -> bool:
        """True if the test's answer accepts the PIN."""
        row = await self._lookups.find(source, {"card": card})
        wanted = (row or {}).get("pin", ANY_PIN)
        return row is not None and (wanted == ANY_PIN or pin.reveal() == str(wanted))


class ScriptedVerifier:
    """A flow's `Verifier` for rows of a test: see this module's first lines."""

    async def matches(self, entered: Secret, hashed: str | None) -> bool:
        """True if the row accepts any PIN, or this one."""
        return hashed == ANY_PIN or (hashed is not None and entered.reveal() == hashed)
