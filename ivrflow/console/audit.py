"""The audit, as the API's parts write into it."""

from __future__ import annotations

import logging
from typing import Protocol

from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)


class Ledger(Protocol):
    """The audit."""

    async def note(
        self, who: str, what: str, before: str | None = None, after: str | None = None
    ) -> None:
        """Note that *who* did *what*. Raises `Trouble`."""


async def noted(
    ledger: Ledger,
    by: str,
    what: str,
    before: str | None = None,
    after: str | None = None,
) -> None:
    """Note what is done already: where that can't be, the log has it instead."""
    try:
        await ledger.note(by, what, before, after)
    except Trouble as trouble:
        # It is done: saying that it failed would have it done twice.
        done = what if after is None else f"{what}: {after}"
        log.error("%s, %s; the audit lacks it: %s", by, done, trouble)
