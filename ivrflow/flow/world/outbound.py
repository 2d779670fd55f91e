"""The guard between flows and the telephone network."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ivrflow.flow.outbound import Line
    from ivrflow.flow.site import Site


class Outbound(Protocol):
    """The guard between flows and the telephone network: what they may dial."""

    @property
    def dials(self) -> bool:
        """Whether any number may be dialled at all."""

    def allows(self, number: str) -> None:
        """Raise `outbound.Refused` for a number that may never be dialled."""

    def placing(
        self,
        number: str,
        site: Site,
        *,
        hand_over: bool = False,
        placed: bool = False,
    ) -> AbstractContextManager[Line]:
        """Count a call to *number* for as long as the block runs; say what to dial.

        Raises `outbound.Refused`. *hand_over*: the call is let go, so that it is
        counted while it is placed only. *placed*: the process before this one has
        placed it, so no limit ends it now. Never waits.
        """
