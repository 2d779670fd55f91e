"""D013: a source without a timeout (a warning).

A caller would listen to nothing for as long as the other system likes.

Wrong:

    # data.yaml
    marks: {database: crm, insert: marks}
           ^

Right:

    # data.yaml
    marks: {database: crm, insert: marks, timeout: 2s}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for source in site.data.values():
        if source.timeout is None:
            message = f"{source.name!r} has no `timeout:`; write 2s or so"
            yield warning(source.at, "D013", message)
