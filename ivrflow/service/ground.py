"""What the service stands on: the database, the facts, the clock, the site's version.

It is there before all other parts and until they have ended.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from ivrflow.config import Settings
from ivrflow.db.agents import sync_agents
from ivrflow.db.bookmarks import Before, SqlBookmarks
from ivrflow.db.engine import Database
from ivrflow.db.records import Records
from ivrflow.db.versions import SqlVersions
from ivrflow.facts import Note
from ivrflow.flow.bookmark import Seal
from ivrflow.flow.site import Site
from ivrflow.flow.versions import Texts
from ivrflow.hashing import ArgonVerifier, Hasher, read_pepper
from ivrflow.metrics.counting import Counting
from ivrflow.metrics.site_names import SiteNames
from ivrflow.service.archive import Archive
from ivrflow.service.clock import SteadyClock
from ivrflow.service.database import DatabaseWatch, File
from ivrflow.service.following import Following
from ivrflow.service.listeners import Listeners
from ivrflow.service.live_site import LiveSite
from ivrflow.service.recordings import Playing
from ivrflow.service.roster import enrolled


@dataclass(kw_only=True)
class Ground:
    """The lowest parts."""

    settings: Settings
    playing: Playing
    archive: Archive
    database: Database
    records: Records
    bookmarks: SqlBookmarks
    seal: Seal
    before: Before
    """What the last service has left."""
    listeners: Listeners
    counting: Counting
    hasher: Hasher
    verifier: ArgonVerifier
    clock: SteadyClock
    watch: DatabaseWatch
    site: LiveSite
    following: Following | None = None
    """What follows a new version, as soon as there is something to follow it."""

    @property
    def note(self) -> Note:
        """Where facts are told."""
        return self.listeners.note

    def site_now(self) -> Site:
        """The version that new calls take."""
        return self.site.now


async def laid(
    settings: Settings,
    site: Site,
    texts: Texts,
    playing: Playing,
    stack: AsyncExitStack,
) -> Ground:
    """Open what there is; *stack* closes it. The database is up to date.

    *texts* are those that make *site*.

    Raises `BadConfig`, `BadDatabase`, `BadPepper`, `Trouble`.
    """
    archive = await asyncio.to_thread(Archive, settings)
    stack.callback(archive.close)
    pepper = read_pepper(settings.path(settings.pepper_file))
    hasher = Hasher(pepper)
    database = Database(settings.url(settings.database))
    stack.push_async_callback(database.close)
    verifier = ArgonVerifier(hasher)
    stack.callback(verifier.close)
    records, listeners = Records(database), Listeners()
    bookmarks = SqlBookmarks(records, database)
    before = await bookmarks.before(str(settings.ari.app))
    counting = Counting(SiteNames(lambda: ground.site_now()))
    listeners.join(records.note, counting.note)
    clock = SteadyClock()

    async def follow(new: Site) -> None:
        assert ground.following is not None, "no version is taken before the first one"
        await ground.following.follow(new)

    async def same() -> None:
        assert ground.following is not None
        await ground.following.listen_again(ground.site_now())

    ground = Ground(
        settings=settings,
        playing=playing,
        archive=archive,
        database=database,
        records=records,
        bookmarks=bookmarks,
        seal=Seal.of(pepper),
        before=before,
        listeners=listeners,
        counting=counting,
        hasher=hasher,
        verifier=verifier,
        clock=clock,
        watch=DatabaseWatch(
            records,
            File(settings.url(settings.database)),
            clock=clock,
            note=listeners.note,
        ),
        site=LiveSite(
            site,
            SqlVersions(database),
            clock=clock,
            follow=follow,
            same=same,
            texts=texts,
        ),
    )
    await sync_agents(database, enrolled(site))
    return ground
