"""F050: a key that has to wait, because a longer one begins with it (a warning).

Whoever presses 1 where 10 is a choice too waits until `between_keys` is over: nobody
knows whether a 0 follows. The same goes for a key with which an extension begins that
can be dialled at the menu. Give it a key of its own, or a shorter `between_keys`.

Wrong:

    pick: {menu: which, keys: {1: greet, 10: hangup}, failed: hangup}
                               ^
    greet: {say: hello}

Right:

    pick: {menu: which, keys: {1: greet, 20: hangup}, failed: hangup}
    greet: {say: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem
from ivrflow.flow.steps.menu import Menu

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if isinstance(node.step, Menu):
                yield from _waiting(site, node.step)


def _waiting(site: Site, menu: Menu) -> Iterator[Problem]:
    extensions = menu.dial_extension.known(site) if menu.dial_extension else ()
    every = sorted({*map(str, menu.keys), *extensions})
    for key in menu.keys:
        longer = next((one for one in every if one != key and one.startswith(key)), "")
        if longer:
            what = "extension" if longer in extensions else "key"
            message = (
                f"key {key.written} waits {menu.between_keys:g} s, since the {what} "
                f"{longer} begins with it"
            )
            yield warning(key.at, "F050", message)
