"""Where the user keeps what can always be fetched or made again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


class NoCache(Exception):
    """There is no folder for it; the text says what to do."""


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder; it may not exist yet. Raises `NoCache`."""
    if own := environ.get("IVRFLOW_CACHE", ""):
        return Path(own).expanduser().absolute()
    base = environ.get("XDG_CACHE_HOME", "")
    # The XDG rules say that a relative path is to be ignored.
    if base.startswith("/"):
        return Path(base) / "ivrflow"
    try:
        return Path("~/.cache/ivrflow").expanduser()
    except RuntimeError:
        raise NoCache("this user has no home; set IVRFLOW_CACHE to a folder") from None
