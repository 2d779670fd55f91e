"""Where recordings lie: in the site's own folder `sounds/`, then in the common one.

What a person or `ivrflow sounds build` recorded for a site is kept with it; numbers,
dates and the prompts that every site needs are shipped, and are the same for all. A
recording counts only where the list beside it gives the words that the site says.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivrflow.prompts.measure import ENDINGS
from ivrflow.prompts.phrase import Clip
from ivrflow.prompts.recorded import LIST, BadList, Recording, read_list, write_list
from ivrflow.speech.cache import save

OWN = "sounds"
"""The folder of a site's own recordings, in the site's folder."""


@dataclass(frozen=True, slots=True)
class Found:
    """A recording that says what it should."""

    folder: Path
    clip: str
    recording: Recording

    @property
    def place(self) -> str:
        """Its path without an ending, as Asterisk wants it."""
        return str(self.folder.absolute() / self.clip)


@dataclass(frozen=True)
class Shelf:
    """Folders of recordings with their lists; what stands in the first one wins."""

    folders: Sequence[tuple[Path, Mapping[str, Recording]]]

    @classmethod
    def of(cls, site: Path, *others: Path) -> Shelf:
        """Read the lists of a site's own folder and of *others*.

        A folder without a list is empty. Blocks; raises `BadList`.
        """
        return cls.at(site / OWN, *others)

    @classmethod
    def at(cls, *folders: Path) -> Shelf:
        """Read the lists of *folders*. Blocks; raises `BadList`."""
        return cls([(folder, read(folder)) for folder in folders])

    def find(self, clip: Clip) -> Found | None:
        """Return the recording that says the words of *clip*, None if there is none."""
        for folder, listed in self.folders:
            one = listed.get(clip.name)
            if one is not None and one.says(clip.words):
                return Found(folder, clip.name, one)
        return None

    def fitting(self, wanted: Iterable[Clip]) -> dict[str, Found]:
        """Clip's name -> its recording, for those that there are."""
        return {clip.name: it for clip in wanted if (it := self.find(clip))}


def read(folder: Path) -> dict[str, Recording]:
    """Return the list of *folder*, {} if it has none. Blocks; raises `BadList`."""
    path = folder / LIST
    try:
        return read_list(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise BadList(f"{path}: cannot read the list of recordings: {why}") from None
    except BadList as bad:
        raise BadList(f"{path}: {bad}") from None


def write(folder: Path, recordings: Mapping[str, Recording]) -> None:
    """Write the list of *folder* in one act; raises OSError."""
    save(folder / LIST, write_list(recordings).encode())


def file_of(folder: Path, clip: str) -> Path | None:
    """Return the sound file of *clip* in *folder*, None if there is none."""
    for ending in ENDINGS.values():
        path = folder / f"{clip}{ending}"
        with contextlib.suppress(OSError):
            if path.is_file():
                return path
    return None
