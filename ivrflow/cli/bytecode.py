"""Python keeps what it has compiled, so that a start need not compile it again.

A package that was installed without bytecode, into a folder that the service may not
write to (uv does so by itself), or with PYTHONDONTWRITEBYTECODE in the environment, is
compiled anew at each start: half a second for ours alone, and callers wait for it.
"""

from __future__ import annotations

import os
import stat
import sys
from importlib.util import cache_from_source
from pathlib import Path

import ivrflow
from ivrflow.packages.cache import NoCache, cache_folder


def keep_compiled() -> None:
    """Let Python keep it in our cache, if what is imported now isn't kept anywhere."""
    if sys.pycache_prefix is None and not _kept(Path(ivrflow.__file__)):
        folder = _own_folder()
        if folder is not None:
            sys.pycache_prefix = str(folder)
            sys.dont_write_bytecode = False


def _kept(source: Path) -> bool:
    return Path(cache_from_source(str(source))).exists()


def _own_folder() -> Path | None:
    """A folder that nobody else can write to: we run what lies in it. None: no such."""
    try:
        folder = cache_folder() / "bytecode"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except (NoCache, OSError):
        return None
    others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return folder if found.st_uid == os.geteuid() and not others else None
