"""The version of the site that was live last, for a start whose files are no site.

Somebody is in the middle of a change, and just then the service dies. Who did not begin
because of that would leave all calls that are up to the dialplan, and stay down until
somebody has looked: worse for callers than yesterday's words.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from ivrflow.config import Settings
from ivrflow.db.engine import BadDatabase, Database
from ivrflow.db.versions import SqlVersions
from ivrflow.flow.load import BadSite
from ivrflow.flow.site import Site
from ivrflow.flow.versions import NoVersion, Texts
from ivrflow.flow.world import Trouble
from ivrflow.service.old_versions import site_of

log = logging.getLogger("ivrflow.site")


async def last_live(settings: Settings, refused: BadSite) -> tuple[Site, Texts]:
    """The site that was live last, and its texts, with *refused* in the log.

    Raises *refused* itself where there is none: at a first start, with a database that
    is away or damaged, or when this ivrflow does not take that version any more.
    """
    folder = settings.path(settings.site)
    try:
        database = Database(settings.url(settings.database), read_only=True)
        try:
            versions = SqlVersions(database)
            newest = (await versions.all())[0].version
            _, texts = await versions.texts(newest)
        finally:
            await database.close()
        site = await asyncio.to_thread(site_of, texts, folder)
    except (BadDatabase, BadSite, IndexError, NoVersion, OSError, Trouble):
        raise refused from None
    log.error(
        "the files of the site are refused; version %s, which was live last, goes on "
        "until they are mended and taken (SIGHUP):\n%s",
        site.version,
        refused,
    )
    return replace(site, folder=folder), texts
