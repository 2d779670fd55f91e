"""An outbox in memory, which hands letters over too."""

from __future__ import annotations

from collections.abc import Sequence

from ivrflow.flow.world import Letter, Trouble
from ivrflow.secret import Secret


class MemoryOutbox:
    """A flow's `Outbox`, and a `Courier` too: `letters` by key, `delivered` in order.

    *trouble* is raised instead, as long as it is set.
    """

    def __init__(self, trouble: Trouble | None = None) -> None:
        self.letters: dict[str, Letter] = {}
        self.delivered: list[Letter] = []
        self.trouble = trouble

    async def put(self, letters: Sequence[Letter]) -> None:
        """Keep *letters*; one that is there already changes nothing."""
        if self.trouble is not None:
            raise self.trouble
        if any(isinstance(letter.text, Secret) for letter in letters):
            raise Trouble("a letter with a secret can't be kept")
        for letter in letters:
            self.letters.setdefault(letter.key, letter)

    async def deliver(self, letter: Letter) -> None:
        """Note that it was handed over."""
        if self.trouble is not None:
            raise self.trouble
        self.delivered.append(letter)
