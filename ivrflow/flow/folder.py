"""A site's folder as texts: read whole, and put back as it was.

Going back to an older version changes files that people have written. So what is there
is copied away first, each file is replaced in one act, and whoever puts texts back can
undo it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ivrflow.flow.files import MOST_FILES, TOP
from ivrflow.flow.source import LARGEST
from ivrflow.flow.versions import Texts

BACKUPS = ".before"
"""The folder in a site's folder that keeps what was replaced. Nothing reads it."""

TALKS = "tests/**/*.test.yaml"


def read_texts(folder: Path) -> dict[str, str]:
    """Return the texts of a site's files and talks. Blocks; raises OSError."""
    return {path.relative_to(folder).as_posix(): _text(path) for path in _files(folder)}


def _files(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in TOP if (folder / name).is_file())
    for pattern in ("flows/*.yaml", "prompts/*.yaml", TALKS):
        found = sorted(p for p in folder.glob(pattern) if p.is_file())
        yield from (p for p in found[:MOST_FILES] if not p.name.startswith("."))


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(LARGEST + 1).decode("utf-8", "surrogateescape")


def write_texts(folder: Path, texts: Texts) -> list[str]:
    """Make the files of *folder* these, and no others; return those that changed.

    What else is in the folder stays. Each file is whole at every moment. Blocks;
    raises OSError, and then some are new and some old.
    """
    there = read_texts(folder)
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


def back_up(folder: Path, name: str) -> Path:
    """Copy a site's files into a folder *name* below `BACKUPS`; return that folder.

    Blocks; raises OSError, also if there is one of that name.
    """
    place = folder / BACKUPS / name
    place.mkdir(parents=True)
    for path in _files(folder):
        copy = place / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    return place
