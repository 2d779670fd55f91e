"""The versions of the site that were live, with all their texts.

Kept so that a call of last month can be understood, and last month's version can come
back, whatever has happened to the folder since.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.tables import site_versions
from ivrflow.flow.versions import Texts, the_one


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One version, without its texts. Times are seconds since 1970."""

    version: str
    at: float
    """First kept."""
    by: str
    live_at: float
    """Last gone live."""
    tested: bool


class SqlVersions:
    """The store of versions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def went_live(
        self, version: str, texts: Texts, *, by: str, at: float, tested: bool
    ) -> None:
        """Keep a version that goes live at *at*, and audit that, unless it was live.

        What is known of it stays; its texts are these from now on, as the talks may
        have changed without it. One that is live already went live when it did: a
        reload or a restart that changes nothing does not count. Raises `Trouble`.
        """
        packed = await asyncio.to_thread(_packed, texts)
        this = site_versions.c.version == version

        async def work(db: AsyncConnection) -> None:
            was = await db.scalar(
                select(site_versions.c.version)
                .order_by(site_versions.c.live_at.desc())
                .limit(1)
            )
            known = await db.scalar(select(site_versions.c.tested).where(this))
            values: dict[str, Any] = {"texts": packed, "tested": tested or bool(known)}
            if was != version:
                values["live_at"] = at
            if known is None:
                new = {"version": version, "at": at, "by": by[:80], **values}
                await db.execute(insert(site_versions).values(new))
            else:
                await db.execute(update(site_versions).where(this).values(values))
            if was != version:
                what = "site goes live"
                entry = Entry(at=at, who=by, what=what, before=was, after=version)
                await add_entry(db, entry)

        await self._database.write(work)

    async def all(self) -> list[Kept]:
        """Return all versions, the one that went live last first; raises `Trouble`."""

        async def work(db: AsyncConnection) -> list[Kept]:
            columns = [c for c in site_versions.c if c.name != "texts"]
            rows = await db.execute(
                select(*columns).order_by(site_versions.c.live_at.desc())
            )
            return [Kept(**row) for row in rows.mappings()]

        return await self._database.read(work)

    async def texts(self, wanted: str) -> tuple[str, Texts]:
        """Return the version that *wanted* names, whole or by its beginning.

        With its texts. Raises `NoVersion`, `Trouble`.
        """

        async def work(db: AsyncConnection) -> tuple[str, bytes]:
            names = await db.scalars(select(site_versions.c.version))
            version = the_one(wanted, names.all())
            this = site_versions.c.version == version
            packed = await db.scalar(select(site_versions.c.texts).where(this))
            assert packed is not None
            return version, packed

        version, packed = await self._database.read(work)
        return version, await asyncio.to_thread(_unpacked, packed)


def _packed(texts: Texts) -> bytes:
    # Escaped to ASCII: a surrogate, which is a byte that is no text, passes too.
    return zlib.compress(json.dumps(dict(texts), ensure_ascii=True).encode(), 9)


def _unpacked(packed: bytes) -> Texts:
    texts: dict[str, str] = json.loads(zlib.decompress(packed))
    return texts
