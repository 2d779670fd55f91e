"""A service that has waited for its turn takes settings and site as they are by then.

It may have waited for weeks, and whoever changed a file has told the service that runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ivrflow.config import BadConfig, Settings
from ivrflow.flow.folder import read_texts
from ivrflow.flow.load import BadSite, load_site
from ivrflow.flow.site import Site
from ivrflow.flow.versions import Texts

log = logging.getLogger("ivrflow.site")


def as_of_now(
    settings: Settings,
    site: Site,
    texts: Texts,
    settings_now: Callable[[], Settings] | None,
) -> tuple[Settings, Site, Texts]:
    """What is to be used instead of these; the same ones where nothing has changed.

    *texts* are those of *site*, *settings_now* reads the settings. What is wrong now is
    in the log, and that of before stays. Blocks.
    """
    if settings_now is not None:
        settings = _settings(settings, settings_now)
    return settings, *_site(site, texts)


def _settings(was: Settings, settings_now: Callable[[], Settings]) -> Settings:
    try:
        new = settings_now()
    except BadConfig as bad:
        log.error("the settings of before stay; the new ones are refused:\n%s", bad)
        return was
    if (new.database, new.site) != (was.database, was.site):
        log.error(
            "the settings of before stay, as the new ones name another site or "
            "database: start this service again"
        )
        return was
    return new if new != was else was


def _site(was: Site, texts: Texts) -> tuple[Site, Texts]:
    try:
        new = read_texts(was.folder)
        if new == texts:
            return was, texts
        return load_site(was.folder), new
    except (BadSite, OSError) as bad:
        log.error("site %s stays; the new files are refused:\n%s", was.version, bad)
        return was, texts
