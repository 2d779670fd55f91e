"""Callers whom the end of the last service cut off get their places again.

Their calls are gone with it, but the board still has them in line, as they were. The
desk takes them out when it starts; before that, what queues.yaml says of `keep_place`
is done for them, from now on: nobody knows when they were cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ivrflow.acd.model import Waiting
from ivrflow.db.callbacks import KeptPlace
from ivrflow.flow.site import Site


def places_of(
    waiting: Iterable[Waiting], site: Site, now: float
) -> Iterator[KeptPlace]:
    """The places that are kept of those who stood in line."""
    for one in waiting:
        rules = site.queues.get(one.queue)
        keep = rules.keep_place if rules else None
        if keep and one.who and one.item == "call":
            yield KeptPlace(one.queue, one.who, one.joined, now + keep)
