"""The version of the site that new calls take, and how it is changed for another one.

    files read - judged beside us - loaded - same files still? - fits - live - kept

Whatever goes wrong before the end leaves the old version as it is, and says why. A call
keeps the version that it began with, so nothing here touches calls.

A version may also come from the live one by changing one value of one file:

    text edited in a copy - judged - loaded - noted - file written - fits - live - kept

Only that file is written, and only if it still is what is live: what a person is in the
middle of changing elsewhere neither goes live by that nor stands in its way.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    nullcontext,
    suppress,
)
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ivrflow.aio import finish
from ivrflow.config import BadConfig
from ivrflow.flow.changes import CannotChange, Edited
from ivrflow.flow.folder import (
    ChangedMeanwhile,
    read_text,
    read_texts,
    replace_text,
    write_texts,
)
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
        same: Callable[[], Awaitable[None]] | None = None,
        texts: Texts | None = None,
    ) -> None:
        """*texts* are those of *site*; None: what its folder says when it begins.

        *same* is called at a reload whose files say nothing new: recordings may be.

        *follow* makes agents, queues and new calls follow a version.

        It raises `Trouble`, or `BadConfig` for a site that the settings don't fit, as
        long as nothing has changed yet.
        """
        self.now = site
        self._texts: Texts = texts or {}
        self._versions = versions
        self._clock = clock
        self._follow = follow
        self._same = same
        self._turn = asyncio.Lock()
        self._asked = asyncio.Event()
        self._around: Callable[[], AbstractContextManager[None]] = nullcontext

    async def began(self) -> None:
        """Keep the version that the service begins with; raises `Trouble`.

        Its talks are not run: a service that starts again must take calls soon.
        """
        if not self._texts:
            try:
                self._texts = await asyncio.to_thread(read_texts, self.now.folder)
            except OSError as error:
                raise Trouble(f"{self.now.folder}: {error}") from None
        await self._keep(self.now, self._texts, by="start", tested=False)

    def on_reload(self, around: Callable[[], AbstractContextManager[None]]) -> None:
        """Enter *around* for each reload that a signal asks for; what refuses the files
        is raised in it."""
        self._around = around

    def ask(self) -> None:
        """Ask for a reload by `run`, as a signal does. Never blocks."""
        self._asked.set()

    async def run(self) -> None:
        """Reload for ever, whenever it was asked for; what is refused is logged."""
        while True:
            await self._asked.wait()
            self._asked.clear()  # before reading: what is saved meanwhile counts
            with suppress(NotReloaded, Trouble), self._around():  # they are in the log
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

    async def change(
        self,
        make: Callable[[Site, Texts], Edited],
        noted: Callable[[Edited], AbstractAsyncContextManager[None]],
        *,
        by: str,
    ) -> tuple[Edited, Reloaded]:
        """Change one file as *make* says, for all calls to come.

        *make* gets the live version and its texts. *noted* is entered when the change
        has been judged, before the file is written, and left with what goes wrong from
        then on. Raises `NotReloaded`, `CannotChange`, `Trouble`, and what *make* does.
        """
        async with self._turn:
            try:
                return await self._change(make, noted, by)
            except NotReloaded as refused:
                log.error("site %s stays: %s's change:\n%s", self._name, by, refused)
                raise
            except Trouble as trouble:
                log.error("site %s stays: %s's change: %s", self._name, by, trouble)
                raise

    @property
    def _name(self) -> str:
        return self.now.version

    async def _change(
        self,
        make: Callable[[Site, Texts], Edited],
        noted: Callable[[Edited], AbstractAsyncContextManager[None]],
        by: str,
    ) -> tuple[Edited, Reloaded]:
        was, old = self.now, self._texts
        edited = await asyncio.to_thread(make, was, old)
        if edited.text == old[edited.file]:  # only its end changes
            async with noted(edited):
                return edited, Reloaded(version=was.version, was=was.version)
        path, before = was.folder / edited.file, old[edited.file]
        await asyncio.to_thread(_refuse_other, path, before)
        texts = {**old, edited.file: edited.text}
        found, new = await self._tried(texts)

        async def take() -> None:
            async with noted(edited):
                await asyncio.to_thread(_written, path, before, edited.text)
                try:
                    await self._fit(new)
                except BaseException:
                    await asyncio.to_thread(_written, path, edited.text, before)
                    raise
            await self._live(new, texts, found, by)

        # Whole or not at all: a file that is written is noted, and the version live.
        await finish(take())
        log.info("site %s is live, instead of %s: %s", new.version, was.version, by)
        return edited, _reloaded(new, was, found)

    async def _tried(self, texts: Texts) -> tuple[Judgement, Site]:
        """Have *texts* judged in a folder of their own; return the site they make."""
        with tempfile.TemporaryDirectory(prefix="ivrflow-") as name:
            copy = Path(name)
            await asyncio.to_thread(self._copied, copy, texts)
            found = await judged(copy)
            if not found.good:
                raise NotReloaded(found.problems)
            try:
                new = await asyncio.to_thread(load_site, copy)
            except BadSite as bad:
                raise NotReloaded(bad.problems) from None
        return found, replace(new, folder=self.now.folder)

    def _copied(self, copy: Path, texts: Texts) -> None:
        """Make *copy* a site of *texts*, with the recordings of this one. Blocks."""
        write_texts(copy, texts)
        if (sounds := self.now.folder / "sounds").is_dir():
            (copy / "sounds").symlink_to(sounds.resolve())

    async def _reload(self, by: str) -> Reloaded:
        was = self.now
        texts = await self._read()
        found = await judged(was.folder)
        if not found.good:
            raise NotReloaded(found.problems)
        new = await self._loaded(found, texts)
        if new.version != was.version:
            await self._fit(new)
        else:
            new = was
            if self._same is not None:
                await self._same()
        await self._live(new, texts, found, by)
        return _reloaded(new, was, found)

    async def _fit(self, new: Site) -> None:
        try:
            await self._follow(new)
        except BadConfig as misfit:
            at = Mark("site.yaml", 1, 1)
            raise NotReloaded([Problem(at, "C002", str(misfit))]) from None

    async def _live(self, new: Site, texts: Texts, found: Judgement, by: str) -> None:
        self.now, self._texts = new, texts
        try:
            await self._keep(new, texts, by=by, tested=found.tested)
        except Trouble as trouble:
            name = new.version
            log.warning("site %s is live, but could not be kept: %s", name, trouble)

    async def _loaded(self, found: Judgement, texts: Texts) -> Site:
        """Load what was judged; raise `Trouble` if somebody writes just now."""
        try:
            new = await asyncio.to_thread(load_site, self.now.folder)
        except BadSite:
            new = None
        if new is None or new.version != found.version or texts != await self._read():
            raise Trouble("the files change while they are read; reload again")
        return new

    async def _read(self) -> Texts:
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


def _reloaded(new: Site, was: Site, found: Judgement) -> Reloaded:
    return Reloaded(
        version=new.version,
        was=was.version,
        passed=found.passed,
        not_run=found.not_run,
    )


def _refuse_other(path: Path, text: str) -> None:
    """Raise `CannotChange` unless the file at *path* is *text*. Blocks."""
    try:
        same = read_text(path) == text
    except OSError as error:
        raise Trouble(f"{path} can't be read: {error.strerror}") from None
    if not same:
        raise _other(path)


def _other(path: Path) -> CannotChange:
    return CannotChange(
        f"{path.name} was changed in the folder and is not live yet: reload the site "
        "first, or put the file back"
    )


def _written(path: Path, old: str, new: str) -> None:
    """Write the file at *path*, which is *old*. Blocks."""
    try:
        replace_text(path, old, new)
    except ChangedMeanwhile:
        raise _other(path) from None
    except OSError as error:
        raise Trouble(
            f"{path} can't be written: {error.strerror}; the service must be allowed "
            "to write the site's folder"
        ) from None
