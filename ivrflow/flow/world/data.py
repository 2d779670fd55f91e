"""What a flow looks up and stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ivrflow.flow.site.data import DataSource


Row = Mapping[str, Any]
"""A row that was looked up: column -> text, int, Decimal, date, bool or None."""


class Lookups(Protocol):
    """Looks things up and stores them as `data.yaml` says; raises `Trouble`."""

    async def find(self, source: DataSource, values: Mapping[str, Any]) -> Row | None:
        """Return the one row or answer, typed as `gives` says; None if there is none.

        For a source with `verify` the row still has its verify column; `authenticate`
        takes it out before anything else sees the row.
        """

    async def find_all(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Return the rows of a source with `many`, at most so many; () for none."""

    async def store(
        self,
        source: DataSource,
        values: Mapping[str, Any],
        *,
        key: str = "",
        look_first: bool = False,
    ) -> bool:
        """Store a row; False: it was there already, and nothing has changed.

        *key* names this store for ever, "" for none: a source with `once`, and whoever
        gets a `post`, tells by it that they have the row. *look_first*: a row that has
        all these values is this one.
        """
