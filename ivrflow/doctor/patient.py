"""What there is to look at: settings, site, Asterisk, its files, this machine.

Each part is got when a check first asks for it, and kept. What can't be got raises
`Elsewhere` with the name of the check that says why: so a wrong password is told once,
and not by every check that would have asked Asterisk something.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from ivrflow.asterisk.ami.client import AmiSettings
from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.config import BadConfig, Settings, read_settings
from ivrflow.db.engine import BadDatabase, database_file
from ivrflow.db.owner import BESIDE
from ivrflow.doctor.ami import AskedAmi, NoAmi
from ivrflow.doctor.ari import AskedAri, NoAnswer
from ivrflow.doctor.conf import Conf, read_conf
from ivrflow.doctor.finding import CannotLook, Elsewhere
from ivrflow.doctor.host import Host, hosts_address, is_here
from ivrflow.flow.load import Report, check_site
from ivrflow.flow.site import Site
from ivrflow.service.asterisk import ami_settings, ari_settings

T = TypeVar("T")

CONF = Path("/etc/asterisk")
"""Where Asterisk's files usually are."""

PRIVATE = Path("asterisk/etc")
"""Where those of a private Asterisk are, beside the settings."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a doctor is told before he begins."""

    config: Path
    """The settings."""
    conf: Path | None = None
    """Asterisk's folder of configuration; None: it is looked for."""
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


class Patient:
    """The chain that a call needs. Use it as a context: it closes what it has opened.

    Checks are made one after the other, so nothing here is asked for twice at once.
    """

    def __init__(self, told: Told, host: Host | None = None) -> None:
        self.told = told
        self.host = host or Host()
        self._stack = AsyncExitStack()
        self._kept: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    # What is ours

    async def settings(self) -> Settings:
        """The settings. Raises `Elsewhere`."""

        async def read() -> Settings:
            try:
                return await asyncio.to_thread(read_settings, self.told.config)
            except BadConfig:
                raise Elsewhere("settings") from None

        return await self._once("settings", read)

    async def report(self) -> Report:
        """What there is to say about the site. Raises `Elsewhere`."""
        settings = await self.settings()
        try:
            folder = settings.path(settings.site)
        except BadConfig:
            raise Elsewhere("site") from None
        return await self._once("report", lambda: asyncio.to_thread(check_site, folder))

    async def site(self) -> Site:
        """The site. Raises `Elsewhere`."""
        site = (await self.report()).site
        if site is None:
            raise Elsewhere("site")
        return site

    async def secret(self, written: str) -> None:
        """See that a file of a secret can be read. Raises `Elsewhere`."""
        settings = await self.settings()
        try:
            await asyncio.to_thread(settings.secret, written)
        except BadConfig:
            raise Elsewhere("secret-files") from None

    async def service(self) -> int | None:
        """The process that serves with our database now; None: nobody does.

        Only looked at: who tried to take its lock could keep a service from starting.
        Raises `Elsewhere`.
        """
        settings = await self.settings()
        try:
            file = database_file(settings.url(settings.database))
        except (BadConfig, BadDatabase):
            raise Elsewhere("database") from None
        if file is None:
            return None
        return await asyncio.to_thread(self._owner, file)

    def _owner(self, file: Path) -> int | None:
        try:
            signed = Path(f"{file.resolve()}{BESIDE}").read_text("utf-8", "replace")
        except OSError:
            return None
        found = re.match(r"process (\d+) on ", signed)
        # The name stays in the file when its process dies; the lock does not.
        if found is None or not self.host.locks(int(found[1])):
            return None
        return int(found[1])

    # Asterisk

    async def ari_settings(self) -> AriSettings:
        """Where Asterisk is. Raises `Elsewhere`."""
        settings = await self.settings()
        await self.secret(settings.ari.password_file)
        try:
            return ari_settings(settings)
        except BadConfig:
            raise Elsewhere("ari-login") from None

    async def door(self) -> AskedAri:
        """Asterisk's REST interface, whether it lets us in or not. Raises `Elsewhere`.

        For the check that tells how one gets in; others want `ari`.
        """
        where = await self.ari_settings()

        async def made() -> AskedAri:
            asked = AskedAri(where)
            self._stack.push_async_callback(asked.close)
            return asked

        return await self._once("door", made)

    async def ari(self) -> AskedAri:
        """Asterisk's REST interface, which lets us in. Raises `Elsewhere`."""
        door = await self.door()
        try:
            info = await door.get("/asterisk/info")
        except NoAnswer:
            raise Elsewhere("ari-login") from None
        if info.status != 200 or not isinstance(info.json, dict):
            raise Elsewhere("ari-login")
        return door

    async def modules(self) -> Mapping[str, str]:
        """Asterisk's modules: name -> status, `Running` for those that work.

        Raises `Elsewhere`, `CannotLook`.
        """
        listed = await (await self.ari()).json("/asterisk/modules")
        return {
            str(one.get("name")): str(one.get("status"))
            for one in listed
            if isinstance(one, dict)
        }

    async def ami_settings(self) -> AmiSettings | None:
        """Where AMI is; None: the settings have none. Raises `Elsewhere`."""
        settings = await self.settings()
        if settings.ami is not None:
            await self.secret(settings.ami.password_file)
        return ami_settings(settings)

    async def ami(self) -> AskedAmi | None:
        """AMI, signed in; None: the settings have none. Raises `Elsewhere`."""
        try:
            return await self.manager()
        except NoAmi:
            raise Elsewhere("ami-login") from None

    async def manager(self) -> AskedAmi | None:
        """As `ami`, for the check that tells how one gets in. Raises `NoAmi`."""
        where = await self.ami_settings()

        async def made() -> AskedAmi | None:
            if where is None:
                return None
            asked = await AskedAmi.signed_in(where)
            self._stack.push_async_callback(asked.close)
            return asked

        return await self._once("ami", made)

    async def is_here(self) -> bool:
        """Whether Asterisk is on this machine. Raises `Elsewhere`."""
        where = await self.ari_settings()
        host = hosts_address(where.url)
        return await self._once("is here", lambda: asyncio.to_thread(is_here, host))

    # Asterisk's files

    async def conf_folder(self) -> Path | None:
        """Where Asterisk's files are; None: not here. Raises `Elsewhere`."""
        if self.told.conf is not None:
            return self.told.conf
        if not await self.is_here():
            return None
        # That of a private Asterisk, as `ivrflow asterisk run` makes it.
        beside = self.told.config.parent / PRIVATE
        for folder in (beside, self.host.at(CONF)):
            if await asyncio.to_thread(folder.is_dir):
                return folder
        return None

    async def conf(self, name: str) -> Conf | None:
        """One of Asterisk's files; None: it has no such file.

        Raises `Elsewhere` where it can't be read here.
        """
        folder = await self.conf_folder()
        if folder is None:
            raise Elsewhere("asterisk-files")

        async def read() -> Conf | None:
            try:
                return await asyncio.to_thread(read_conf, folder, name)
            except OSError:
                raise Elsewhere("asterisk-files") from None

        return await self._once(f"conf {name}", read)

    async def written(self, file: str, section: str, key: str) -> str:
        """What Asterisk's *file* says; "" where it says nothing, or is not there.

        Only the files tell: since its security fixes of June 2026 Asterisk answers
        nobody who asks for them by ARI. Raises `CannotLook` and `Elsewhere`.
        """
        conf = await self.conf(file)
        if conf is None:
            return ""
        value = conf.section(section).get(key)
        if not value and not conf.whole:
            raise CannotLook(
                f"{conf.path} includes what can't be read here",
                "run the doctor as root; what a program writes (#exec) is never read",
            )
        return value

    async def _once(self, name: str, get: Callable[[], Awaitable[T]]) -> T:
        """What *get* returned, or raised, the first time that *name* was asked for."""
        if name not in self._kept:
            try:
                self._kept[name] = await get()
            except (Elsewhere, NoAmi) as bad:
                self._kept[name] = bad
        found: T | Elsewhere | NoAmi = self._kept[name]
        if isinstance(found, Elsewhere | NoAmi):
            raise found
        return found
