"""What a running service plays: recordings first, pieces next, speech last.

The recordings of a version are found when it goes live: in the site's own folder
`sounds/`, then in the common one, each only where its words are the site's. What has
none is spoken by the voices of the settings; the site's own words beforehand, one after
the other, while calls go on.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ivrflow.aio import supervise
from ivrflow.asterisk.ari.media import Sounds
from ivrflow.config import BadConfig, Settings
from ivrflow.flow.site import Site
from ivrflow.flow.world import World
from ivrflow.prompts.recorded import LIST, BadList
from ivrflow.prompts.tones import FOLDER
from ivrflow.shipped import shipped
from ivrflow.speech.fixed import fixed
from ivrflow.speech.live import LiveSpeech, SpeechRules, prepare
from ivrflow.speech.shelf import Found, Shelf
from ivrflow.speech.voices import voices
from ivrflow.speech.wanted import wanted

log = logging.getLogger(__name__)


class Playing:
    """The sounds of the service, as its versions come and go."""

    def __init__(self, settings: Settings, site: Site) -> None:
        """Raises `BadConfig`. Blocks for some milliseconds, as all that reads lists."""
        self._common = sounds_folder(settings)
        self.speech = speech_of(settings)
        self._default = f"{self._common.absolute()}/"
        self._places: dict[str, str] = {}
        self._clips: tuple[Site, list[str]] = (site, [c.name for c in wanted(site)])
        """All that a version says: a list of words asks for each of them."""
        if not (self._common / LIST).is_file():
            raise BadConfig(
                f"{self._common / LIST}: there is no list of recordings; set sounds: "
                "to the folder that holds it"
            )
        self.now = self.of(site)

    def of(self, site: Site) -> Mapping[str, Found]:
        """The recordings of a version. Blocks; raises `BadConfig`."""
        try:
            return fitting(site, self._common, spoken=self.speech is not None)
        except BadList as bad:
            raise BadConfig(str(bad)) from None

    def unrecorded(self, site: Site, name: str) -> tuple[str, ...]:
        """The recordings of the text *name* (`en/outage_notice`) that there are not.

        *site* is the version that is live. A voice speaks them where `speaks`.
        """
        if self._clips[0] is not site:
            self._clips = (site, [clip.name for clip in wanted(site)])
        return tuple(
            clip
            for clip in self._clips[1]
            if (clip == name or clip.startswith(f"{name}.part"))
            and clip not in self.now
        )

    @property
    def speaks(self) -> bool:
        """Whether a voice says what no recording does."""
        return self.speech is not None

    def follow(self, site: Site, recordings: Mapping[str, Found]) -> None:
        """Play *recordings* from now on, and speak what *site* has none of.

        Names that only calls of an older version know stay known.
        """
        self.now = recordings
        self._places.update((name, one.place) for name, one in recordings.items())
        if self.speech is not None:
            self.speech.ahead(fixed(site, seconds_of(recordings)))

    def know(self, recordings: Mapping[str, Found]) -> None:
        """Let the switch find *recordings* of an older version too."""
        for name, one in recordings.items():
            self._places.setdefault(name, one.place)

    def works(self) -> Iterable[Coroutine[Any, Any, None]]:
        """What runs as long as the service does."""
        return (supervise("speech", self.speech.run),) if self.speech else ()

    def sounds(self) -> Sounds:
        """Where the switch finds what is to be played."""
        return Sounds(self._place, self.speech.ready if self.speech else None)

    def _place(self, clip: str) -> str:
        if clip.startswith(f"{FOLDER}/"):
            return str(shipped("sounds") / clip)
        return self._places.get(clip, self._default + clip)

    @asynccontextmanager
    async def heard_in(self, world: World) -> AsyncIterator[World]:
        """The world of one call, with a voice of its own if there are voices."""
        if self.speech is None:
            yield world
            return
        async with self.speech.call() as one:
            yield replace(world, spoken=one.spoken)


def seconds_of(recordings: Mapping[str, Found]) -> Callable[[str], float | None]:
    """How long a clip's recording is, for those who put sentences together."""

    def recorded(clip: str) -> float | None:
        found = recordings.get(clip)
        return found.recording.seconds if found else None

    return recorded


def fitting(site: Site, common: Path, *, spoken: bool = False) -> Mapping[str, Found]:
    """Clip -> recording, for those that say what the site says; the log tells the rest.

    Takes some milliseconds of a processor. Raises `BadList`.
    """
    clips = wanted(site)
    fits = Shelf.of(site.folder, common).fitting(clips)
    if lacking := len(clips) - len(fits):
        then = (
            "they are spoken by a voice"
            if spoken
            else "callers don't hear them; `ivrflow sounds build` makes them"
        )
        log.warning(
            "%d of %d recordings of the site %s are missing or say other words: %s",
            lacking,
            len(clips),
            site.folder,
            then,
        )
    return fits


def speech_of(settings: Settings) -> LiveSpeech | None:
    """What speaks, as the settings say; None without `speech:`.

    Blocks. Raises `BadConfig`, also where nothing can be written into the cache: no
    voice would ever be heard.
    """
    said = settings.speech
    if said is None:
        return None
    cache = settings.path(said.cache)
    try:
        prepare(cache)
    except OSError as error:
        raise BadConfig(
            f"speech: cache: {cache} can't be written: {error.strerror}; name a folder "
            "in which the service may write and that Asterisk can read"
        ) from None
    return LiveSpeech(
        SpeechRules(
            voices=voices(settings),
            cache=cache,
            most=int(said.most) * 1_000_000,
            within=float(said.within),
            processes=max(1, min(int(said.processes), 16)),
        )
    )


def sounds_folder(settings: Settings) -> Path:
    """The folder of the common recordings."""
    return settings.path(settings.sounds) if settings.sounds else shipped("sounds")
