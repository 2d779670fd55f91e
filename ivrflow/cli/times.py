"""Times as commands print them: all in the site's zone, each with its offset.

What the service writes into the audit is in that zone too, so that an end which is told
there and a line of another command can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ivrflow.config import Settings
from ivrflow.flow.source import Scalar, Table, read


def zone_of(settings: Settings) -> tzinfo | None:
    """The zone that site.yaml names; None, which is the machine's, if it can't be read.

    The site may have errors just now: a list of what happened must not need it whole.
    """
    try:
        text = (settings.path(settings.site) / "site.yaml").read_bytes()
    except OSError:
        return None
    value, _ = read(text, "site.yaml")
    name = value.get(Scalar("timezone")) if isinstance(value, Table) else None
    try:
        return ZoneInfo(name) if isinstance(name, str) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def times_in(settings: Settings) -> Callable[[float], str]:
    """Makes texts of times in seconds since 1970."""
    zone = zone_of(settings)

    def told(at: float) -> str:
        return (
            datetime.fromtimestamp(at, zone).astimezone(zone).isoformat(" ", "seconds")
        )

    return told
