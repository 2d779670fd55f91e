"""What is wrong with a site's recordings: the work of `ivrflow sounds check`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ivrflow.flow.site import Site
from ivrflow.prompts.audio import BadSound
from ivrflow.prompts.measure import Fault, Measured, measure
from ivrflow.prompts.phrase import Clip
from ivrflow.prompts.recorded import judge
from ivrflow.speech.shelf import Shelf, file_of
from ivrflow.speech.wanted import wanted


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault of one recording. *file* is "" where there is none."""

    clip: Clip
    fault: Fault
    file: str = ""

    @property
    def is_piece(self) -> bool:
        """It belongs to numbers, dates and money, not to a prompt."""
        return "/pieces/" in self.clip.name


MILD = frozenset({"slow", "too quiet", "too loud"})
"""Faults with which a recording is still played and understood."""


def check(site: Site, shelf: Shelf) -> Iterator[Wrong]:
    """Yield what is wrong with each recording that the site plays, or lacks.

    Reads all of them, about a millisecond for a second of sound.
    """
    for clip in wanted(site):
        yield from judged(clip, shelf)


def judged(clip: Clip, shelf: Shelf) -> Iterator[Wrong]:
    """Judge the recording of *clip* that would be played, else the nearest to it."""
    found = shelf.find(clip)
    folders = [found.folder] if found else [folder for folder, _ in shelf.folders]
    for folder in folders:
        path = file_of(folder, clip.name)
        if path is None:
            continue
        listed = next(known for at, known in shelf.folders if at == folder)
        try:
            measured: Measured | None = measure(path.read_bytes())
        except (BadSound, OSError) as bad:
            cure = "put a WAV there, or delete it and build again"
            fault = Fault("format", f"it can't be read: {bad}; {cure}")
            yield Wrong(clip, fault, str(path))
            return
        for fault in judge(clip, listed.get(clip.name), measured, path.suffix):
            yield Wrong(clip, fault, str(path))
        return
    if found:
        missing = Fault("missing", "it is in the list, and its file is gone")
        yield Wrong(clip, missing)
    else:
        yield from (Wrong(clip, fault) for fault in judge(clip, None, None))


def serious(wrong: Sequence[Wrong]) -> list[Wrong]:
    """Return those without which a caller does not hear what should be said."""
    return [one for one in wrong if one.fault.kind not in MILD]
