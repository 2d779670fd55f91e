"""Which recordings a site needs: for making them, and for finding what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.phrase import Clip, Recorded, tidy
from ivrflow.prompts.text import Titled


def needed(catalogue: Catalogue, titles: Iterable[Titled] = ()) -> list[Clip]:
    """Return every recording that can be played, each once, sorted by name.

    *titles* are the site's own texts that flows may say, such as queues' titles.
    """
    clips = {clip.name: clip for clip in _all(catalogue, titles)}
    return [clips[name] for name in sorted(clips)]


def missing(
    catalogue: Catalogue, recorded: Recorded, titles: Iterable[Titled] = ()
) -> list[Clip]:
    """Return what of `needed` has no recording."""
    return [clip for clip in needed(catalogue, titles) if recorded(clip.name) is None]


def _all(catalogue: Catalogue, titles: Iterable[Titled]) -> Iterator[Clip]:
    yield from catalogue.clips()
    for language in catalogue.languages:
        for piece in catalogue.speller(language).pieces(catalogue.currency):
            # A language may borrow another one's recording: Chinese says A B C in it.
            spoken = piece.clip.partition("/")[0]
            yield Clip(piece.clip, piece.words, spoken)
    for title in titles:
        yield Clip(title.clip, tidy(str(title)), title.language)
