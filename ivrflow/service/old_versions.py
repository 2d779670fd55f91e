"""The versions of the site in which calls go on that began under an earlier service.

A call keeps the version that it began with. The live one is at hand; of the others the
database has the texts, and what is made of them stays as long as somebody may ask.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ivrflow.config import BadConfig
from ivrflow.flow.folder import write_texts
from ivrflow.flow.load import BadSite, load_site
from ivrflow.flow.site import Site
from ivrflow.flow.versions import NoVersion, Texts
from ivrflow.flow.world import Trouble, World

log = logging.getLogger("ivrflow.site")

KEPT = 8
"""Versions beside the live one, the last that were asked for."""

AGAIN = 10.0
"""Seconds after which a version is asked for again that a database that was away did
not give: not sooner, as hundreds of calls may wait for the answer."""

Version = tuple[Site, World]


class Shelf(Protocol):
    """Where versions are kept; raises `NoVersion`, `Trouble`."""

    async def texts(self, wanted: str) -> tuple[str, Texts]: ...


class OldVersions:
    """Finds the version of a call that goes on."""

    def __init__(
        self,
        shelf: Shelf,
        live: Callable[[], Version],
        world_of: Callable[[Site], Awaitable[World]],
    ) -> None:
        """*live* is the version that new calls take; *world_of* makes the world of the
        calls of another one, and raises `BadConfig` or `Trouble`."""
        self._shelf = shelf
        self._live = live
        self._world_of = world_of
        self._known: OrderedDict[str, Version] = OrderedDict()
        self._again_at: dict[str, float] = {}
        """When those are asked for again for which the live one stands in."""
        self._turn = asyncio.Lock()

    async def of(self, version: str) -> Version:
        """The site of *version* with a world for its calls.

        The live one, and a line in the log, where that one can't be had: its flows may
        lack the step where the call is, and it then begins its flow anew.
        """
        live = self._live()
        if live[0].version == version:
            return live
        async with self._turn:  # hundreds of calls want the same one
            now = asyncio.get_running_loop().time()
            if version not in self._known or self._again_at.get(version, now) < now:
                self._again_at.pop(version, None)
                try:
                    self._known[version] = await self._made(version)
                except (NoVersion, Trouble, BadSite, BadConfig, OSError) as why:
                    log.error(
                        "calls of version %s go on in %s, as it can't be had: %s",
                        version,
                        live[0].version,
                        why,
                    )
                    self._known[version] = live
                    if isinstance(why, Trouble):
                        self._again_at[version] = now + AGAIN
            self._known.move_to_end(version)
            while len(self._known) > KEPT:
                gone, _ = self._known.popitem(last=False)
                self._again_at.pop(gone, None)
            return self._known[version]

    async def _made(self, version: str) -> Version:
        _, texts = await self._shelf.texts(version)
        folder = self._live()[0].folder
        site = await asyncio.to_thread(site_of, texts, folder)
        if site.version != version:
            raise NoVersion(f"its texts make {site.version}")
        return site, await self._world_of(site)


def site_of(texts: Texts, folder: Path) -> Site:
    """The site of *texts*, with the recordings of *folder*.

    Blocks; raises `BadSite`.
    """
    with tempfile.TemporaryDirectory(prefix="ivrflow-") as name:
        copy = Path(name)
        write_texts(copy, texts)
        if (sounds := folder / "sounds").is_dir():
            (copy / "sounds").symlink_to(sounds.resolve())
        return replace(load_site(copy), folder=folder)
