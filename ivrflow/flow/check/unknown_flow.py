"""F025: a flow that does not exist.

A step or a number names a flow, and no file of `flows/` begins with `flow: NAME`.

Wrong:

    bye: {call: closin}
                ^

Right:

    bye: {call: closing}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import unknown
from ivrflow.flow.kinds import FlowName
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for name, hint in unknown(site, FlowName, "flows", site.flows):
        yield Problem(name.at, "F025", f"there is no flow {str(name)!r}{hint}")
