"""Sends each source of `data.yaml` to the part that can ask it, and remembers answers.

An answer is remembered only where the source says so (`cache: 60s`), for the values it
was asked with, in memory, and never for a source that proves who calls. What was not
found is asked again the next time: it may be there by then. A store makes us forget
nothing: who reads what he writes gives no `cache`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivrflow.flow.world import Lookups, Row
from ivrflow.secret import Secret

if TYPE_CHECKING:
    from ivrflow.flow.site.data import DataSource

REMEMBERED = 2_000
"""Answers at most; the oldest go first."""


class Remembered:
    """Answers of the last seconds. *now* is any clock that only goes forward."""

    def __init__(self, now: Callable[[], float], most: int = REMEMBERED) -> None:
        self._now = now
        self._most = most
        self._answers: OrderedDict[Hashable, tuple[float, Sequence[Row]]] = (
            OrderedDict()
        )

    def get(self, key: Hashable) -> Sequence[Row] | None:
        """Return what is remembered; None if nothing is, or for too long."""
        until, rows = self._answers.get(key, (0.0, ()))
        if not rows:
            return None
        if until <= self._now():
            del self._answers[key]
            return None
        return rows

    def keep(self, key: Hashable, rows: Sequence[Row], lasting: float) -> None:
        """Remember *rows* for *lasting* seconds, if there are any."""
        if not rows:
            return
        self._answers[key] = (self._now() + lasting, rows)
        self._answers.move_to_end(key)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)

    def __len__(self) -> int:
        return len(self._answers)


def _never() -> float:
    return 0.0


@dataclass(frozen=True)
class LookupsByWay:
    """A flow's `Lookups`: databases for `sql` and `insert`, HTTP for all else."""

    databases: Lookups
    http: Lookups
    remembered: Remembered = field(default_factory=lambda: Remembered(_never, 0))
    """Remembers nothing unless it is given."""

    async def find(self, source: DataSource, values: Mapping[str, Any]) -> Row | None:
        """Return the one row or answer; None if there is none. Raises `Trouble`."""
        key = _key(source, values)
        if key is not None and (known := self.remembered.get(key)) is not None:
            return known[0]
        row = await self._of(source).find(source, values)
        if key is not None and row is not None:
            self.remembered.keep(key, (row,), float(source.cache or 0))
        return row

    async def find_all(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Return the rows of a source with `many`. Raises `Trouble`."""
        key = _key(source, values)
        if key is not None and (known := self.remembered.get(key)) is not None:
            return known
        rows = await self._of(source).find_all(source, values)
        if key is not None:
            self.remembered.keep(key, rows, float(source.cache or 0))
        return rows

    async def store(
        self,
        source: DataSource,
        values: Mapping[str, Any],
        *,
        key: str = "",
        look_first: bool = False,
    ) -> bool:
        """Store one row; False: it was there already. Raises `Trouble`."""
        return await self._of(source).store(
            source, values, key=key, look_first=look_first
        )

    def _of(self, source: DataSource) -> Lookups:
        return self.databases if source.database is not None else self.http


def _key(source: DataSource, values: Mapping[str, Any]) -> Hashable | None:
    """Under which key an answer is remembered; None where it must not be."""
    if source.cache is None or source.verify:
        return None
    if any(isinstance(value, Secret) for value in values.values()):
        return None
    # The source itself is part of it: after a reload the same name may ask another.
    asked = source.model_dump_json()
    # 1, 1.0 and True are equal, and are different questions.
    with_ = tuple(sorted((k, type(v).__name__, str(v)) for k, v in values.items()))
    return (source.name, asked, with_)
