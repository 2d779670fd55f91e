"""What a flow gives to the dialplan that has called it: variables of the channel.

They are the names of the flow's `gives:`, as `IVR_NAME`. Asterisk must not take any of
it for more than a text: names are plain, a value is one line, and what is secret goes
nowhere. The last one says that the flow came to its end. A service that dies leaves a
script that Asterisk calls a success; so a dialplan believes in that variable alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from ivrflow.secret import Secret

if TYPE_CHECKING:
    from ivrflow.flow.call import Call

PREFIX = "IVR_"
"""Before each name: no flow can set a variable that Asterisk lives by."""

ENDED = "IVRFLOW_ENDED"
"""The variable that is set last; "flow": the flow came to its end."""

REFUSED = "IVRFLOW_REFUSED"
"""Set, with why, where a script was not run at all."""

LONGEST = 1000
"""Bytes of a value."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,50}")


def results(call: Call) -> dict[str, str]:
    """Variable -> value, in the order in which they are set."""
    found = {}
    if call.frames:
        outermost = call.frames[0]
        for name in map(str, outermost.flow.gives):
            text = as_text(outermost.variables.get(name))
            if text is not None and _NAME.fullmatch(name):
                found[f"{PREFIX}{name}"] = text
    return {**found, ENDED: "flow"}


def as_text(value: object) -> str | None:
    """*value* as one line; None for what a dialplan can't have."""
    if isinstance(value, Secret | Mapping | list | tuple):
        return None
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}"
    line = "".join(c if c.isprintable() else " " for c in str(value))
    return line.encode(errors="replace")[:LONGEST].decode(errors="ignore")
