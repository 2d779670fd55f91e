"""P020: a recording that callers would not hear as it should be (a warning).

It is missing, says other words than the prompt does now, is silent, clipped, too loud
or too quiet. Only told by `ivrflow check --sounds FOLDER`, which measures the
recordings in the site's own folder `sounds/` and in FOLDER. `ivrflow sounds build`
makes those that are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Mark, Problem, place_of
from ivrflow.prompts.inventory import needed

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.sounds import Sounds

NAMED = 3
"""Recordings that a message names where many lack."""


def check(site: Site) -> Iterator[Problem]:
    if site.sounds is None:
        return
    own = set()
    for phrase in site.catalogue.phrases():
        at = place_of(phrase.words.text)
        if not at.file.startswith("prompts/"):
            continue  # shipped: the site has no line for it
        for clip in phrase.clips():
            own.add(clip.name)
            for fault in site.sounds.faults(clip):
                message = f"the recording '{clip.name}': {fault.message}"
                yield warning(at, "P020", message)
    yield from _shipped(site, site.sounds, own)


def _shipped(site: Site, sounds: Sounds, own: set[str]) -> Iterator[Problem]:
    """What every site says: numbers, keys and prompts of ours, told by language."""
    lacking: dict[str, list[str]] = {}
    for clip in needed(site.catalogue):
        if clip.name not in own and any(sounds.faults(clip)):
            lacking.setdefault(clip.language, []).append(clip.name)
    for language, names in lacking.items():
        shown = ", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else "")
        message = (
            f"{len(names)} recordings of what every site says in {language} are "
            f"missing or not right: {shown}"
        )
        yield warning(Mark("site.yaml", 1, 1), "P020", message)
