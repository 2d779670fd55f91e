"""Q022: two mailboxes that both take what the dialplan recorded.

While the service is away, Asterisk's dialplan may record what callers have to say. It
knows no mailboxes, so one of them takes all of it: the one that says `fallback: yes`,
or the only one there is.

Wrong:

    # mailboxes.yaml
    box: {fallback: yes, heard_by: [admin]}
    other: {fallback: yes, heard_by: [admin]}
    ^

Right:

    # mailboxes.yaml
    box: {fallback: yes, heard_by: [admin]}
    other: {heard_by: [admin]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.source import Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    taking = [name for name, box in site.mailboxes.items() if box.fallback]
    for name in taking[1:]:
        message = (
            f"{str(taking[0])!r} takes what the dialplan recorded already: leave "
            "`fallback` out here"
        )
        yield Problem(place_of(name), "Q022", message)
