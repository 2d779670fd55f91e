"""F024: a name that nothing sets.

An expression or a prompt reads a variable that no step of this flow saves or sets, and
that the flow does not take. It would always be `none`. A sub-flow sees what it `takes`
and the built-in names only, not the variables of the flow that calls it.

Wrong:

    note: {log: {caller: call.form}}
                         ^

Right:

    note: {log: {caller: call.from}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._values import BUILT_IN, extra_names, uses, variables
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    known = variables(site)
    some_broken = any(f.broken for f in site.flows.values()) or "flows" in site.broken
    everywhere = {name for held in known.values() for name in held}
    for use in uses(site):
        flow = use.found.flow
        if flow.broken if flow is not None else some_broken:
            continue  # the steps that could not be read may set it
        held = everywhere if flow is None else set(known[flow.name])
        names = held | set(BUILT_IN) | extra_names(use)
        for path, at in use.expression.places():
            if path[0] not in names:
                where = f"in the flow {flow.name!r}" if flow else "in any flow"
                hint = did_you_mean(path[0], names)
                if not hint and use.expression.source == path[0]:
                    hint = f"; a text has quotes of its own: \"'{path[0]}'\""
                message = f"nothing sets {path[0]!r} {where}{hint}"
                if path[0] == "secret":
                    message = "secrets can be used in data.yaml only"
                yield Problem(at, "F024", _for_prompt(use.prompt, message))
            elif path[0] not in held and len(path) > 1 and BUILT_IN.get(path[0]):
                members = BUILT_IN[path[0]]
                if path[1] not in members:
                    hint = did_you_mean(path[1], members)
                    message = f"{path[0]!r} has no {path[1]!r}{hint}"
                    yield Problem(at, "F024", message)


def _for_prompt(prompt: str, message: str) -> str:
    return f"the prompt {prompt!r} is said where {message}" if prompt else message
