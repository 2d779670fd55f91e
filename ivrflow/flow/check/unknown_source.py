"""D010: a look-up or store that data.yaml does not have.

Mend the name, or describe the source in data.yaml.

Wrong:

    find: {lookup: oder, with: {id: 5}, error: hangup}
                   ^

Right:

    find: {lookup: order, with: {id: 5}, error: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import unknown
from ivrflow.flow.kinds import SourceName
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for name, hint in unknown(site, SourceName, "data.yaml", site.data):
        yield Problem(name.at, "D010", f"data.yaml has no {str(name)!r}{hint}")
