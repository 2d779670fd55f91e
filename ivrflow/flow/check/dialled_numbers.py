"""D091: a flow that dials numbers (a note).

No number can be dialled unless the settings of the service have `outbound:`, with how
allowed numbers begin. Those that flows dial are named, so that they can be put there.

Told:

    reach: {transfer: 01065521234, failed: hangup}
                      ^

Not told:

    reach: {transfer: PJSIP/1001, failed: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import note
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            number = getattr(vars(node.step).get("to"), "number", None)
            if node.verb == "transfer" and number is not None:
                message = (
                    f"dials {str(number)!r}: `outbound` in the service's settings must "
                    "allow it"
                )
                yield note(number.at, "D091", message)
