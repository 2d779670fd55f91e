"""The API's part for the site: which version is live, and a new one instead.

GET  /api/site           which version new calls take, which the calls up now have
POST /api/site/reload    take the files as they are now; 422 with all their problems
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from aiohttp import web

from ivrflow.console.asking import Refused
from ivrflow.console.who import least, who
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.site import Site
from ivrflow.flow.versions import NotReloaded, Reloaded


class LiveSite(Protocol):
    """The live version of the site."""

    now: Site

    async def reload(self, by: str) -> Reloaded:
        """Take the files as they are now. Raises `NotReloaded`, `Trouble`."""


class SiteRoutes:
    """What the API says and does about the site."""

    def __init__(self, site: LiveSite, calls: LiveCalls) -> None:
        self._site = site
        self._calls = calls

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/api/site", self._show),
            web.post("/api/site/reload", self._reload),
        ]

    @least("supervisor")
    async def _show(self, _: web.Request) -> web.Response:
        site = self._site.now
        return web.json_response(
            {
                "version": site.version,
                "folder": str(site.folder),
                "flows": sorted(map(str, site.flows)),
                "calls": Counter(call.version for call in self._calls.state()),
            }
        )

    async def _reload(self, request: web.Request) -> web.Response:
        try:
            done = await self._site.reload(who(request).name)
        except NotReloaded as refused:
            number = len(refused.problems)
            raise Refused(
                422,
                f"version {self._site.now.version} stays: the new files have "
                f"{number} error{'s' if number > 1 else ''}",
                refused.problems,
            ) from None
        return web.json_response(
            {
                "version": done.version,
                "was": done.was,
                "changed": done.changed,
                "talks": {"passed": done.passed, "not_run": done.not_run},
            }
        )
