"""The files of sounds in a folder: the service's own, or that of a backup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ivrflow.audio.store import PLAIN, SEALED


def sounds_in(folder: Path) -> Iterator[Path]:
    """All sounds in *folder*, shelf by shelf, without what is being written just now.

    None where there is no such folder. A link is none of ours: root would copy what it
    leads to.
    """
    if folder.is_dir():
        for shelf in sorted(folder.glob("??")):
            for file in sorted(shelf.iterdir()):
                ours = file.name.endswith((SEALED, PLAIN))
                if ours and not file.name.startswith(".") and not file.is_symlink():
                    yield file
