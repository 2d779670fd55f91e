"""A site's folder as texts: read whole, and put back as it was.

Going back to an older version changes files that people have written. So what is there
is copied away first, each file is replaced in one act, and whoever puts texts back can
undo it.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ivrflow.flow.files import MOST_FILES, TOP
from ivrflow.flow.source import LARGEST
from ivrflow.flow.versions import Texts

BACKUPS = ".before"
"""The folder in a site's folder that keeps what was replaced. Nothing reads it."""

TALKS = "tests/**/*.test.yaml"


def read_texts(folder: Path) -> dict[str, str]:
    """Return the texts of a site's files and talks. Blocks; raises OSError."""
    return {
        path.relative_to(folder).as_posix(): read_text(path)
        for path in files_in(folder)
    }


def files_in(folder: Path) -> Iterator[Path]:
    """Yield the paths of a site's files and talks. Blocks; raises OSError."""
    yield from (folder / name for name in TOP if (folder / name).is_file())
    for pattern in ("flows/*.yaml", "prompts/*.yaml", TALKS):
        found = sorted(p for p in folder.glob(pattern) if p.is_file())
        yield from (p for p in found[:MOST_FILES] if not p.name.startswith("."))


def read_text(path: Path) -> str:
    """The text of one file, each byte of it. Blocks; raises OSError."""
    with path.open("rb") as stream:
        return stream.read(LARGEST + 1).decode("utf-8", "surrogateescape")


def write_texts(folder: Path, texts: Texts) -> list[str]:
    """Make the files of *folder* these, and no others; return those that changed.

    What else is in the folder stays. Each file is whole at every moment. Blocks;
    raises OSError, and then some are new and some old.
    """
    there = read_texts(folder)
    for file in texts:
        # They come from a database: what it says must not lead out of the folder.
        if Path(file).is_absolute() or ".." in Path(file).parts:
            raise OSError(errno.EINVAL, "no name of a site's file", file)
    written = []
    for file, text in texts.items():
        if there.get(file) != text:
            _replace(folder / file, text)
            written.append(file)
    for file in there.keys() - texts.keys():
        (folder / file).unlink()
        written.append(file)
    return sorted(written)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(text.encode("utf-8", "surrogateescape"))
    if path.exists():
        shutil.copymode(path, new)
    os.replace(new, path)


class ChangedMeanwhile(Exception):
    """A file is another one than it was when it was read."""


def replace_text(path: Path, old: str, new: str) -> None:
    """Make the file *new*, if it is *old* still; it is whole at every moment.

    What is there when this returns stays after a power cut. Mode and owner are kept,
    the owner where we may. Blocks; raises `ChangedMeanwhile`, OSError.
    """
    path = path.resolve()  # a link stays one
    was = path.stat()
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("wb") as stream:
            stream.write(new.encode("utf-8", "surrogateescape"))
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(beside, was.st_mode & 0o7777)
        with suppress(PermissionError):
            os.chown(beside, was.st_uid, was.st_gid)
        # As late as can be: an editor may save at any moment.
        if read_text(path) != old:
            raise ChangedMeanwhile(path.name)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def back_up(folder: Path, name: str) -> Path:
    """Copy a site's files into a folder *name* below `BACKUPS`; return that folder.

    Blocks; raises OSError, also if there is one of that name.
    """
    place = folder / BACKUPS / name
    place.mkdir(parents=True)
    for path in files_in(folder):
        copy = place / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    return place
