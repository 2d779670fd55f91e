"""The version of the site that new calls take, and how it is changed for another one.

    files read - judged beside us - loaded - same files still? - fits - live - kept

Whatever goes wrong before the end leaves the old version as it is, and says why. A call
keeps the version that it began with, so nothing here touches calls.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from ivrflow.config import BadConfig
from ivrflow.flow.folder import read_texts
from ivrflow.flow.load import BadSite, load_site
from ivrflow.flow.site import Site
from ivrflow.flow.source import Mark, Problem
from ivrflow.flow.versions import NotReloaded, Reloaded, Texts
from ivrflow.flow.world import Trouble
from ivrflow.service.judge import Judgement, judged

log = logging.getLogger("ivrflow.site")


class Versions(Protocol):
    """Where versions are kept; raises `Trouble`."""

    async def went_live(
        self, version: str, texts: Texts, *, by: str, at: float, tested: bool
    ) -> None: ...


class LiveSite:
    """The live version, and the one turn at which it is changed."""

    def __init__(
        self,
        site: Site,
        versions: Versions,
        *,
        clock: Callable[[], float],
        follow: Callable[[Site], Awaitable[None]],
    ) -> None:
        """*follow* makes agents, queues and new calls follow a version.

        It raises `Trouble`, or `BadConfig` for a site that the settings don't fit, as
        long as nothing has changed yet.
        """
        self.now = site
        self._versions = versions
        self._clock = clock
        self._follow = follow
        self._turn = asyncio.Lock()
        self._asked = asyncio.Event()

    async def began(self) -> None:
        """Keep the version that the service begins with; raises `Trouble`.

        Its talks are not run: a service that starts again must take calls soon.
        """
        try:
            texts = await asyncio.to_thread(read_texts, self.now.folder)
        except OSError as error:
            raise Trouble(f"{self.now.folder}: {error}") from None
        await self._keep(self.now, texts, by="start", tested=False)

    def ask(self) -> None:
        """Ask for a reload by `run`, as a signal does. Never blocks."""
        self._asked.set()

    async def run(self) -> None:
        """Reload for ever, whenever it was asked for; what is refused is logged."""
        while True:
            await self._asked.wait()
            self._asked.clear()  # before reading: what is saved meanwhile counts
            with suppress(NotReloaded, Trouble):  # they are in the log
                await self.reload("SIGHUP")

    async def reload(self, by: str) -> Reloaded:
        """Take the files as they are now, for all calls to come.

        Raises `NotReloaded` with all that is wrong with them, or `Trouble`; the old
        version stays then. Several at once take turns.
        """
        async with self._turn:
            try:
                done = await self._reload(by)
            except NotReloaded as refused:
                log.error(
                    "site %s stays; the new files are refused:\n%s",
                    self.now.version,
                    refused,
                )
                raise
            except Trouble as trouble:
                log.error("site %s stays: %s", self.now.version, trouble)
                raise
            if done.changed:
                log.info("site %s is live, instead of %s", done.version, done.was)
            else:
                log.info("site %s is live already: nothing has changed", done.version)
            return done

    async def _reload(self, by: str) -> Reloaded:
        was = self.now
        texts = await self._texts()
        found = await judged(was.folder)
        if not found.good:
            raise NotReloaded(found.problems)
        new = await self._loaded(found, texts)
        if new.version != was.version:
            try:
                await self._follow(new)
            except BadConfig as misfit:
                at = Mark("site.yaml", 1, 1)
                raise NotReloaded([Problem(at, "C002", str(misfit))]) from None
            self.now = new
        try:
            await self._keep(new, texts, by=by, tested=found.tested)
        except Trouble as trouble:
            name = new.version
            log.warning("site %s is live, but could not be kept: %s", name, trouble)
        return Reloaded(
            version=new.version,
            was=was.version,
            passed=found.passed,
            not_run=found.not_run,
        )

    async def _loaded(self, found: Judgement, texts: Texts) -> Site:
        """Load what was judged; raise `Trouble` if somebody writes just now."""
        try:
            new = await asyncio.to_thread(load_site, self.now.folder)
        except BadSite:
            new = None
        if new is None or new.version != found.version or texts != await self._texts():
            raise Trouble("the files change while they are read; reload again")
        return new

    async def _texts(self) -> Texts:
        folder = self.now.folder
        try:
            return await asyncio.to_thread(read_texts, folder)
        except OSError as error:
            name = str(error.filename or folder).removeprefix(f"{folder}/")
            why = f"can't be read: {error.strerror}"
            raise NotReloaded([Problem(Mark(name, 1, 1), "Y015", why)]) from None

    async def _keep(self, site: Site, texts: Texts, *, by: str, tested: bool) -> None:
        await self._versions.went_live(
            site.version, texts, by=by, at=self._clock(), tested=tested
        )
