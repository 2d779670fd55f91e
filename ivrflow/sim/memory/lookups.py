"""A flow's data in memory: answers that were given beforehand, and what was stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ivrflow.flow.rows import place, typed
from ivrflow.flow.world import Row, Trouble
from ivrflow.secret import Masked, Secret

if TYPE_CHECKING:
    from ivrflow.flow.site.data import DataSource


Answer = Mapping[str, Any] | Sequence[Mapping[str, Any]] | Trouble | None
"""What a source answers: a row, rows, nothing, or a failure."""


class MemoryLookups:
    """A flow's `Lookups`: answers by the source's name, rows as they would come.

    An answer may be a function of the values, which has no secrets in it but those of a
    source with `verify`: these it gets as texts, and what is masked too. A source
    without an answer is `Trouble`. What was stored is in `stored`, by source.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer | Callable[[Mapping[str, Any]], Answer]],
    ) -> None:
        self.answers = dict(answers)
        self.stored: dict[str, list[dict[str, Any]]] = {}
        self._once: set[tuple[str, str]] = set()

    async def find(self, source: DataSource, values: Mapping[str, Any]) -> Row | None:
        """Return the row that was given for *source*, typed as `gives` says."""
        rows = self._rows(source, values)
        if len(rows) > 1:
            raise Trouble(f"{place(source)}: more than one row")
        return typed(source, rows[0]) if rows else None

    async def find_all(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Return the rows that were given for *source*, at most `many`."""
        rows = self._rows(source, values)[: int(source.many or 1)]
        return tuple(typed(source, row) for row in rows)

    def _rows(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> list[Mapping[str, Any]]:
        given = {key: _shown(source, key, value) for key, value in values.items()}
        answer = self._of(source)
        if callable(answer):
            answer = answer(given)
        if isinstance(answer, Trouble):
            raise answer
        return [answer] if isinstance(answer, Mapping) else list(answer or ())

    async def store(
        self,
        source: DataSource,
        values: Mapping[str, Any],
        *,
        key: str = "",
        look_first: bool = False,
    ) -> bool:
        """Keep *values* in `stored`, each key once where the source says `once`."""
        row = {
            key: value.reveal() if isinstance(value, Masked) else value
            for key, value in values.items()
        }
        if any(isinstance(value, Secret) for value in row.values()):
            raise Trouble(f"{place(source)}: a secret can't be stored")
        answer = self.answers.get(source.name)
        if isinstance(answer, Trouble):
            raise answer
        rows = self.stored.setdefault(source.name, [])
        if source.once is not None and key:
            if (source.name, key) in self._once:
                return False
            self._once.add((source.name, key))
        elif look_first and row in rows:
            return False
        rows.append(row)
        return True

    def _of(self, source: DataSource) -> Any:
        if source.name not in self.answers:
            raise Trouble(f"{place(source)}: no answer was given for {source.name!r}")
        return self.answers[source.name]


def _shown(source: DataSource, name: str, value: Any) -> Any:
    if not isinstance(value, Secret):
        return value
    if not source.verify and not isinstance(value, Masked):
        raise Trouble(f"{place(source)}: {name!r} is a secret")
    return value.reveal()
