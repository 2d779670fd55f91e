"""D030: an entry of data.yaml that nothing uses (a note).

No step looks up, stores or authenticates with it, no flow takes or gives its record,
and no other entry is `like` it. Perhaps a step has another name in mind.

Told:

    # data.yaml
    marks: {database: crm, insert: marks, timeout: 2s}
    ^

Not told:

    # data.yaml
    marks: {database: crm, insert: marks, timeout: 2s}
    # flows/main.yaml
    flow: main
    steps:
      keep: {store: marks, with: {id: 5}, error: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import everything, note
from ivrflow.flow.kinds import SourceName
from ivrflow.flow.source import Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    if any(flow.broken for flow in site.flows.values()) or "flows" in site.broken:
        return  # a step that can't be read may use it
    used = {str(f.kind) for f in everything(site) if isinstance(f.kind, SourceName)}
    for flow in site.flows.values():
        used |= {str(kind) for kind in (*flow.takes.values(), *flow.gives.values())}
    for name in site.data:
        if str(name) not in used:
            message = f"nothing uses {str(name)!r}"
            yield note(place_of(name), "D030", message)
