"""D015: a look-up gets other values than it needs.

What stands in `with:` is bound to the `:names` of the SQL and the `${names}` of the
URL. One that is missing would make the look-up fail at every call; one too many is a
mistake in a name. `authenticate` gives `card`, and nothing else.

Wrong:

    find: {lookup: order, with: {nr: 5}, error: hangup}
                   ^
                                 ^

Right:

    find: {lookup: order, with: {id: 5}, error: hangup}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.kinds import Text, did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.data import DataSource

CODE = "D015"
_QUOTED = re.compile(r"'[^']*'|--[^\n]*")
_BOUND = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            name = vars(node.step).get("source")
            source = site.data.get(str(name))
            if name is None or source is None or source.writes:
                continue
            needed = needed_by(source)
            given = getattr(node.step, "with_", {})
            if node.verb == "authenticate":
                given = {"card": name}
            for one in sorted(needed - set(map(str, given))):
                message = f"{str(name)!r} needs the value {one!r}; give it in `with:`"
                if node.verb == "authenticate":
                    message = (
                        f"{str(name)!r} needs {one!r}; a caller enters `card` only"
                    )
                yield Problem(name.at, CODE, message)
            for one in given:
                if str(one) not in needed and source.post is None:
                    hint = did_you_mean(str(one), needed)
                    message = f"{str(name)!r} has no use for {str(one)!r}{hint}"
                    yield Problem(getattr(one, "at", name.at), CODE, message)


def needed_by(source: DataSource) -> set[str]:
    """The names that a look-up binds."""
    needed = set(_BOUND.findall(_QUOTED.sub("", source.sql or "")))
    texts: list[Text] = [*source.headers.values()]
    texts += [text for text in (source.get, source.post) if text is not None]
    for text in texts:
        for _, expression in text.slots:
            needed |= {path[0] for path in expression.paths if path[0] != "secret"}
    return needed
