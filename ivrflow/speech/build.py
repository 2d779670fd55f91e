"""Making the recordings that a site lacks: the work of `ivrflow sounds build`.

What a person has recorded is taken in as it is found, brought to the telephone's form
and loudness, and never overwritten. What is missing is spoken by a voice. Each file
appears whole, and the list is kept up while work goes on: who is interrupted goes on
there the next time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from ivrflow.prompts.audio import BadSound, Sound, read_wav, write_wav
from ivrflow.prompts.measure import ENDINGS, measure, measured
from ivrflow.prompts.phrase import Clip
from ivrflow.prompts.recorded import SAME_LENGTH, Recording
from ivrflow.prompts.shape import finished, silence_around
from ivrflow.speech.cache import save
from ivrflow.speech.provider import SpeechFailed, Voice
from ivrflow.speech.reading import Reading
from ivrflow.speech.shelf import Shelf, file_of, write
from ivrflow.speech.speak import Speaker

Tell = Callable[[int, int, str], None]
"""Takes how many are done, of how many, and the one that was made last."""

KEPT_AFTER = 20
"""The list is written after so many recordings."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to build."""

    folder: Path
    """Where recordings go: the first one of the shelf."""
    rate: int = 8000
    only: str = ""
    """Only recordings with this in their names."""
    languages: frozenset[str] = frozenset()
    """Only these; none: all."""
    again: bool = False
    """Also those that a voice has made already."""
    whole: bool = False
    """Also those that the common folder has: one voice says all."""

    def asks_for(self, clip: Clip) -> bool:
        fits = not self.languages or clip.language in self.languages
        return fits and self.only in clip.name


@dataclass
class Plan:
    """What is to be done, and what can't be."""

    take_in: list[tuple[Clip, Path]] = field(default_factory=list)
    """Files that a person has put there."""
    render: list[Clip] = field(default_factory=list)
    spoken_by_people: list[Clip] = field(default_factory=list)
    """A person's recordings that say other words now: to be recorded again."""


def plan(wanted: Sequence[Clip], shelf: Shelf, order: Order) -> Plan:
    """Return what *order* means for the recordings *wanted*."""
    own = shelf.folders[0][1]
    made = Plan()
    for clip in filter(order.asks_for, wanted):
        listed, path = own.get(clip.name), file_of(order.folder, clip.name)
        if path is not None and (listed is None or replaced(listed, path)):
            made.take_in.append((clip, path))
            continue
        if path is not None and listed is not None:
            if listed.says(clip.words):
                if not (order.again and listed.voice):
                    continue
            elif not listed.voice:
                made.spoken_by_people.append(clip)
                continue
        else:
            found = shelf.find(clip)
            elsewhere = found is not None and found.folder != order.folder
            if elsewhere and not order.whole:
                continue
        made.render.append(clip)
    return made


def replaced(listed: Recording, path: Path) -> bool:
    """Whether the file is another one than that of the list."""
    try:
        seconds = measure(path.read_bytes()).seconds
    except (BadSound, OSError):
        return False
    return abs(seconds - listed.seconds) > SAME_LENGTH


@dataclass
class Built:
    """What became of a plan."""

    made: list[Clip] = field(default_factory=list)
    taken_in: list[Clip] = field(default_factory=list)
    failed: list[tuple[Clip, str]] = field(default_factory=list)


class Builder:
    """Carries out a plan. Blocks; Ctrl-C leaves whole files and a true list."""

    def __init__(
        self, shelf: Shelf, order: Order, reading: Reading, speaker: Speaker
    ) -> None:
        self._order = order
        self._reading = reading
        self._speaker = speaker
        self.own: dict[str, Recording] = dict(shelf.folders[0][1])
        """The list of the folder, as it is now."""

    def build(self, plan: Plan, tell: Tell) -> Built:
        """Raises `SpeechFailed` where no voice can speak at all, and OSError."""
        built = Built()
        try:
            for clip, path in plan.take_in:
                self._take_in(clip, path, built)
            self._render(plan.render, built, tell)
        finally:
            if built.made or built.taken_in:
                write(self._order.folder, self.own)
        return built

    def remove(self, unused: Sequence[str]) -> None:
        """Remove recordings that nobody says any more; raises OSError."""
        for name in unused:
            del self.own[name]
            for ending in ENDINGS.values():
                (self._order.folder / f"{name}{ending}").unlink(missing_ok=True)
        write(self._order.folder, self.own)

    def _take_in(self, clip: Clip, path: Path, built: Built) -> None:
        rate = self._order.rate
        try:
            form, sound = read_wav(path.read_bytes())
            found = measured(form, sound)
            if (
                str(form) != str(type(form)(rate, 1, 16))
                or not -24 < found.loudness < -14
            ):
                before, after = silence_around(clip.words)
                sound = finished(sound, rate, before=before, after=after)
        except BadSound as bad:
            built.failed.append((clip, f"{path}: {bad}"))
            return
        self._keep(clip, sound, "")
        built.taken_in.append(clip)

    def _keep(self, clip: Clip, sound: Sound, voice: str) -> None:
        self._save(clip, write_wav(sound), sound.rate, sound.seconds, voice)

    def _save(
        self, clip: Clip, data: bytes, rate: int, seconds: float, voice: str
    ) -> None:
        for other, ending in ENDINGS.items():
            path = self._order.folder / f"{clip.name}{ending}"
            if other == rate:
                save(path, data)
            else:
                path.unlink(missing_ok=True)
        self.own[clip.name] = Recording(
            round(seconds, 3), clip.words, clip.language, voice
        )

    def _render(self, clips: Sequence[Clip], built: Built, tell: Tell) -> None:
        voices = {clip.language: self._voice(clip.language) for clip in clips}
        # A model that computes by itself is loaded once; programs may run side by side.
        alone = any(voice.provider == "kokoro" for voice in voices.values())
        with ThreadPoolExecutor(1 if alone else os.cpu_count()) as pool:
            jobs = {pool.submit(self._speak, clip): clip for clip in clips}
            try:
                for number, job in enumerate(as_completed(jobs), 1):
                    clip = jobs[job]
                    try:
                        path = job.result()
                    except SpeechFailed as failed:
                        if failed.lasting:
                            raise
                        built.failed.append((clip, str(failed)))
                    else:
                        data = path.read_bytes()
                        seconds = read_wav(data)[1].seconds
                        voice = str(voices[clip.language])
                        self._save(clip, data, self._order.rate, seconds, voice)
                        built.made.append(clip)
                    if number % KEPT_AFTER == 0:
                        write(self._order.folder, self.own)
                    tell(number, len(clips), clip.name)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _voice(self, language: str) -> Voice:
        voice = self._speaker.voice(language)
        if voice is None:
            raise SpeechFailed(f"no voice speaks {language}; name one with --with")
        self._speaker.provider(voice)  # now, and not in each thread
        return voice

    def _speak(self, clip: Clip) -> Path:
        line = self._reading.line(clip)
        rate, words = self._order.rate, clip.words
        return self._speaker.speak(line, clip.language, rate=rate, words=words)


def unused(wanted: Sequence[Clip], own: Mapping[str, Recording]) -> Iterator[str]:
    """Yield the machine's recordings in the list that the site does not say."""
    names = {clip.name for clip in wanted}
    return (name for name, one in own.items() if one.voice and name not in names)
