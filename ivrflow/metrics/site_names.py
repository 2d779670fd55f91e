"""The names that a site gives its parts, as labels may have them."""

from __future__ import annotations

from collections.abc import Callable

from ivrflow.flow.site import Site
from ivrflow.metrics.counting import Names


class SiteNames:
    """The names of the live version; looked up anew with each version only."""

    def __init__(self, site: Callable[[], Site]) -> None:
        self._site = site
        self._of: Site | None = None
        self._names = Names()

    def __call__(self) -> Names:
        site = self._site()
        if site is not self._of:
            self._of = site
            self._names = Names(
                queues=frozenset(map(str, site.queues)),
                flows=frozenset(map(str, site.flows)),
                sources=frozenset(map(str, site.data)),
            )
        return self._names
