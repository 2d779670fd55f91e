"""What was spoken once is kept: files named by what is said, in which voice, how.

A file appears whole or not at all, so that whoever is killed meanwhile leaves nothing
that could be taken for a sound, and the next run goes on where this one ended.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ivrflow.packages.cache import NoCache, cache_folder
from ivrflow.prompts.audio import Sound, write_wav
from ivrflow.prompts.measure import ENDINGS
from ivrflow.speech.provider import SpeechFailed


def kept_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the user's cache, with models and sounds; raises `SpeechFailed`."""
    try:
        return cache_folder(environ)
    except NoCache as none:
        raise SpeechFailed(str(none), lasting=True) from None


class Cache:
    """Sounds in *folder*; above *most* bytes those that were used long ago go."""

    def __init__(self, folder: Path, most: int = 500_000_000) -> None:
        self.folder = folder
        self._most = most

    def path(self, key: str, rate: int) -> Path:
        """Where the sound of that key is, or would be."""
        return self.folder / key[:2] / f"{key}{ENDINGS[rate]}"

    def get(self, key: str, rate: int) -> Path | None:
        """Return the file of that key, None if there is none."""
        path = self.path(key, rate)
        try:
            os.utime(path)  # the youngest are those that were used last
        except OSError:
            return None
        return path

    def put(self, key: str, sound: Sound) -> Path:
        """Keep *sound*; raises OSError."""
        return save(self.path(key, sound.rate), write_wav(sound))

    def trim(self) -> int:
        """Remove what was not used for longest until the rest fits; return how many."""
        found = []
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):
                about = path.stat()
                found.append((about.st_mtime, about.st_size, path))
        total, removed = sum(size for _, size, _ in found), 0
        for _, size, path in sorted(found):
            if total <= self._most:
                break
            path.unlink(missing_ok=True)
            total, removed = total - size, removed + 1
        return removed


def save(path: Path, data: bytes) -> Path:
    """Write *data* to *path* in one act; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def _umask() -> int:
    """Return the rights that new files of this process don't get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
