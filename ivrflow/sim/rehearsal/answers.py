"""What look-ups answer in a talk: rows, or the ways in which they fail.

A row that is given without its verify column accepts any PIN. `wrong` refuses all of
them; a verify column that is given holds the PIN itself, since nothing here is hashed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.rows import place, typed
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.source import Problem, Scalar, Table, place_of
from ivrflow.flow.world import Against, LockOuts, Row, Trouble
from ivrflow.secret import Masked, Secret

UNKNOWN = "R001"
"""A name that the site does not have."""

MISFIT = "R002"
"""A value that can't be what the site says."""

ANY_PIN = "(any PIN)"
NO_PIN = "(no PIN)"

Way = Literal["row", "not found", "error", "slow", "wrong", "locked"]
WAYS = ("not found", "error", "slow", "wrong", "locked")

IN_TURN = "in turn"
"""The key of a list of answers: the first one first, the last one from then on."""

SLOW = 5.0
"""Seconds until a slow source without a `timeout` is given up."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source answers, each time it is asked."""

    way: Way
    row: Row | None = None
    rows: tuple[Row, ...] = ()
    """Of a source with `many`."""
    next: Answer | None = None
    """What it answers the next time; None: the same again."""


def read_answer(
    source: DataSource, given: object, problems: list[Problem]
) -> Answer | None:
    """Read what a test gives for *source*; note what is wrong with it."""
    at = place_of(given)
    if isinstance(given, Table) and list(given) == [IN_TURN]:
        return _in_turn(source, given[Scalar(IN_TURN)], problems)
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
            proves = way in ("wrong", "locked")
            if proves and not source.verify:
                message = f"{way!r} needs `verify`, and {source.name} has none"
                problems.append(Problem(at, MISFIT, message))
                return None
            # A core system that judges looks at `pin`; see `ScriptedJudge`.
            empty = dict.fromkeys(source.hash_columns or ("pin",), NO_PIN)
            row = empty if proves else None
            return Answer(way, row)  # type: ignore[arg-type]  # one of the words above
    wanted = "a row" if source.many is None else "a list of rows"
    message = f"{wanted} is wanted here, or one of: {', '.join(WAYS)}"
    problems.append(Problem(at, MISFIT, message))
    return None


def _in_turn(
    source: DataSource, given: object, problems: list[Problem]
) -> Answer | None:
    """Answers one after the other, as `{in turn: [error, {amount: 5}]}`."""
    if not isinstance(given, list) or not given:
        message = f"`{IN_TURN}` is a list of answers, the first one first"
        problems.append(Problem(place_of(given), MISFIT, message))
        return None
    answers = [read_answer(source, one, problems) for one in given]
    last: Answer | None = None
    for answer in reversed(answers):
        if answer is None:
            return None
        last = replace(answer, next=last)
    return last


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
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})\.\d{1,6}", written, re.ASCII):
        return Decimal(written)
    try:
        # 0123 is a number only for a computer.
        return str(written) if written[:1] == "0" and written != "0" else int(written)
    except ValueError:
        return None if written == "none" else str(written)


class Tables(Protocol):
    """Tables that are really there. None of it waits."""

    def knows(self, source: DataSource) -> bool:
        """Whether it answers *source*."""

    def rows(self, source: DataSource, values: Mapping[str, Any]) -> Sequence[Row]:
        """The rows of a select; raises `Trouble`."""

    def store(self, source: DataSource, values: Mapping[str, Any]) -> None:
        """Insert a row; raises `Trouble`."""


class ScriptedLookups:
    """A flow's `Lookups` that answers as it is told.

    *unanswered* is called with a look-up that nothing is given for, before it fails.
    What is stored is kept in `stored`, by source; a store needs no answer.
    """

    def __init__(
        self, answers: Mapping[str, Answer], unanswered: Callable[[DataSource], None]
    ) -> None:
        self._answers = dict(answers)
        self.last: dict[str, Answer] = {}
        """Source -> what it has answered the last time."""
        self._unanswered = unanswered
        self.stored: dict[str, list[dict[str, Any]]] = {}
        self._once: set[tuple[str, str]] = set()
        self.asked: dict[str, list[Mapping[str, Any]]] = {}
        """What each look-up was asked with; secrets masked."""
        self.tables: Tables | None = None
        """What answers where nothing is given, if it knows the source."""

    def give(self, source: str, answer: Answer) -> None:
        """*source* answers this from now on."""
        self._answers[source] = answer

    async def find(self, source: DataSource, values: Mapping[str, Any]) -> Row | None:
        """Return the row that was given for *source*; raise `Trouble` as told."""
        return (await self._answer(source, values)).row

    async def find_all(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Return the rows that were given for *source*; raise `Trouble` as told."""
        return (await self._answer(source, values)).rows[: int(source.many or 1)]

    async def _answer(self, source: DataSource, values: Mapping[str, Any]) -> Answer:
        asked = {str(name): _plain(value) for name, value in values.items()}
        self.asked.setdefault(source.name, []).append(asked)
        answer = self._answers.get(source.name)
        if answer is None and self.tables is not None and self.tables.knows(source):
            rows = tuple(self.tables.rows(source, values))
            found = Answer("row" if rows else "not found", (*rows, None)[0], rows)
            self.last[source.name] = found
            return found
        if answer is None:
            self._unanswered(source)
            raise Trouble(f"{place(source)}: nothing was given for {source.name}")
        self._take(source, answer)
        await self._fail(source, answer)
        return answer

    def _take(self, source: DataSource, answer: Answer) -> None:
        """*answer* is given; the next one comes after it."""
        self.last[source.name] = answer
        self._answers[source.name] = answer.next or answer

    async def store(
        self,
        source: DataSource,
        values: Mapping[str, Any],
        *,
        key: str = "",
        look_first: bool = False,
    ) -> bool:
        """Keep the values, each key once where the source says so; fail as told."""
        # What is masked is compared and told as it may be seen: by its end.
        row = {k: str(v) if isinstance(v, Masked) else v for k, v in values.items()}
        if _has_secret(row.values()):
            raise Trouble(f"{place(source)}: a secret can't be stored")
        rows = self.stored.setdefault(source.name, [])
        if source.once is not None and key:
            if (source.name, key) in self._once:
                return False
        elif look_first and row in rows:
            return False
        answer = self._answers.get(source.name)
        if answer is not None:
            self._take(source, answer)
            await self._fail(source, answer)
        elif self.tables is not None and self.tables.knows(source):
            self.tables.store(source, values)
        rows.append(row)
        self._once.add((source.name, key))
        return True

    async def _fail(self, source: DataSource, answer: Answer) -> None:
        if answer.way == "error":
            raise Trouble(f"{place(source)}: the test says that it is away")
        if answer.way == "slow":
            within = float(source.timeout) if source.timeout else SLOW
            await asyncio.sleep(within)
            raise Trouble(f"{place(source)}: no answer within {within:g} s")


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Secret) else value


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
        answer = self._lookups.last.get(source.name)
        row = answer.row if answer else None
        wanted = (row or {}).get("pin", ANY_PIN)
        return row is not None and (wanted == ANY_PIN or pin.reveal() == str(wanted))


class ScriptedVerifier:
    """A flow's `Verifier` for rows of a test: see this module's first lines."""

    async def matches(self, entered: Secret, hashed: str | None) -> bool:
        """True if the row accepts any PIN, or this one."""
        return hashed == ANY_PIN or (hashed is not None and entered.reveal() == hashed)

    async def hash(self, pin: Secret) -> str:
        """The PIN itself."""
        return pin.reveal()


class ScriptedLockOuts:
    """A flow's `LockOuts` that locks where a look-up's answer is `locked`.

    All else is counted as ever, by *counted*.
    """

    def __init__(self, lookups: ScriptedLookups, counted: LockOuts) -> None:
        self._lookups = lookups
        self._counted = counted
        self.locked = counted.locked
        self.count = counted.count
        self.take_back = counted.take_back
        self.forget = counted.forget

    async def count_all(self, against: Sequence[Against], now: datetime) -> bool:
        """False if the test says so, or too many attempts were wrong."""
        answers = self._lookups.last
        said = (answers.get(one.source) for one in against)
        if any(answer is not None and answer.way == "locked" for answer in said):
            return False
        return await self._counted.count_all(against, now)
