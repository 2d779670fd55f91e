"""Files below a folder that somebody else fills: read, bounded, and told why not."""

from __future__ import annotations

import errno
import os
import stat

from ivrflow.no_links import NoFile, opened

_NO_FILE = "a link, or no plain file: not followed"
_LINKS = (errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
"""What opening answers for a link, a link instead of a folder, and a socket."""


def content(folder: int, name: str, most: int) -> bytes:
    """The bytes of a plain file of at most *most* bytes. Blocks; raises `OSError`."""
    with opened(name, folder) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, _large(most))
    return data


def unfit(folder: int, name: str, most: int) -> tuple[str, os.stat_result | None]:
    """Why a file is not to be read, or "", and what the system says about it."""
    try:
        about = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        return why(error), None
    if not stat.S_ISREG(about.st_mode):
        return _NO_FILE, about
    if about.st_size > most:
        return _large(most), about
    return "" if about.st_size else "it is empty", about


def why(error: OSError) -> str:
    """What was wrong, in words."""
    if isinstance(error, NoFile) or error.errno in _LINKS:
        return _NO_FILE
    return error.strerror or "it can't be read"


def shown(name: str) -> str:
    """*name* for a screen or a log: signs that don't print are written out."""
    return repr(name)[1:-1]


def _large(most: int) -> str:
    return f"larger than {most:,} bytes"
