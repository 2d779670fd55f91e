"""What the checker may ask about a site's recordings.

A site is checked without its recordings too: then nothing is said of them, and how long
a prompt takes is guessed from its words. Whoever knows them hands them to
`check_site(folder, sounds=...)`; `ivrflow check --sounds` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ivrflow.prompts.measure import Fault
from ivrflow.prompts.phrase import Clip


class Sounds(Protocol):
    """The recordings of a site."""

    def seconds(self, clip: Clip) -> float | None:
        """How long the recording that says the words of *clip* is; None: none does."""

    def faults(self, clip: Clip) -> Iterable[Fault]:
        """What is wrong with the recording of *clip*; that it is missing is one."""
