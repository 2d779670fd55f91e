"""Callers whom an outage cut off get their places again.

Who waited when a service ended, and whose call is over when the next one looks, has
hung up, or was cut off by an Asterisk that died: nobody knows. The board still has them
in line, as they were. Before the desk takes them out, what queues.yaml says of
`keep_place` is done for them, from now on: nobody knows when they left.
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
